import { maybe } from "./columns.ts";
import { kycColumns, kycStatus, kycStatuses } from "./picklists.ts";
import { field, picklist } from "./record_type.ts";

/** KYC Status, of Deals and Estimates. */
export const kycField = field({
  ...picklist(kycStatuses),
  custom: true,
  from: { kyc: maybe(kycColumns) },
  value: ({ kyc }) => kycStatus(kyc),
});

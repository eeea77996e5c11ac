import type { FieldSeed } from "./field.ts";

const kycStatus: FieldSeed = {
  apiName: "KYC_Status",
  label: "KYC Status",
  dataType: "picklist",
  custom: true,
  options: ["Not Started", "In Progress", "Completed", "Declined"],
};

const reference = (apiName: string, label: string): FieldSeed => ({
  apiName,
  label,
  dataType: "text",
  custom: true,
  unique: { caseSensitive: false },
});

/** The custom fields that the project's setup creates in a real org; `--bare` starts without them. */
export const complianceFields: Record<string, FieldSeed[]> = {
  Deals: [
    kycStatus,
    { apiName: "KYC_Verified_Date", label: "KYC Verified Date", dataType: "date", custom: true },
    {
      apiName: "Risk_Tier",
      label: "Risk Tier",
      dataType: "picklist",
      custom: true,
      options: ["Low", "Medium", "High"],
    },
    {
      apiName: "RICA_Status",
      label: "RICA Status",
      dataType: "picklist",
      custom: true,
      options: ["Pending", "Submitted", "Approved", "Rejected"],
    },
    reference("Contract_Number", "Contract Number"),
    { apiName: "Contract_Signed_Date", label: "Contract Signed Date", dataType: "date", custom: true },
    { apiName: "CircleTel_Revision", label: "CircleTel Revision", dataType: "bigint", custom: true },
  ],
  Quotes: [kycStatus, reference("Quote_Reference", "Quote Reference")],
  Invoices: [reference("Invoice_Reference", "Invoice Reference")],
  Contacts: [reference("Customer_Reference", "Customer Reference")],
};

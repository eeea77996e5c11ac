import { addDays, calendarDate } from "./dates.ts";
import { kycStatus, ricaStatus, riskTier } from "./picklists.ts";
import type { ContractSource, Fields } from "./types.ts";

export interface DealLinks {
  accountId: string | null;
  contactId: string | null;
}

/**
 * The fields of a contract's Deal that CircleTel owns, as they should be now; the stage is shared, and merge/ decides it.
 *
 * @param timeZone IANA name; dates are calendar dates in it
 */
export function dealProjection(source: ContractSource, links: DealLinks, timeZone: string): Fields {
  const { contract, kyc, rica } = source;
  const kycValue = kycStatus(kyc);
  return {
    Deal_Name: `Contract ${contract.contract_number}`,
    Contract_Number: contract.contract_number,
    Amount: contract.total_contract_value,
    Closing_Date: closingDate(source, timeZone),
    Type: "New Business",
    Account_Name: links.accountId === null ? null : { id: links.accountId },
    Contact_Name: links.contactId === null ? null : { id: links.contactId },
    KYC_Status: kycValue,
    KYC_Verified_Date: kycValue === "Completed" && kyc?.completed_at
      ? calendarDate(kyc.completed_at, timeZone)
      : null,
    Risk_Tier: riskTier(kyc),
    RICA_Status: ricaStatus(rica),
    Contract_Signed_Date: contract.fully_signed_date
      ? calendarDate(contract.fully_signed_date, timeZone)
      : null,
  };
}

/**
 * Signed, else start, else thirty days after it was made, else the day on which its offer lapses: a Deal needs a date, and
 * the same rows always give the same one.
 */
function closingDate({ contract, quote }: ContractSource, timeZone: string): string | null {
  if (contract.fully_signed_date) return calendarDate(contract.fully_signed_date, timeZone);
  if (contract.start_date) return contract.start_date;
  if (contract.created_at) return addDays(calendarDate(contract.created_at, timeZone), 30);
  return quote.valid_until;
}

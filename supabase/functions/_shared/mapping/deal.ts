import { addDays, calendarDate } from "./dates.ts";
import { kycStatus, ricaStatus, riskTier } from "./picklists.ts";
import { mapContractStatusToDealStage, type Stage, stageToPush, statusOfContract } from "./stage.ts";
import type { ContractSource, Fields } from "./types.ts";

export interface DealLinks {
  accountId: string | null;
  contactId: string | null;
}

/**
 * The field values a contract's Deal should hold now.
 *
 * @param heldStage the stage that Zoho is known to hold (from the snapshot), null when it is not known. The
 * projection has a Stage only when that one does not agree with the status.
 * @param timeZone IANA name; dates are calendar dates in it.
 */
export function dealProjection(
  source: ContractSource,
  links: DealLinks,
  heldStage: string | null,
  timeZone: string,
): Fields {
  const { contract, kyc, rica } = source;
  const kycValue = kycStatus(kyc);
  return {
    Deal_Name: `Contract ${contract.contract_number}`,
    Contract_Number: contract.contract_number,
    Amount: contract.total_contract_value,
    ...stageField(contract, heldStage),
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
 * An expired contract leaves the stage alone, but Zoho refuses a new Deal without one: the Deal that is first made
 * for an expired contract was won if it was ever signed, and lost otherwise.
 */
export function firstStageOf(contract: ContractSource["contract"]): Stage {
  return mapContractStatusToDealStage(statusOfContract(contract)) ??
    (contract.fully_signed_date ? "Closed Won" : "Closed Lost");
}

function stageField(contract: ContractSource["contract"], heldStage: string | null): Fields {
  const status = statusOfContract(contract);
  if (heldStage !== null) {
    const stage = stageToPush(status, heldStage);
    return stage === null ? {} : { Stage: stage };
  }
  return { Stage: firstStageOf(contract) };
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

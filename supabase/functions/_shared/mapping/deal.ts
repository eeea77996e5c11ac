import { date, key, maybe, moment, number, oneOf, required, text } from "./columns.ts";
import { currencyField } from "./currency_field.ts";
import { addDays, calendarDate } from "./dates.ts";
import { cents } from "./lines.ts";
import { accountLink, contactLink } from "./links.ts";
import type { Party } from "./party.ts";
import { kycField } from "./kyc_field.ts";
import {
  kycColumns,
  kycStatus,
  ricaColumns,
  ricaStatus,
  ricaStatuses,
  riskColumns,
  riskTier,
  riskTiers,
} from "./picklists.ts";
import { field, picklist, recordType, reference, type SourceOfType } from "./record_type.ts";
import { stageOfStatus } from "./stage.ts";
import { contractStatuses } from "./types.ts";

const stages = Object.values(stageOfStatus).filter((stage) => stage !== null);

/**
 * A contract's Deal. CircleTel decides what it can prove (compliance, contract facts); the stage is decided by the side that changed
 * last. A value of a field of CircleTel's that was edited in Zoho is drift and is put right by the next drain.
 */
export const deal = recordType({
  module: "Deals",
  zohoType: "Deals",
  entityType: "contract",
  also: { contract: { id: required(text), zoho_deal_id: text }, quote: { id: required(text) } },
  fields: {
    Stage: field({
      ...picklist(stages),
      owner: "shared",
      isNeeded: true,
      from: { contract: { status: oneOf(contractStatuses), fully_signed_date: moment } },
    }),
    Deal_Name: field({
      data_type: "text",
      isNeeded: true,
      from: { contract: { contract_number: key } },
      value: ({ contract }) => `Contract ${contract.contract_number}`,
    }),
    Contract_Number: field({ ...reference, from: { contract: { contract_number: key } } }),
    Amount: field({
      data_type: "currency",
      from: { contract: { total_contract_value: number } },
      value: ({ contract: { total_contract_value: total } }) => total === null ? null : cents(total),
    }),
    Currency: currencyField,
    Closing_Date: field({
      data_type: "date",
      from: {
        contract: { fully_signed_date: moment, start_date: date, created_at: moment },
        // Only of a contract that does not say when it was made.
        quote: { valid_until: date },
      },
      /**
       * Signed, else start, else thirty days after it was made, else the day on which its offer lapses: a Deal needs a
       * date, and the same rows always give the same one.
       */
      value: ({ contract, quote }, { timeZone }) => {
        if (contract.fully_signed_date) return calendarDate(contract.fully_signed_date, timeZone);
        if (contract.start_date) return contract.start_date;
        if (contract.created_at) return addDays(calendarDate(contract.created_at, timeZone), 30);
        return quote.valid_until;
      },
    }),
    Type: field({ ...picklist(["New Business"]), value: () => "New Business" }),
    Account_Name: accountLink({ quote: { company_name: required(text) } }),
    Contact_Name: contactLink,
    KYC_Status: kycField,
    KYC_Verified_Date: field({
      data_type: "date",
      custom: true,
      from: { kyc: maybe({ ...kycColumns, completed_at: moment }) },
      value: ({ kyc }, { timeZone }) =>
        kycStatus(kyc) === "Completed" && kyc?.completed_at ? calendarDate(kyc.completed_at, timeZone) : null,
    }),
    Risk_Tier: field({
      ...picklist(Object.values(riskTiers)),
      custom: true,
      from: { kyc: maybe(riskColumns) },
      value: ({ kyc }) => riskTier(kyc),
    }),
    RICA_Status: field({
      ...picklist(Object.values(ricaStatuses)),
      custom: true,
      from: { rica: maybe(ricaColumns) },
      value: ({ rica }) => ricaStatus(rica),
    }),
    Contract_Signed_Date: field({
      data_type: "date",
      custom: true,
      from: { contract: { fully_signed_date: moment } },
    }),
    // It says which of our writes of the stage a Deal holds (merge/revision.ts).
    CircleTel_Revision: field({ data_type: "bigint", custom: true, owner: "engine" }),
  },
});

/** What zoho_sync.contract_sources answers: everything the projection needs, and no more. */
export type ContractSource = Party & SourceOfType<typeof deal>;

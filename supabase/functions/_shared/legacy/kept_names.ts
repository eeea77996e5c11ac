import type { ContractStatus, Fields, SentFields } from "../mapping/types.ts";
import { statusAskedBy } from "../merge/stage_rules.ts";
import { BadRequestError } from "../platform/http.ts";
import { syncNow, type SyncOptions, type SyncResult } from "../sync/by_hand/operations.ts";
import type { SyncDependencies } from "../sync/drain_session.ts";
import { type Delivery, type HintDependencies, type StoredHint, storeHint } from "../webhook/hint.ts";
import { parseSignedPayload } from "../webhook/payload.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { insertRecords, type RecordResult, updateRecords } from "../zoho/records.ts";

// Names of the original service that callers may still import and that the engine itself does not use: each is a thin
// wrapper over what the engine does. Its other names are where they are used: processZohoCRMWebhook (webhook/receive.ts),
// verifyZohoWebhookSignature (webhook/signature.ts), searchRecord (zoho/search.ts) and SyncResult (sync/by_hand/operations.ts).

/** Creates one Deal. A Contract_Number that is held already is refused with DUPLICATE_DATA, which names the holder. */
export function createDeal(client: ZohoClient, deal: Fields): Promise<RecordResult> {
  return first(insertRecords(client, "Deals", [deal]));
}

/** Creates one Estimate (module Quotes), its line items as rows. */
export function createEstimate(client: ZohoClient, estimate: SentFields): Promise<RecordResult> {
  return first(insertRecords(client, "Quotes", [estimate]));
}

/** Updates one Deal by id with the fields that are given. */
export function updateDeal(client: ZohoClient, id: string, fields: Fields): Promise<RecordResult> {
  return first(updateRecords(client, "Deals", [{ ...fields, id }]));
}

type Operation = (deps: SyncDependencies, id: string, options?: SyncOptions) => Promise<SyncResult>;

/** Syncs one contract's Deal now. @throws UnknownEntityError */
export const syncContractToDeal: Operation = (deps, contractId, options) =>
  syncNow(deps, "contract", contractId, options);

/** Syncs the Deals of a KYC session's contracts now. @throws UnknownEntityError */
export const syncKYCStatusToDeal: Operation = (deps, sessionId, options) =>
  syncNow(deps, "kyc_session", sessionId, options);

/** Syncs the Deals of a RICA submission's contracts now. @throws UnknownEntityError */
export const syncRICAStatusToDeal: Operation = (deps, submissionId, options) =>
  syncNow(deps, "rica_submission", submissionId, options);

/** Syncs one quote's Estimate with its KYC status now. @throws UnknownEntityError */
export const syncQuoteWithKYC: Operation = (deps, quoteId, options) =>
  syncNow(deps, "quote", quoteId, options);

/** Whether a body has the form of a signed payload. */
export function isValidZohoWebhookPayload(body: unknown): boolean {
  try {
    parseSignedPayload(body);
    return true;
  } catch (error) {
    if (error instanceof BadRequestError) return false;
    throw error;
  }
}

/** Stores a verified delivery as a hint and marks its entities. Nothing of it is applied. @throws DatabaseError */
export function logWebhookEvent(deps: HintDependencies, delivery: Delivery): Promise<StoredHint> {
  return storeHint(deps, delivery);
}

/** The contract status that a Deal's stage asks for, by its own name; null for a stage that changes nothing. */
export function mapDealStageToContractStatus(stage: string): ContractStatus | null {
  return statusAskedBy(stage, { types: {}, options: {}, timeZone: "UTC" });
}

/** A call with one record has one result, or has thrown. */
async function first(results: Promise<RecordResult[]>): Promise<RecordResult> {
  const [result] = await results;
  if (result === undefined) throw new RangeError("a write call gave no result");
  return result;
}

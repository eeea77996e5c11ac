import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import { attemptsPerRound } from "./backoff.ts";
import { pauseInfo } from "./change.ts";
import { drain } from "./drain.ts";
import type { SyncDependencies } from "./run.ts";

/** What a by-hand sync answers. */
export interface SyncResult {
  success: boolean;
  zohoEntityId?: string;
  zohoEntityType?: "Estimates" | "Deals" | "Invoices" | "Contacts";
  error?: string;
  syncLogId?: string;
}

export interface SyncOptions {
  /** Send every field, not only those that differ. */
  forceSync?: boolean;
  /** Tries within this call, 1 to 3. */
  maxRetries?: number;
}

/** No row of that kind has the id. */
export class UnknownEntityError extends Error {
  override readonly name = "UnknownEntityError";
  readonly code = "NOT_FOUND";
}

type ByHandEntity = "contract" | "kyc_session" | "rica_submission";

/** By hand, sync one contract's Deal now. @throws UnknownEntityError */
export function syncContractToDeal(with_: SyncDependencies, contractId: string, options: SyncOptions = {}) {
  return syncContractsOf(with_, "contract", contractId, options);
}

/** By hand, sync the Deals of a KYC session's contracts now. @throws UnknownEntityError */
export function syncKYCStatusToDeal(with_: SyncDependencies, sessionId: string, options: SyncOptions = {}) {
  return syncContractsOf(with_, "kyc_session", sessionId, options);
}

/** By hand, sync the Deals of a RICA submission's contracts now. @throws UnknownEntityError */
export function syncRICAStatusToDeal(
  with_: SyncDependencies,
  submissionId: string,
  options: SyncOptions = {},
) {
  return syncContractsOf(with_, "rica_submission", submissionId, options);
}

const operations = {
  contract: syncContractToDeal,
  kyc_session: syncKYCStatusToDeal,
  rica_submission: syncRICAStatusToDeal,
};

/** One entity by hand: the result, and the status it is answered with. */
export async function syncByHand(
  with_: SyncDependencies,
  asked: { entity: ByHandEntity; id: string; options: SyncOptions },
): Promise<{ status: number; result: SyncResult }> {
  try {
    return { status: 200, result: await operations[asked.entity](with_, asked.id, asked.options) };
  } catch (error) {
    if (!(error instanceof UnknownEntityError)) throw error;
    return { status: 404, result: { success: false, error: error.message } };
  }
}

/** A database webhook named a row: its contracts are marked stale, as our own triggers would. */
export async function enqueueRow(
  with_: SyncDependencies,
  row: { entity: string; id: string },
): Promise<void> {
  const { contract_ids: contractIds } = contractsAnswer.parse(
    await callFunction(with_.db, "zoho_contracts_of", { p_entity: row.entity, p_id: row.id }),
  );
  if (contractIds.length === 0) return;
  await callFunction(with_.db, "zoho_enqueue_contracts", {
    p_ids: contractIds,
    p_lane: 0,
    p_cause: `webhook: ${row.entity}`,
  });
}

const contractsAnswer = z.object({ found: z.boolean(), contract_ids: z.array(z.string()) });

const outcomeAnswer = z.object({
  queued: z.object({
    status: z.enum(["pending", "in_flight", "dead"]),
    due: z.boolean(),
    attempts: z.number(),
    next_attempt_at: z.string(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
  }).nullable(),
  mapping: z.object({ zoho_type: z.string(), zoho_id: z.string() }).nullable(),
  log: z.object({ id: z.string() }).nullable(),
  paused: pauseInfo.nullable(),
});

/** How long a by-hand call waits for a drain that is at work elsewhere. */
const longestWaitMs = 60 * SECOND;
const lookEveryMs = 100;

async function syncContractsOf(
  with_: SyncDependencies,
  entity: ByHandEntity,
  id: string,
  options: SyncOptions,
): Promise<SyncResult> {
  const { found, contract_ids: contractIds } = contractsAnswer.parse(
    await callFunction(with_.db, "zoho_contracts_of", { p_entity: entity, p_id: id }),
  );
  if (!found) throw new UnknownEntityError(`there is no ${entity} ${id}`);
  if (contractIds.length === 0) {
    return { success: false, error: `The ${entity} has no contract yet, so there is no Deal to sync` };
  }
  const queued = await callFunction(with_.db, "zoho_enqueue_contracts", {
    p_ids: contractIds,
    p_lane: 0,
    p_cause: `by hand: ${entity}`,
    p_forced: options.forceSync ?? false,
  });
  if (queued === 0) return { success: false, error: "Rows of internal_test customers never reach the CRM" };

  const results: SyncResult[] = [];
  for (const contractId of contractIds) results.push(await workOne(with_, contractId, options));
  const failed = results.find(({ success }) => !success);
  const [first] = results;
  return failed ?? first ?? { success: false, error: "Nothing was synced" };
}

/** Works the change itself when no drain is active, or waits until the active one has. */
async function workOne(
  with_: SyncDependencies,
  contractId: string,
  options: SyncOptions,
): Promise<SyncResult> {
  const giveUpAtMs = with_.now() + longestWaitMs;
  for (;;) {
    await drain(with_, {
      only: { entityType: "contract", entityId: contractId },
      attempts: options.maxRetries ?? attemptsPerRound,
    });
    const result = await readOutcome(with_, contractId);
    if (result) return result;
    if (with_.now() > giveUpAtMs) {
      return { success: false, error: "Still queued behind an active drain; it will be worked" };
    }
    await with_.sleep(lookEveryMs);
  }
}

/** Null while the change is still due or in flight. */
async function readOutcome(with_: SyncDependencies, contractId: string): Promise<SyncResult | null> {
  const outcome = outcomeAnswer.parse(
    await callFunction(with_.db, "zoho_change_outcome", {
      p_entity_type: "contract",
      p_entity_id: contractId,
    }),
  );
  const { queued, mapping, log, paused } = outcome;
  const syncLogId = log ? { syncLogId: log.id } : {};
  const record = mapping ? { zohoEntityId: mapping.zoho_id, zohoEntityType: "Deals" as const } : {};
  if (!queued) return { success: true, ...record, ...syncLogId };
  if (paused) {
    return {
      success: false,
      ...record,
      error: `Paused (${paused.code}): ${paused.message} The change stays queued.`,
      ...syncLogId,
    };
  }
  if (queued.status === "dead") {
    return {
      success: false,
      ...record,
      error: `${queued.error_code}: ${queued.error_message}`,
      ...syncLogId,
    };
  }
  if (queued.status === "pending" && !queued.due && queued.error_code !== null) {
    return {
      success: false,
      ...record,
      error: `${queued.error_code}: ${queued.error_message} Next try at ${queued.next_attempt_at}.`,
      ...syncLogId,
    };
  }
  return null;
}

import { z } from "zod";
import { type EntityType, entityTypes } from "../../mapping/types.ts";
import { callFunction } from "../../platform/database.ts";
import { SECOND } from "../../platform/duration.ts";
import { mostTriesPerCall } from "../attempts/backoff.ts";
import { type PauseInfo, pauseInfo } from "../claim/change.ts";
import { drain } from "../drain.ts";
import { kinds } from "../claim/kinds.ts";
import { sentenceOfQuestion } from "../records/question_sentence.ts";
import type { SyncDependencies } from "../drain_session.ts";

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

export type ByHandEntity = EntityType | "kyc_session" | "rica_submission";

/** The entity type that each kind of row belongs to: KYC sessions and RICA submissions belong to contracts. */
const spokenFor: Readonly<Record<ByHandEntity, EntityType>> = {
  contract: "contract",
  kyc_session: "contract",
  rica_submission: "contract",
  quote: "quote",
  customer: "customer",
  invoice: "invoice",
};

/** Syncs one entity by hand; returns the HTTP status and the result. */
export async function syncByHand(
  deps: SyncDependencies,
  asked: { entity: ByHandEntity; id: string; options: SyncOptions },
): Promise<{ status: number; result: SyncResult }> {
  try {
    return { status: 200, result: await syncNow(deps, asked.entity, asked.id, asked.options) };
  } catch (error) {
    if (!(error instanceof UnknownEntityError)) throw error;
    return { status: 404, result: { success: false, error: error.message } };
  }
}

/** Handles a database webhook: enqueues every entity that the row belongs to, as the triggers would. */
export async function enqueueRow(
  deps: SyncDependencies,
  row: { entity: ByHandEntity; id: string },
): Promise<void> {
  const { entities } = await entitiesOf(deps, row.entity, row.id);
  for (const [type, ids] of Map.groupBy(entities, ({ entity_type }) => entity_type)) {
    await callFunction(deps.db, "zoho_enqueue", {
      p_entity_type: type,
      p_ids: ids.map(({ entity_id }) => entity_id),
      p_lane: 0,
      p_cause: `webhook: ${row.entity}`,
    });
  }
}

const entitiesAnswer = z.object({
  found: z.boolean(),
  entities: z.array(z.object({
    entity_type: z.enum(entityTypes),
    entity_id: z.string(),
  })),
});

async function entitiesOf(deps: SyncDependencies, entity: ByHandEntity, id: string) {
  return entitiesAnswer.parse(
    await callFunction(deps.db, "zoho_entities_of", { p_entity: entity, p_id: id }),
  );
}

const outcomeAnswer = z.object({
  queued: z.object({
    status: z.enum(["pending", "in_flight", "dead"]),
    due: z.boolean(),
    failed_rounds: z.number(),
    next_attempt_at: z.string(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
  }).nullable(),
  held: z.object({ reason: z.string().nullable(), until: z.string().nullable() }).nullable(),
  mapping: z.object({ zoho_type: z.string(), zoho_id: z.string() }).nullable(),
  question: z.object({ kind: z.string(), field: z.string().nullable() }).nullable(),
  log: z.object({ id: z.string() }).nullable(),
  paused: pauseInfo.nullable(),
});

/** How long a by-hand call waits for an active drain. */
const longestWaitMs = 60 * SECOND;
const lookEveryMs = 100;

/** Syncs the entities of a row now. @throws UnknownEntityError */
export async function syncNow(
  deps: SyncDependencies,
  entity: ByHandEntity,
  id: string,
  options: SyncOptions = {},
): Promise<SyncResult> {
  const type = spokenFor[entity];
  const { found, entities } = await entitiesOf(deps, entity, id);
  if (!found) throw new UnknownEntityError(`There is no ${entity} ${id}`);
  const ids = entities.filter(({ entity_type }) => entity_type === type).map(({ entity_id }) => entity_id);
  if (ids.length === 0) {
    return { success: false, error: `The ${entity} has no contract yet, so there is no Deal to sync` };
  }
  const queued = await callFunction(deps.db, "zoho_enqueue", {
    p_entity_type: type,
    p_ids: ids,
    p_lane: 0,
    p_cause: `by hand: ${entity}`,
    p_forced: options.forceSync ?? false,
  });
  if (queued === 0) return { success: false, error: staysHere[type] };

  const results: SyncResult[] = [];
  for (const each of ids) results.push(await workOne(deps, type, each, options));
  const failed = results.find(({ success }) => !success);
  const [first] = results;
  return failed ?? first ?? { success: false, error: "Nothing was synced" };
}

/** Why zoho_sync.enqueue skips an entity. */
const switchedOff = "or this kind of record is switched off (zoho_sync_state.synced_types)";
const staysHere: Record<EntityType, string> = {
  contract: `Rows of internal_test customers never reach the CRM, ${switchedOff}`,
  quote: `A quote without a number and rows of internal_test customers stay in CircleTel, ${switchedOff}`,
  customer:
    `Consumers, internal_test customers and persons who were erased never reach the CRM, ${switchedOff}`,
  invoice:
    `An invoice without a number and those of consumers and of internal_test customers stay in CircleTel, ` +
    switchedOff,
};

/** Works the change itself when no drain is active, otherwise waits for the active one. */
async function workOne(
  deps: SyncDependencies,
  entityType: EntityType,
  entityId: string,
  options: SyncOptions,
): Promise<SyncResult> {
  const giveUpAtMs = deps.now() + longestWaitMs;
  for (;;) {
    const triesPerCall = options.maxRetries ?? mostTriesPerCall;
    const { pause } = await drain(deps, { only: { entityType, entityId }, triesPerCall });
    const result = await readOutcome(deps, entityType, entityId, pause);
    if (result) return result;
    if (deps.now() > giveUpAtMs) {
      return { success: false, error: "Still queued behind an active drain; it will be worked" };
    }
    await deps.sleep(lookEveryMs);
  }
}

/** Null while the change is still due or in flight. */
async function readOutcome(
  deps: SyncDependencies,
  entityType: EntityType,
  entityId: string,
  rest: PauseInfo | null,
): Promise<SyncResult | null> {
  const outcome = outcomeAnswer.parse(
    await callFunction(deps.db, "zoho_change_outcome", {
      p_entity_type: entityType,
      p_entity_id: entityId,
    }),
  );
  const { queued, held, mapping, question, log } = outcome;
  const paused = rest ?? outcome.paused;
  const syncLogId = log ? { syncLogId: log.id } : {};
  const record = mapping ? { zohoEntityId: mapping.zoho_id, zohoEntityType: kinds[entityType].zohoType } : {};
  const failed = (error: string): SyncResult => ({ success: false, ...record, error, ...syncLogId });
  if (!queued && question) return failed(`QUESTION: ${sentenceOfQuestion(question)}`);
  if (!queued) return { success: true, ...record, ...syncLogId };
  if (held && queued.status === "pending") {
    return failed(
      `HELD: an operator holds it${held.reason ? ` (${held.reason})` : ""}. The change stays queued.`,
    );
  }
  if (paused) return failed(`Paused (${paused.code}): ${paused.message} The change stays queued.`);
  const reason = `${queued.error_code}: ${queued.error_message}`;
  if (queued.status === "dead" && queued.error_code === "ACCOUNT_UNCERTAIN") {
    return failed(`QUESTION: ${sentenceOfQuestion({ kind: "account", field: null })}`);
  }
  if (queued.status === "dead") return failed(reason);
  if (queued.status === "pending" && !queued.due && queued.error_code !== null) {
    return failed(`${reason} Next try at ${queued.next_attempt_at}.`);
  }
  return null;
}

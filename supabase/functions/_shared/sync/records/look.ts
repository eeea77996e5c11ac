import { z } from "zod";
import { type FieldRules, optionalOf } from "../../fields/rules.ts";
import { lookupId } from "../../mapping/lookup.ts";
import { readRecord } from "../../mapping/read.ts";
import { readRevision, revisionField } from "../../merge/revision.ts";
import type { Attempt, Theirs } from "../../merge/types.ts";
import { limitConcurrency } from "../../platform/concurrency.ts";
import { lookAtRecords } from "../../zoho/list.ts";
import type { FoundRecord } from "../../zoho/found_records.ts";
import type { Ask } from "../../zoho/line_items.ts";
import { attemptRead } from "../attempts/attempts.ts";
import { contractStatus, fields } from "../claim/change.ts";
import type { Entity, RecordKind } from "../claim/kinds.ts";
import type { DrainSession } from "../drain_session.ts";
import { keepsRevisions } from "../../fields/value_rules.ts";

/** A record as read by a look. */
export type SeenRecord = Extract<Theirs, { kind: "record" }>;

/** One entity, and the record to read for it. */
interface Sought {
  entity: Entity;
  zohoId: string;
}

export interface Looked {
  /** Null when Zoho has no such record. */
  theirs: SeenRecord | null;
  /** A moment by Zoho's clock before the read; null if Zoho's answer had none. */
  asOfMs: number | null;
}

/** Read from every record in addition to its own fields. */
const always = ["Modified_Time", "Modified_By"];

/**
 * Reads records before anything is decided about them, 100 a call, and their line items.
 *
 * @returns by Zoho id
 * @throws ZohoCallError, ZohoTokenError
 */
export async function lookAt(session: DrainSession, sought: Sought[]): Promise<Map<string, Looked>> {
  const looked = new Map<string, Looked>();
  for (const [kind, some] of Map.groupBy(sought, ({ entity }) => entity.kind)) {
    const ids = [...new Set(some.map(({ zohoId }) => zohoId))];
    const { found, asOfMs } = await readRecords(session, kind, ids);
    const byId = new Map(found.map((record) => [record.id, record]));
    for (const id of ids) {
      const record = byId.get(id);
      looked.set(id, { theirs: record === undefined ? null : seenRecord(kind, record), asOfMs });
    }
  }
  return looked;
}

async function readRecords(
  session: DrainSession,
  kind: RecordKind,
  ids: string[],
): Promise<{ found: FoundRecord[]; asOfMs: number | null }> {
  const { zoho, fields, lineItems } = session.deps;
  const { module, lines } = kind;
  const wanted = [...listedFields(kind, await fields.rules()), ...always];
  const { found, asOfMs } = await attemptRead(session, () => lookAtRecords(zoho, module, ids, wanted));
  if (lines === null) return { found, asOfMs };
  const inTurn = limitConcurrency(session.callsAtOnce);
  const ask: Ask = (call) => inTurn(() => attemptRead(session, call));
  return { found: await lineItems.addTo(zoho, { module, lines }, found, ask), asOfMs };
}

/** The fields that are compared in this org, each with its owner. */
export function ownersIn({ module, fields, owners }: RecordKind, rules: FieldRules): RecordKind["owners"] {
  const optional = optionalOf(rules, module);
  return Object.fromEntries(
    Object.entries(owners).filter(([name]) => !fields[name]?.isOptional || optional.includes(name)),
  );
}

/** The fields to request from a list; lists contain no line items. */
export function listedFields(kind: RecordKind, rules: FieldRules): string[] {
  const { lines, hasStage } = kind;
  const own = Object.keys(ownersIn(kind, rules)).filter((name) => name !== lines);
  return hasStage && keepsRevisions(rules) ? [...own, revisionField] : own;
}

/** A record of a list in the form that merge takes. */
export function seenRecord(kind: RecordKind, record: FoundRecord): SeenRecord {
  const { Modified_Time: at, Modified_By: by } = record;
  return {
    kind: "record",
    fields: readRecord(Object.keys(kind.owners), record),
    revision: readRevision(record[revisionField]),
    lastChange: { by: lookupId(by), at: typeof at === "string" ? at : null },
  };
}

const attemptsAnswer = z.array(z.object({
  entity_id: z.string(),
  attempts: z.array(z.object({
    sent: fields.nullable().transform((sent) => sent ?? {}),
    status: contractStatus.nullable(),
    revision: z.string().nullable(),
    outcome: z.enum(["confirmed", "refused", "unknown", "judged"]),
  })),
}));

/** Our own attempts at these records, by entity id. @throws DatabaseError */
export async function attemptsOf(
  session: DrainSession,
  records: { entity: Entity; revision: string | null }[],
): Promise<Map<string, Attempt[]>> {
  if (records.length === 0) return new Map();
  const answer = attemptsAnswer.parse(
    await session.call("zoho_attempts_of", {
      p_records: records.map(({ entity: { change }, revision }) => ({
        entity_type: change.entity_type,
        entity_id: change.entity_id,
        revision,
      })),
    }),
  );
  return new Map(answer.map(({ entity_id, attempts }) => [entity_id, attempts]));
}

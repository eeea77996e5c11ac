import { z } from "zod";
import { maskFields } from "../mapping/mask.ts";
import { withProductsOf } from "../mapping/lines.ts";
import type { Fields, FieldValue } from "../mapping/types.ts";
import { merge } from "../merge/merge.ts";
import { readRevision, revisionField } from "../merge/revision.ts";
import { stageField } from "../merge/stage_rules.ts";
import type { Ours, StageOutcome } from "../merge/types.ts";
import type { ValueRules } from "../merge/values.ts";
import { baseOf } from "../sync/records/base.ts";
import { mapping } from "../sync/claim/change.ts";
import type { RecordKind } from "../sync/claim/kinds.ts";
import { seenRecord } from "../sync/records/look.ts";
import { openProjection } from "../sync/records/projection.ts";
import type { FoundRecord } from "../zoho/found_records.ts";

/** What the database knows about one of our records, or about an entity (zoho_reconcile_look). */
export const knownRecord = z.object({
  zoho_id: z.string().nullable(),
  entity_id: z.string(),
  /** False when the entity was deleted in CircleTel and its record was left alone. */
  exists: z.boolean(),
  /** An internal_test customer's: it must have no record. */
  is_internal: z.boolean(),
  reference: z.string().nullable(),
  /** The record the entity is linked to; one that only the original service knew has no mapping. */
  mapped_id: z.string().nullable(),
  mapping: mapping.nullable(),
  /** Queued, in flight, or written since Zoho was read. */
  is_busy: z.boolean(),
  dead_code: z.string().nullable(),
  source: z.unknown(),
});
export type KnownRecord = z.infer<typeof knownRecord>;

/**
 * | verdict | reasons |
 * |---|---|
 * | match | |
 * | differs | fields, not_linked (a record carries the reference and the entity is linked to none or to one that is gone), bad_source |
 * | missing | never_synced, dead_letter, gone, deleted_in_zoho |
 * | extra | unowned, doubled, orphaned (its entity was deleted in CircleTel), internal_test |
 * | queued | on_its_way |
 */
export interface Verdict {
  verdict: "match" | "differs" | "missing" | "extra" | "queued";
  reason: string;
  /** By Zoho api_name; names and e-mails of persons are masked. */
  fields: Record<string, Difference>;
}

export interface Difference {
  zoho: FieldValue;
  circletel: FieldValue;
}

/** Judges one record, or one entity that has none. @param known null when no entity owns the record */
export function judge(
  kind: RecordKind,
  known: KnownRecord | null,
  record: FoundRecord | null,
  rules: ValueRules,
): Verdict {
  if (known?.mapping?.state === "unlinked") return plain("match", "");
  if (known === null) return plain("extra", "unowned");
  if (record === null) return judgeAbsent(known);
  if (!known.exists) return plain("extra", "orphaned");
  if (known.is_internal) return plain("extra", "internal_test");
  if (known.is_busy) return plain("queued", "on_its_way");
  if (known.mapped_id !== record.id) {
    return {
      verdict: "differs",
      reason: "not_linked",
      fields: { id: { zoho: record.id, circletel: known.mapped_id } },
    };
  }
  const fields = differences(kind, known, record, rules);
  if (fields === null) return plain("differs", "bad_source");
  return Object.keys(fields).length === 0
    ? plain("match", "")
    : { verdict: "differs", reason: "fields", fields };
}

function judgeAbsent(known: KnownRecord): Verdict {
  if (known.is_busy) return plain("queued", "on_its_way");
  if (known.mapped_id === null) {
    return plain("missing", known.dead_code === null ? "never_synced" : "dead_letter");
  }
  return plain("missing", known.mapping?.state === "deleted_in_zoho" ? "deleted_in_zoho" : "gone");
}

function plain(verdict: Verdict["verdict"], reason: string): Verdict {
  return { verdict, reason, fields: {} };
}

/** Stage outcomes that need no action from a look. */
const atRest = new Set<StageOutcome>(["none", "unchanged", "agreed"]);

/**
 * The fields on which a look would act now: the same merge decides, by values alone. A difference
 * of revision counts separately. Null for rows that the mapping cannot read (a BAD_SOURCE dead letter names the reason).
 */
function differences(
  kind: RecordKind,
  known: KnownRecord,
  record: FoundRecord,
  rules: ValueRules,
): Record<string, Difference> | null {
  const theirs = seenRecord(kind, record);
  const ours = oursOf(kind, known, theirs.fields, rules);
  if (ours === null) return null;
  const { send, questions, stage } = merge({
    ours,
    base: baseOf(known.mapping),
    attempts: [],
    theirs,
    revisions: null,
    plannedRevision: null,
    loops: known.mapping?.loops ?? {},
    answer: null,
    rules,
    nowMs: 0,
  });
  const names = new Set([...Object.keys(send), ...questions.flatMap(({ field }) => field ?? [])]);
  if (!atRest.has(stage)) names.add(stageField);
  const wanted = { ...ours.fields, [stageField]: ours.firstStage };
  return {
    ...inBoth([...names], wanted, theirs.fields),
    ...otherRevision(known, record),
  };
}

/** CircleTel's values; line items with the Products that both sides last agreed on, since a new row's Products are found by the next drain. */
function oursOf(
  kind: RecordKind,
  { source, mapping }: KnownRecord,
  held: Fields,
  rules: ValueRules,
): Ours | null {
  const subject = kind.read(source);
  if ("field" in subject) return null;
  const { party: { account_id: accountId, contact }, products, shared } = subject;
  const productIds = new Map(products.map(({ code }) => [code, code]));
  try {
    const links = { accountId, contactId: contact?.zoho_id ?? null, productIds };
    const fields = openProjection(subject, { ...rules, links });
    return {
      fields: withLines(kind, fields, held, mapping?.snapshot ?? {}),
      status: shared?.status ?? null,
      firstStage: shared?.firstStage ?? null,
    };
  } catch {
    // As in the drain: a row that cannot be projected is one dead letter and not a fault of the run.
    return null;
  }
}

/** Line items of a record that was deleted while it was read are not compared. */
function withLines({ lines }: RecordKind, wanted: Fields, held: Fields, agreed: Fields): Fields {
  if (lines === null) return wanted;
  const { [lines]: text, ...rest } = wanted;
  const [rows, known] = [held[lines], agreed[lines]];
  if (typeof text !== "string" || typeof rows !== "string") return rest;
  return {
    ...rest,
    [lines]: withProductsOf(withProductsOf(text, rows), typeof known === "string" ? known : rows),
  };
}

/** Even with equal values the record may carry an unsettled write: a late worker's, or another database's. */
function otherRevision({ mapping }: KnownRecord, record: FoundRecord): Record<string, Difference> {
  if (!Object.hasOwn(record, revisionField)) return {};
  const zoho = readRevision(record[revisionField]);
  const circletel = mapping?.revision ?? null;
  return zoho === circletel ? {} : { [revisionField]: { zoho, circletel } };
}

/** Fields with both values, masked where they name a person. */
function inBoth(names: string[], wanted: Fields, held: Fields): Record<string, Difference> {
  const [zoho, circletel] = [held, wanted].map((fields) =>
    maskFields(Object.fromEntries(names.map((name) => [name, fields[name] ?? null])))
  );
  return Object.fromEntries(
    names.map((name) => [name, { zoho: zoho?.[name] ?? null, circletel: circletel?.[name] ?? null }]),
  );
}

import { z } from "zod";
import { maskFields } from "../mapping/mask.ts";
import { withProductsOf } from "../mapping/lines.ts";
import type { Fields, FieldValue } from "../mapping/types.ts";
import { readRevision, revisionField } from "../merge/revision.ts";
import { isSameValue, type ValueRules } from "../merge/values.ts";
import type { FoundRecord } from "../zoho/found_records.ts";
import type { Kind } from "./kinds.ts";

/** What the database knows of a record that is ours, or of an entity (zoho_reconcile_look). */
export const known = z.object({
  zoho_id: z.string().nullable(),
  entity_id: z.string(),
  /** False when the entity was deleted in CircleTel and its record was left alone. */
  exists: z.boolean(),
  /** An internal_test customer's: it must have no record. */
  is_internal: z.boolean(),
  reference: z.string().nullable(),
  /** The record the entity is linked to. */
  mapped_id: z.string().nullable(),
  state: z.string().nullable(),
  /** Of our last write of the stage that both sides agreed on. */
  revision: z.string().nullable(),
  /** What both sides agreed on last; a stage that asks for nothing is left where a seller moved it. */
  agreed: z.object({ stage: z.string().nullable(), status: z.string() }).nullable(),
  /** The line items that both sides agreed on last, with the ids of their Products. */
  lines: z.string().nullable(),
  /** Queued, under way, or written since Zoho was read. */
  is_busy: z.boolean(),
  dead_code: z.string().nullable(),
  source: z.unknown(),
});
export type Known = z.infer<typeof known>;

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
  kind: Kind,
  known: Known | null,
  record: FoundRecord | null,
  rules: ValueRules,
): Verdict {
  if (known?.state === "unlinked") return plain("match", "");
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
  const held = kind.read(record);
  const wanted = kind.wanted(known.source, held, known.agreed, rules);
  if (wanted === null) return plain("differs", "bad_source");
  const fields = {
    ...differences(withLines(kind, wanted, held, known.lines), held, rules),
    ...otherRevision(known, record),
  };
  return Object.keys(fields).length === 0
    ? plain("match", "")
    : { verdict: "differs", reason: "fields", fields };
}

/**
 * What a record should hold, its line items with the Products that both sides agreed on last: those of a row that is
 * new are the next drain's to find. Line items of a record that went away while it was read are not compared.
 */
function withLines({ lines }: Kind, wanted: Fields, held: Fields, agreed: string | null): Fields {
  const text = lines === null ? null : wanted[lines];
  if (lines === null || typeof text !== "string") return wanted;
  const { [lines]: _, ...rest } = wanted;
  const rows = held[lines];
  if (typeof rows !== "string") return rest;
  return { ...rest, [lines]: withProductsOf(withProductsOf(text, rows), agreed ?? rows) };
}

function judgeAbsent(known: Known): Verdict {
  if (known.is_busy) return plain("queued", "on_its_way");
  if (known.mapped_id === null) {
    return plain("missing", known.dead_code === null ? "never_synced" : "dead_letter");
  }
  return plain("missing", known.state === "deleted_in_zoho" ? "deleted_in_zoho" : "gone");
}

function plain(verdict: Verdict["verdict"], reason: string): Verdict {
  return { verdict, reason, fields: {} };
}

/** The values may agree and the record still carry a write that was not settled: a late worker's, or another database's. */
function otherRevision(known: Known, record: FoundRecord): Record<string, Difference> {
  if (!Object.hasOwn(record, revisionField)) return {};
  const zoho = readRevision(record[revisionField]);
  return zoho === known.revision ? {} : { [revisionField]: { zoho, circletel: known.revision } };
}

/** The fields in which Zoho is not as it should be, with both values, masked where they name a person. */
export function differences(wanted: Fields, held: Fields, rules: ValueRules): Record<string, Difference> {
  const names = Object.keys(wanted).filter((name) => !isSameValue(name, wanted[name], held[name], rules));
  const maskedHeld = maskFields(pick(held, names));
  const maskedWanted = maskFields(pick(wanted, names));
  return Object.fromEntries(
    names.map((name) => [name, { zoho: maskedHeld[name] ?? null, circletel: maskedWanted[name] ?? null }]),
  );
}

function pick(fields: Fields, names: string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
}

import { maskFields } from "../mapping/mask.ts";
import { foldStage } from "../mapping/stage.ts";
import type { Fields, FieldValue } from "../mapping/types.ts";
import { isSameValue } from "../sync/diff.ts";
import type { FoundRecord } from "../zoho/found_records.ts";
import { type Kind, sumOfLines, withoutProducts } from "./kinds.ts";

/** What the database knows of a record that is ours, or of an entity (zoho_reconcile_look). */
export interface Known {
  entity_id: string;
  /** False when the entity was deleted in CircleTel and its record was left alone. */
  exists: boolean;
  /** An internal_test customer's: it must have no record. */
  is_internal: boolean;
  reference: string | null;
  /** The record the entity is linked to. */
  mapped_id: string | null;
  state: string | null;
  /** Queued, under way, or written since Zoho was read. */
  is_busy: boolean;
  dead_code: string | null;
  source?: unknown;
}

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
  /** The sum of the line items is another; the record has to be read by itself to say more. */
  isInDoubt?: true;
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
  timeZone: string,
): Verdict {
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
  const wanted = kind.wanted(known.source, held, timeZone);
  if (wanted === null) return plain("differs", "bad_source");
  const lines = compareLines(kind, wanted, record);
  const fields = { ...differences(without(wanted, kind.lines), held), ...lines.fields };
  const verdict: Verdict = Object.keys(fields).length === 0
    ? plain("match", "")
    : { verdict: "differs", reason: "fields", fields };
  return lines.isInDoubt ? { ...verdict, isInDoubt: true } : verdict;
}

/**
 * Line items are compared where they are read: by a single read row by row, by a list through their sum. A sum that is
 * another may be a seller's discount; only the rows say.
 */
function compareLines(
  kind: Kind,
  wanted: Fields,
  record: FoundRecord,
): { isInDoubt: boolean; fields: Record<string, Difference> } {
  const text = kind.lines === null ? null : wanted[kind.lines];
  if (kind.lines === null || typeof text !== "string") return { isInDoubt: false, fields: {} };
  if (!Array.isArray(record[kind.lines])) {
    const sum = typeof record.Sub_Total === "number" ? record.Sub_Total : 0;
    return { isInDoubt: Math.abs(sum - sumOfLines(text)) >= sameAmount, fields: {} };
  }
  const held = kind.read(record)[kind.lines];
  const zoho = withoutProducts(typeof held === "string" ? held : "[]");
  const circletel = withoutProducts(text);
  return { isInDoubt: false, fields: zoho === circletel ? {} : { [kind.lines]: { zoho, circletel } } };
}

function without(fields: Fields, name: string | null): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name));
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

/** The fields in which Zoho is not as it should be, with both values, masked where they name a person. */
export function differences(wanted: Fields, held: Fields): Record<string, Difference> {
  const names = Object.keys(wanted).filter((name) => !isHeld(name, wanted[name] ?? null, held[name] ?? null));
  const maskedHeld = maskFields(pick(held, names));
  const maskedWanted = maskFields(pick(wanted, names));
  return Object.fromEntries(
    names.map((name) => [name, { zoho: maskedHeld[name] ?? null, circletel: maskedWanted[name] ?? null }]),
  );
}

function pick(fields: Fields, names: string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));
}

/** Half a cent: Zoho keeps a currency with the org's number of decimals. */
const sameAmount = 0.005;

const sameness: Readonly<Record<string, (wanted: string, held: string) => boolean>> = {
  Stage: (wanted, held) => foldStage(wanted) === foldStage(held),
  Email: (wanted, held) => wanted.toLowerCase() === held.toLowerCase(),
};

function isHeld(name: string, wanted: FieldValue, held: FieldValue): boolean {
  if (typeof wanted === "number" && typeof held === "number") return Math.abs(wanted - held) < sameAmount;
  if (typeof wanted === "string" && typeof held === "string" && Object.hasOwn(sameness, name)) {
    return sameness[name]?.(wanted, held) ?? false;
  }
  return isSameValue(wanted, held);
}

import { z } from "zod";
import { recordTypeOf } from "../mapping/record_types.ts";
import type { Fields } from "../mapping/types.ts";
import { revisionField } from "../merge/revision.ts";
import { stageField } from "../merge/stage_rules.ts";
import type { FieldNames } from "../zoho/names.ts";

/** What a writer has to know about the org's fields; a field that is not listed exists under our own name. */
export interface FieldRules {
  /** The fields have not been read for an hour. */
  due: boolean;
  fields: FieldRule[];
  /** Picklists whose values are shown to people under other names. */
  picklists: Picklist[];
  /** Optional fields that exist. */
  optional?: { module: string; field: string }[];
}

const picklist = z.object({
  module: z.string(),
  field: z.string(),
  options: z.array(z.string()),
  displayed: z.array(z.string()),
});
type Picklist = z.infer<typeof picklist>;

const fieldRule = z.object({
  module: z.string(),
  field: z.string(),
  api_name: z.string(),
  problem: z.string().nullable(),
  missing_options: z.array(z.string()),
});
export type FieldRule = z.infer<typeof fieldRule>;

/** The shape that zoho_field_rules and zoho_store_fields answer. */
export const fieldRules: z.ZodType<FieldRules> = z.object({
  due: z.boolean(),
  fields: z.array(fieldRule),
  picklists: z.array(picklist).default([]),
  optional: z.array(z.object({ module: z.string(), field: z.string() })).default([]),
});

/** Why a value was not sent. */
export interface UnsupportedValue {
  code: "FIELD_MISSING" | "PICKLIST_VALUE_MISSING";
  field: string;
}

export function isNeededToCreate(module: string, field: string): boolean {
  const { [field]: declared } = recordTypeOf(module)?.fields ?? {};
  return declared?.isNeeded === true || placing.has(field);
}

/** The pipeline of a new Deal: not a field of ours, but required all the same. */
const placing = new Set(["Pipeline"]);

/** The optional fields of a module that the org has; none until the fields have been read. */
export function optionalOf({ optional = [] }: FieldRules, module: string): string[] {
  return optional.filter((each) => each.module === module).map(({ field }) => field);
}

export function namesOf({ fields }: FieldRules): FieldNames {
  const names: Record<string, Record<string, string>> = {};
  for (const { module, field, api_name } of fields) {
    if (api_name !== field) (names[module] ??= {})[field] = api_name;
  }
  return names;
}

/**
 * Removes values that Zoho would drop despite answering SUCCESS: values of a field that is gone, and values that a picklist
 * does not have. A record is not created without a field that it requires.
 *
 * @returns the fields to send, none when nothing is left or the record cannot be made without what was taken out; and the
 * first value that did not go, null when every one does
 */
export function splitUnsupported(
  { fields: rules }: FieldRules,
  module: string,
  fields: Fields,
  isNew: boolean,
): { fields: Fields | null; unsupported: UnsupportedValue | null } {
  const ours = rules.filter((rule) => rule.module === module && Object.hasOwn(fields, rule.field));
  const unsupported: UnsupportedValue[] = [];
  const sent: Fields = { ...fields };
  for (const rule of ours) {
    const code = refusal(rule, fields[rule.field]);
    if (code === null) continue;
    delete sent[rule.field];
    // Leaving out an empty value changes nothing.
    if (fields[rule.field] !== null) unsupported.push({ code, field: rule.field });
  }
  // A revision says that the record holds a stage of ours: without the stage it would be a write that nobody knows.
  if (losesStage(fields, sent)) delete sent[revisionField];
  const first = unsupported.find(({ field }) => isNew && isNeededToCreate(module, field));
  if (first) return { fields: null, unsupported: first };
  const isEmpty = Object.keys(sent).length === 0;
  return { fields: isEmpty ? null : sent, unsupported: unsupported[0] ?? null };
}

/** Whether a write loses its stage when it is reduced to some of its fields. */
export function losesStage(whole: Fields, left: Fields): boolean {
  return Object.hasOwn(whole, stageField) && !Object.hasOwn(left, stageField);
}

function refusal(rule: FieldRule, value: Fields[string] | undefined): UnsupportedValue["code"] | null {
  if (rule.problem === "missing" || rule.problem === "read_only") return "FIELD_MISSING";
  return typeof value === "string" && rule.missing_options.includes(value) ? "PICKLIST_VALUE_MISSING" : null;
}

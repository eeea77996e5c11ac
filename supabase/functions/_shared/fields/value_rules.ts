import { type FieldRules, optionalOf } from "./rules.ts";
import type { Module } from "../mapping/record_type.ts";
import { recordTypes } from "../mapping/record_types.ts";
import { revisionField } from "../merge/revision.ts";
import type { PicklistOption, ValueRules } from "../merge/values.ts";

/** How values of a module are compared in this org. */
export function valueRulesOf(module: Module, fieldRules: FieldRules, timeZone: string): ValueRules {
  const types = Object.fromEntries(
    Object.entries(recordTypes[module].fields).map(([name, { data_type }]) => [name, data_type]),
  );
  const options: Record<string, PicklistOption[]> = {};
  for (const list of fieldRules.picklists.filter((each) => each.module === module)) {
    options[list.field] = list.options.map((actual, place) => ({
      actual,
      displayed: list.displayed[place] ?? actual,
    }));
  }
  return { types, options, timeZone, optional: optionalOf(fieldRules, module) };
}

/** Problems with which a field does not store our values. */
const losesValues = new Set(["missing", "read_only", "wrong_type", "no_module"]);

/** Whether this org keeps the write revision on its Deals. */
export function keepsRevisions(rules: FieldRules): boolean {
  return keepsField(rules, "Deals", revisionField);
}

/** Whether a field of this org stores what we write to it. */
export function keepsField({ fields }: FieldRules, module: Module, name: string): boolean {
  return !fields.some((rule) =>
    rule.module === module && rule.field === name && rule.problem !== null && losesValues.has(rule.problem)
  );
}

import type { SentFields } from "../../mapping/types.ts";
import type { PicklistOption, ValueRules } from "../../merge/values.ts";
import type { Module } from "../../mapping/record_type.ts";
import type { RecordResult } from "../../zoho/records.ts";
import type { DrainSession } from "../drain_session.ts";
import { valueRulesOf } from "../../fields/value_rules.ts";

/**
 * Writes records with the option names that the org accepts. Where an administrator has renamed a picklist option,
 * Zoho's pages do not say which name the API accepts; Zoho's own examples and its SDK write the displayed one. So that name
 * is sent first, a refused value is sent once more by its actual name, and if that is accepted the rest of the drain uses it.
 * The attempt log and base keep our own value.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function writeOptions<R extends SentFields>(
  session: DrainSession,
  module: Module,
  records: R[],
  write: (records: R[]) => Promise<RecordResult[]>,
): Promise<RecordResult[]> {
  const { fields, settings } = session.deps;
  const { options } = valueRulesOf(module, await fields.rules(), settings.timeZone);
  const named = records.map((record) => withNames(record, options, session.optionName));
  const results = await write(named);
  if (session.optionName === "actual") return results;

  const again = named.flatMap((record, index) => {
    const byActual = withNames(record, options, "actual");
    return isRefusedName(results[index], record, byActual) ? [{ index, byActual }] : [];
  });
  if (again.length === 0) return results;
  const repeated = await write(again.map(({ byActual }) => byActual));
  if (repeated.some(({ ok }) => ok)) session.optionName = "actual";
  const later = new Map(again.map(({ index }, place) => [index, repeated[place]]));
  return results.map((result, index) => later.get(index) ?? result);
}

export function withNames<R extends SentFields>(
  record: R,
  options: ValueRules["options"],
  name: keyof PicklistOption,
): R {
  const named: R = { ...record };
  for (const [field, all] of Object.entries(options)) {
    const value = record[field];
    const option = all.find(({ actual }) => actual === value) ??
      all.find(({ displayed }) => displayed === value);
    if (option !== undefined) Object.assign(named, { [field]: option[name] });
  }
  return named;
}

/** Whether the refused value has a different actual name. */
function isRefusedName(result: RecordResult | undefined, sent: SentFields, byActual: SentFields): boolean {
  if (result === undefined || result.ok || result.code !== "INVALID_DATA" || result.field === null) {
    return false;
  }
  return sent[result.field] !== byActual[result.field];
}

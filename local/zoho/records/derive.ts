import type { Json, JsonObject } from "../core/json.ts";
import { stages } from "../org/standard_fields.ts";
import type { StoredLine } from "../org/store.ts";
import { money } from "./lines.ts";

interface Write {
  values: JsonObject;
  given: JsonObject;
  lines: readonly StoredLine[];
  /** The pipeline of a Deal that names none; null where pipelines are off. */
  pipeline: string | null;
}

const num = (value: Json | undefined) => typeof value === "number" ? value : 0;

/** What Zoho works out by itself when a record is saved. */
const rules: Record<string, (write: Write) => JsonObject> = {
  Deals: ({ values, given, pipeline }) => {
    const stage = stages.find((known) => known.actual === values.Stage);
    const byStage = given.Stage !== undefined && given.Probability === undefined;
    const probability = byStage ? stage?.probability ?? null : values.Probability ?? null;
    const amount = values.Amount;
    return {
      Pipeline: values.Pipeline ?? pipeline,
      Probability: probability,
      Expected_Revenue: typeof amount === "number" ? money(amount * num(probability) / 100) : null,
    };
  },
  Contacts: ({ values }) => ({
    Full_Name: [values.First_Name, values.Last_Name].filter((part) => typeof part === "string").join(" "),
  }),
  Quotes: totals,
  Invoices: totals,
};

function totals({ values, lines }: Write): JsonObject {
  const subTotal = lines.reduce((sum, line) => sum + num(line.Net_Total), 0);
  return {
    Sub_Total: money(subTotal),
    Grand_Total: money(subTotal - num(values.Discount) + num(values.Tax) + num(values.Adjustment)),
  };
}

export function derived(module: string, write: Write): JsonObject {
  return rules[module]?.(write) ?? {};
}

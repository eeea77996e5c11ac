import type { JsonObject } from "../core/json.ts";
import { currencyOf, exchange, rounded } from "../org/currencies.ts";
import type { Module } from "../org/module.ts";
import { defaultPipelineOf } from "../org/pipelines.ts";
import type { Settings } from "../org/settings.ts";
import { derived } from "./derive.ts";
import type { Prepared } from "./prepare.ts";

/** The values a record has after a write: what was given and what Zoho works out; empty fields are not kept. */
export function settle(
  settings: Settings,
  module: Module,
  before: JsonObject,
  prepared: Prepared,
  extra: JsonObject,
): JsonObject {
  const { given, lines } = prepared;
  const written = { ...before, ...given, ...extra };
  const inCurrency = { ...written, ...currencyFields(settings, module, written, given) };
  const values = roundedAmounts(settings, module, inCurrency, given);
  const pipeline = defaultPipelineOf(settings);
  const all = { ...values, ...derived(module.apiName, { values, given, lines, pipeline }) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

function currencyFields(
  settings: Settings,
  module: Module,
  values: JsonObject,
  given: JsonObject,
): JsonObject {
  return module.fields.has("Exchange_Rate") ? exchange(settings, values, given) : {};
}

/** Amounts are kept to the decimals of the record's currency, whatever was sent. */
function roundedAmounts(
  settings: Settings,
  module: Module,
  values: JsonObject,
  given: JsonObject,
): JsonObject {
  if (!settings.roundsCurrency) return values;
  const { decimals } = currencyOf(settings, values);
  const amounts = Object.entries(given).flatMap(([name, value]) =>
    typeof value === "number" && module.fields.get(name)?.dataType === "currency"
      ? [[name, rounded(value, decimals)]]
      : []
  );
  return { ...values, ...Object.fromEntries(amounts) };
}

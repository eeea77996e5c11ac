import type { JsonObject } from "../core/json.ts";
import { convertCurrency, currencyOf, rounded } from "../org/currencies.ts";
import type { OrgModule } from "../org/module.ts";
import { defaultPipelineOf } from "../org/pipelines.ts";
import type { OrgSettings } from "../org/settings.ts";
import { derived } from "./derive.ts";
import type { PreparedWrite } from "./prepare.ts";

/** The values a record has after a write: what was given and what Zoho works out; empty fields are not kept. */
export function settleValues(
  settings: OrgSettings,
  module: OrgModule,
  before: JsonObject,
  prepared: PreparedWrite,
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
  settings: OrgSettings,
  module: OrgModule,
  values: JsonObject,
  given: JsonObject,
): JsonObject {
  return module.fields.has("Exchange_Rate") ? convertCurrency(settings, values, given) : {};
}

/** Amounts are kept to the decimals of the record's currency, whatever was sent. */
function roundedAmounts(
  settings: OrgSettings,
  module: OrgModule,
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

import type { JsonObject } from "../core/json.ts";
import { fieldFromSeed, type ModuleField } from "./field.ts";
import type { OrgModule } from "./module.ts";
import type { OrgSettings } from "./settings.ts";

export type Currency = NonNullable<OrgSettings["currencies"]>[number];

const onlyCurrency: Currency = { code: "ZAR", rate: 1, decimals: 2 };

export function currenciesOf(settings: OrgSettings): Currency[] {
  return settings.currencies ?? [onlyCurrency];
}

export function homeCurrency(settings: OrgSettings): Currency {
  return currenciesOf(settings)[0] ?? onlyCurrency;
}

/** The currency that a record's amounts are in. */
export function currencyOf(settings: OrgSettings, values: JsonObject): Currency {
  const code = values.Currency;
  return currenciesOf(settings).find((known) => known.code === code) ?? homeCurrency(settings);
}

/**
 * Currency and Exchange_Rate of a record that is written, where several currencies are on: a record that names none is
 * in the home currency, and a new currency brings its rate unless the write names one.
 */
export function convertCurrency(settings: OrgSettings, values: JsonObject, given: JsonObject): JsonObject {
  if (settings.currencies === null) return {};
  const { code, rate } = currencyOf(settings, values);
  const keeps = values.Exchange_Rate !== undefined && given.Currency === undefined;
  return {
    Currency: code,
    Exchange_Rate: given.Exchange_Rate ?? (keeps ? values.Exchange_Rate ?? rate : rate),
  };
}

export function symbolOf({ code }: Currency): string {
  return code === "ZAR" ? "R" : code;
}

export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** Adds the two fields to every module with amounts, or takes them away. */
export function shapeCurrencies(module: OrgModule, settings: OrgSettings, nextId: () => string): void {
  const { currencies } = settings;
  const hasAmounts = [...module.fields.values()].some(({ dataType }) => dataType === "currency");
  if (currencies === null || !hasAmounts) {
    module.fields.delete("Currency");
    module.fields.delete("Exchange_Rate");
    return;
  }
  const before = module.fields.get("Currency");
  const codes = currencies.map(({ code }) => code);
  if (before !== undefined && before.options.map(({ actual }) => actual).join() === codes.join()) return;
  const fields: ModuleField[] = [
    fieldFromSeed({ apiName: "Currency", label: "Currency", dataType: "picklist", options: codes }, nextId),
    fieldFromSeed({ apiName: "Exchange_Rate", label: "Exchange Rate", dataType: "double" }, nextId),
  ];
  for (const field of fields) module.fields.set(field.apiName, field);
}

export function currencyAsJson(currency: Currency, home: boolean, id: string, modified: string): JsonObject {
  return {
    id,
    name: currency.code,
    iso_code: currency.code,
    symbol: symbolOf(currency),
    exchange_rate: currency.rate.toFixed(9),
    is_active: true,
    is_base: home,
    prefix_symbol: true,
    created_time: modified,
    modified_time: modified,
    format: {
      decimal_separator: "Period",
      thousand_separator: "Comma",
      decimal_places: String(currency.decimals),
    },
  };
}

import { isObject, type Json, type JsonObject } from "../core/json.ts";
import { homeCurrency, rounded } from "../org/currencies.ts";
import type { ModuleField } from "../org/field.ts";
import type { OrgSettings } from "../org/settings.ts";
import type { StoredLine } from "../org/store.ts";
import { resolveLookup } from "./lookups.ts";
import { inId, invalid, missing, type Problem } from "./problem.ts";
import { savedText } from "./saved_text.ts";
import type { WriteScope } from "./scope.ts";

type Rows = { rows: StoredLine[] } | { problem: Problem; path: string };

const productField: ModuleField = {
  id: "",
  apiName: "Product_Name",
  label: "Product Name",
  dataType: "lookup",
  maxLength: 255,
  custom: false,
  mandatory: true,
  layoutMandatory: true,
  readOnly: false,
  unique: null,
  external: null,
  options: [],
  lookup: "Products",
};

const inactiveProduct: Problem = inId({
  code: "NOT_ALLOWED",
  message: "the product is inactive",
  details: {},
});

/**
 * Line items after a write. A row without an id is appended, one with an id is changed, `_delete` drops it, an empty
 * list clears them all (facts §7, from the subform page); whether a mandatory list may be cleared is for the caller.
 * Rows a PUT does not mention stay.
 */
export function mergeLines(value: Json, before: readonly StoredLine[], scope: WriteScope): Rows {
  if (!Array.isArray(value)) return { problem: invalid({ expected_data_type: "jsonarray" }), path: "" };
  if (value.length === 0) return { rows: [] };
  const rows = new Map(before.map((row) => [row.id, row]));
  for (const [index, input] of value.entries()) {
    const path = `[${index}]`;
    if (!isObject(input)) return { problem: invalid({ expected_data_type: "jsonobject" }), path };
    const existing = typeof input.id === "string" ? rows.get(input.id) : undefined;
    if (input.id !== undefined && existing === undefined) {
      return { problem: invalid({}, "the id given seems to be invalid"), path: `${path}.id` };
    }
    if ("_delete" in input && existing !== undefined) {
      rows.delete(existing.id);
      continue;
    }
    const row = readRow(input, existing, scope);
    if ("problem" in row) return { problem: row.problem, path: path + row.path };
    rows.set(row.row.id, row.row);
  }
  return { rows: [...rows.values()].map((row, index) => ({ ...row, Sequence_Number: index + 1 })) };
}

function readRow(
  input: JsonObject,
  before: StoredLine | undefined,
  scope: WriteScope,
): { row: StoredLine } | { problem: Problem; path: string } {
  const path = ".Product_Name";
  const product = input.Product_Name ?? before?.Product_Name;
  if (product === undefined || product === null) {
    return { problem: missing, path };
  }
  const found = resolveLookup(product, productField, scope);
  if ("problem" in found) return { problem: found.problem, path };
  const held = scope.org.module("Products")?.store.get(found.id)?.values ?? {};
  if (held.Product_Active === false && scope.org.settings.inactiveProducts === "refuse") {
    return { problem: inactiveProduct, path };
  }
  const listed = held.Unit_Price;
  const quantity = input.Quantity ?? before?.Quantity ?? 1;
  const named = input.List_Price ?? before?.List_Price ?? listed ?? 0;
  if (typeof quantity !== "number") {
    return { problem: invalid({ expected_data_type: "double" }), path: ".Quantity" };
  }
  if (typeof named !== "number") {
    return { problem: invalid({ expected_data_type: "double" }), path: ".List_Price" };
  }
  const { settings } = scope.org;
  const price = savedAmount(named, settings);
  const discount = savedAmount(asNumber(input.Discount ?? before?.Discount), settings);
  const text = input.Description ?? before?.Description;
  const total = quantity * price;
  const taxes = lineTaxes(input.Line_Tax ?? before?.Line_Tax ?? ownTax(scope, held), total - discount);
  const tax = taxes.reduce((sum, entry) => sum + asNumber(entry.value), 0);
  return {
    row: {
      ...before,
      id: before?.id ?? scope.org.ids.next(),
      Product_Name: { id: found.id },
      Quantity: quantity,
      List_Price: price,
      Discount: discount,
      Description: typeof text === "string" ? savedText(text, settings) : null,
      Line_Tax: taxes,
      Total: money(total),
      Tax: money(tax),
      Total_After_Discount: money(total - discount),
      Net_Total: money(total - discount + tax),
    },
  };
}

const savedAmount = (value: number, settings: OrgSettings) =>
  settings.roundsCurrency ? rounded(value, homeCurrency(settings).decimals) : value;

/** The tax that Zoho adds to a line without one, unless its Product is marked as not taxable. */
function ownTax({ org }: WriteScope, product: JsonObject): JsonObject[] {
  const { lineTax } = org.settings;
  return lineTax === null || product.Taxable === false ? [] : [{ ...lineTax }];
}

function lineTaxes(value: Json, base: number): JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((tax) => ({
    ...tax,
    value: money(base * asNumber(tax.percentage) / 100),
  }));
}

function asNumber(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

/** Cents, so that 0.1 + 0.2 is 0.3 on a quote. */
export function money(value: number): number {
  return Math.round(value * 100) / 100;
}

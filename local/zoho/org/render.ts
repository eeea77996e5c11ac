import { isObject, type Json, type JsonObject } from "../core/json.ts";
import { currencyOf, symbolOf } from "./currencies.ts";
import type { ModuleField } from "./field.ts";
import type { OrgModule } from "./module.ts";
import type { Org } from "./org.ts";
import type { StoredRecord } from "./store.ts";
import type { User } from "./users.ts";

/** Fields whose value is not among a record's own values. */
const systemValues: Record<string, (org: Org, record: StoredRecord) => Json> = {
  id: (_org, record) => record.id,
  Owner: (_org, record) => person(record.owner),
  Created_By: (_org, record) => person(record.createdBy),
  Modified_By: (_org, record) => person(record.modifiedBy),
  Created_Time: (org, record) => org.iso(record.createdMs),
  Modified_Time: (org, record) => org.iso(record.modifiedMs),
  "$approval_state": (_org, record) => record.approvalState,
  "$editable": (_org, record) => !record.locked,
  Locked__s: (_org, record) => record.locked,
  Record_Status__s: () => "Available",
};

function person(user: User): JsonObject {
  return { name: user.name, id: user.id, email: user.email };
}

/** What people see as the record's name. */
export function recordName(module: OrgModule, record: StoredRecord): string {
  const name = record.values[module.nameField];
  return typeof name === "string" ? name : "";
}

/** A lookup reads as `{name, id}`, and as null once the record it names is gone. */
export function lookupValue(org: Org, field: ModuleField, value: Json | undefined): Json {
  if (!isObject(value) || typeof value.id !== "string" || field.lookup === null) return null;
  const target = org.module(field.lookup);
  const record = target?.store.get(value.id);
  return target === undefined || record === undefined
    ? null
    : { name: recordName(target, record), id: record.id };
}

/** One field as the API shows it; undefined when the module has no such field. */
export function readField(org: Org, module: OrgModule, record: StoredRecord, name: string): Json | undefined {
  const system = systemValues[name];
  if (system !== undefined) return system(org, record);
  const field = module.fields.get(name);
  if (field === undefined) return undefined;
  if (field.dataType === "subform") return record.lines.map((line) => lineAsJson(org, line));
  const value = record.values[name];
  if (field.dataType === "lookup") return lookupValue(org, field, value);
  if (field.dataType === "picklist" && org.settings.picklistReads === "display") {
    return field.options.find((option) => option.actual === value)?.display ?? value ?? null;
  }
  return value ?? null;
}

function lineAsJson(org: Org, line: JsonObject): JsonObject {
  const products = org.module("Products");
  const product = isObject(line.Product_Name) ? line.Product_Name.id : null;
  const found = typeof product === "string" ? products?.store.get(product) : undefined;
  if (products === undefined || found === undefined) return { ...line };
  const code = found.values.Product_Code ?? null;
  return { ...line, Product_Name: { name: recordName(products, found), Product_Code: code, id: found.id } };
}

/** A record in a list: the asked fields and its id. Line items never come in lists (facts §4.5). */
export function renderListed(org: Org, module: OrgModule, record: StoredRecord, names: string[]): JsonObject {
  const shown: JsonObject = {};
  for (const name of names) {
    if (module.fields.get(name)?.dataType === "subform") continue;
    const value = readField(org, module, record, name);
    if (value !== undefined) shown[name] = value;
  }
  shown.id = record.id;
  return shown;
}

/** A single record with everything it has. */
export function renderFull(org: Org, module: OrgModule, record: StoredRecord): JsonObject {
  const shown: JsonObject = {};
  for (const name of module.fields.keys()) shown[name] = readField(org, module, record, name) ?? null;
  shown.Locked__s = record.locked;
  shown.Record_Status__s = "Available";
  shown["$approval_state"] = record.approvalState;
  shown["$editable"] = !record.locked;
  shown["$currency_symbol"] = symbolOf(currencyOf(org.settings, record.values));
  return shown;
}

import { isObject, type Json } from "../core/json.ts";
import { refuseCall } from "../http/reply.ts";
import type { ModuleField } from "../org/field.ts";
import type { OrgModule } from "../org/module.ts";
import type { Org } from "../org/org.ts";
import { readField } from "../org/render.ts";
import type { StoredRecord } from "../org/store.ts";

/** A column of a query: a field of the module, or of the record that a lookup names. */
export interface QueryColumn {
  name: string;
  field: ModuleField;
  joins: number;
  read: (record: StoredRecord) => Json;
}

/** `Deal_Name`, `Account_Name.Account_Name`; a wrong name is INVALID_QUERY. */
export function columnOf(org: Org, module: OrgModule, name: string): QueryColumn {
  const [head = "", ...rest] = name.split(".");
  const field = module.fields.get(head);
  if (field === undefined || field.dataType === "subform" || rest.length > 2) return unknownColumn(name);
  if (rest.length === 0) {
    const isIdAlone = !org.modules.has(module.apiName) && org.settings.lineLookups === "id";
    const read = (record: StoredRecord) => bare(readField(org, module, record, head), field, isIdAlone);
    return { name, field, joins: 0, read };
  }
  if (field.dataType === "ownerlookup") return ownerColumn(org, module, field, name, rest[0] ?? "");
  const target = field.lookup === null ? undefined : org.visibleModule(field.lookup);
  if (target === undefined) return unknownColumn(name);
  const inner = columnOf(org, target, rest.join("."));
  const read = (record: StoredRecord): Json => {
    const value = record.values[head];
    const other = isObject(value) && typeof value.id === "string" ? target.store.get(value.id) : undefined;
    return other === undefined ? null : inner.read(other);
  };
  return { name, field: inner.field, joins: inner.joins + 1, read };
}

/** A lookup column is its id alone; the name has to be asked for (facts §4.7). */
function bare(value: Json | undefined, field: ModuleField, isIdAlone: boolean): Json {
  if (!isObject(value) || (field.dataType !== "lookup" && field.dataType !== "ownerlookup")) {
    return value ?? null;
  }
  const id = value.id ?? null;
  return isIdAlone ? id : { id };
}

function ownerColumn(
  org: Org,
  module: OrgModule,
  field: ModuleField,
  name: string,
  part: string,
): QueryColumn {
  if (!["id", "name", "email"].includes(part)) return unknownColumn(name);
  const read = (record: StoredRecord): Json => {
    const owner = readField(org, module, record, field.apiName);
    return isObject(owner) ? owner[part] ?? null : null;
  };
  return { name, field: { ...field, dataType: "text" }, joins: 1, read };
}

function unknownColumn(name: string): never {
  return refuseCall("INVALID_QUERY", "column given seems to be invalid", { column_name: name });
}

import { isObject, type Json, type JsonObject } from "../core/json.ts";
import { type ApiCall, listOf, moduleOfQuery } from "../http/call.ts";
import { errorItem, refuseCall, type Reply } from "../http/reply.ts";
import { type DataType, fieldFromSeed, type FieldSeed, type ModuleField } from "../org/field.ts";
import { type OrgModule, reindex } from "../org/module.ts";

const fieldsPerCall = 5;
const uniquePerModule = 2;

const creatable = new Set<string>([
  "text",
  "textarea",
  "email",
  "phone",
  "website",
  "picklist",
  "multiselectpicklist",
  "date",
  "datetime",
  "integer",
  "bigint",
  "double",
  "currency",
  "percent",
  "boolean",
  "lookup",
  "autonumber",
  "formula",
]);

/** Reserved words of the API: a field of that name would be ambiguous. */
const reserved = new Set([
  "id",
  "data",
  "layout",
  "tag",
  "trigger",
  "owner",
  "module",
  "select",
  "from",
  "where",
]);

/** `POST /settings/fields`: at most five fields, and the reply does not tell their api_names (facts §8). */
export function createFields(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const inputs = listOf(call, "fields");
  if (inputs.length > fieldsPerCall) {
    return refuseCall("LIMIT_EXCEEDED", "The number of fields exceeds the limit of one call", {
      limit: fieldsPerCall,
      limit_due_to: [{ json_path: "$.fields", limit: fieldsPerCall }],
    });
  }
  const items = inputs.map((input, index) => createOne(call, module, input, index));
  const failures = items.filter((item) => item.status === "error").length;
  const status = failures === 0 ? 201 : failures === items.length ? 400 : 207;
  return { status, body: { fields: items } };
}

function createOne(call: ApiCall, module: OrgModule, input: JsonObject, index: number): JsonObject {
  const at = (name: string) => ({ api_name: name, json_path: `$.fields[${index}].${name}` });
  const label = input.field_label;
  const dataType = input.data_type;
  if (typeof label !== "string" || label.trim() === "") {
    return errorItem("MANDATORY_NOT_FOUND", "required field not found", at("field_label"));
  }
  if (typeof dataType !== "string") {
    return errorItem("MANDATORY_NOT_FOUND", "required field not found", at("data_type"));
  }
  if (!creatable.has(dataType)) {
    return errorItem("INVALID_DATA", "invalid data", {
      ...at("data_type"),
      supported_values: [...creatable],
    });
  }
  if (reserved.has(label.trim().toLowerCase())) {
    return errorItem("RESERVED_KEYWORD_NOT_ALLOWED", "reserved keyword not allowed", at("field_label"));
  }
  if ([...module.fields.values()].some((field) => field.label.toLowerCase() === label.trim().toLowerCase())) {
    return errorItem("DUPLICATE_DATA", "field with the same label already exists", at("field_label"));
  }
  const options = givenOptions(input.pick_list_values);
  if (dataType.includes("picklist") && options.length === 0) {
    return errorItem("EXPECTED_DEPENDENT_FIELD_MISSING", "dependent field missing", {
      ...at("pick_list_values"),
      dependee: at("data_type"),
    });
  }
  if (new Set(options.map(([actual]) => actual.toLowerCase())).size < options.length) {
    return errorItem("DUPLICATE_DATA", "duplicate picklist option", at("pick_list_values"));
  }
  const seed = seedOf(call, module, input, label.trim(), dataType as DataType, options);
  const limit = exceededLimit(call, module, seed);
  if (limit !== undefined) {
    return errorItem("LIMIT_EXCEEDED", "limit exceeded", {
      limit: limit.limit,
      limit_due_to: [at(limit.dueTo)],
    });
  }
  const field = fieldFromSeed(seed, () => call.org.ids.next());
  addField(module, field);
  return { code: "SUCCESS", details: { id: field.id }, message: "field created", status: "success" };
}

function seedOf(
  call: ApiCall,
  module: OrgModule,
  input: JsonObject,
  label: string,
  dataType: DataType,
  options: [string, string][],
): FieldSeed {
  const wished = call.org.settings.fieldApiNameInPost === "honour" && typeof input.api_name === "string"
    ? input.api_name
    : label;
  const target = isObject(input.lookup) && isObject(input.lookup.module)
    ? input.lookup.module.api_name
    : undefined;
  return {
    apiName: freeApiName(module, wished),
    label,
    dataType,
    maxLength: typeof input.length === "number" ? input.length : undefined,
    custom: true,
    unique: isObject(input.unique) ? { caseSensitive: input.unique.case_sensitive === true } : undefined,
    external: externalKind(input.external),
    options,
    lookup: typeof target === "string" ? target : undefined,
  };
}

function externalKind(value: Json | undefined): "org" | "user" | undefined {
  if (!isObject(value)) return undefined;
  return value.type === "user" ? "user" : "org";
}

/** Spaces become underscores, other signs go, and a number makes it unique; the rule is observed, not documented. */
export function freeApiName(module: OrgModule, label: string): string {
  const base = label.trim().replace(/\s+/g, "_").replace(/[^A-Za-z0-9_]/g, "").replace(/_+/g, "_") || "Field";
  let name = base;
  for (let number = 1; module.fields.has(name); number++) name = `${base}${number}`;
  return name;
}

function exceededLimit(
  call: ApiCall,
  module: OrgModule,
  seed: FieldSeed,
): { limit: number; dueTo: string } | undefined {
  const custom = [...module.fields.values()].filter((field) => field.custom);
  const { customFields } = call.org.edition;
  if (custom.length >= customFields) return { limit: customFields, dueTo: "data_type" };
  const externalCounts = call.org.settings.externalCountsAsUnique;
  const isCounted = (field: { unique?: unknown; external?: unknown }) =>
    Boolean(field.unique) || (externalCounts && Boolean(field.external));
  if (!isCounted(seed) || custom.filter(isCounted).length < uniquePerModule) return undefined;
  return { limit: uniquePerModule, dueTo: "unique" };
}

export function givenOptions(value: Json | undefined): [string, string][] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).flatMap((option) => {
    const display = option.display_value ?? option.actual_value;
    const actual = option.actual_value ?? option.display_value;
    return typeof display === "string" && typeof actual === "string"
      ? [[actual, display] as [string, string]]
      : [];
  });
}

function addField(module: OrgModule, field: ModuleField): void {
  module.fields.set(field.apiName, field);
  reindex(module);
}

import type { JsonObject } from "../core/json.ts";
import { type ApiCall, moduleOfQuery } from "../http/call.ts";
import { refuse, type Reply } from "../http/reply.ts";
import type { DataType, Field } from "../org/field.ts";
import type { Module } from "../org/module.ts";

const jsonTypes: Partial<Record<DataType, string>> = {
  integer: "integer",
  double: "double",
  currency: "double",
  percent: "double",
  boolean: "boolean",
  lookup: "jsonobject",
  ownerlookup: "jsonobject",
  subform: "jsonarray",
  multiselectpicklist: "jsonarray",
};

export function listFields(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  if (call.org.settings.fieldsInclude === "required" && !call.query.has("include")) {
    return refuse("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "include",
    });
  }
  if (call.query.get("type") === "unused") return { status: 204 };
  return {
    status: 200,
    body: { fields: [...module.fields.values()].map((field) => fieldAsJson(module, field)) },
  };
}

export function getField(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const field = [...module.fields.values()].find((known) => known.id === call.params.id);
  if (field === undefined) {
    return refuse("INVALID_DATA", "the id given seems to be invalid", { resource_path_index: 2 });
  }
  return { status: 200, body: { fields: [fieldAsJson(module, field)] } };
}

/** The metadata of one field, in the shape of the v8 settings call (facts §8). */
export function fieldAsJson(module: Module, field: Field): JsonObject {
  const isWritable = !field.readOnly;
  return {
    id: field.id,
    api_name: field.apiName,
    field_label: field.label,
    display_label: field.label,
    data_type: field.dataType,
    json_type: jsonTypes[field.dataType] ?? "string",
    length: field.maxLength,
    decimal_place: field.dataType === "currency" ? 2 : null,
    custom_field: field.custom,
    created_source: field.custom ? "api" : "default",
    system_mandatory: field.mandatory,
    read_only: field.readOnly,
    field_read_only: field.readOnly,
    visible: true,
    type: "used",
    default_value: null,
    quick_sequence_number: null,
    unique: field.unique === null ? {} : { casesensitive: field.unique.caseSensitive },
    external: field.external === null ? null : { type: field.external, show: false },
    pick_list_values: field.options.map((option, index) => ({
      id: option.id,
      display_value: option.display,
      actual_value: option.actual,
      reference_value: option.actual,
      sequence_number: index + 1,
      type: "used",
    })),
    lookup: field.lookup === null
      ? {}
      : { module: { api_name: field.lookup }, display_label: module.apiName },
    searchable: field.dataType !== "subform",
    sortable: field.dataType !== "subform",
    operation_type: {
      web_create: isWritable,
      web_update: isWritable,
      api_create: isWritable,
      api_update: isWritable,
    },
  };
}

import type { JsonObject } from "../core/json.ts";
import { type ApiCall, moduleOfQuery } from "../http/call.ts";
import { refuseCall, type Reply } from "../http/reply.ts";
import type { DataType, ModuleField } from "../org/field.ts";
import type { OrgModule } from "../org/module.ts";
import type { Org } from "../org/org.ts";

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
  const name = call.query.get("module")?.toLowerCase();
  const owner = [...call.org.modules.values()].find(({ linesField }) => linesField?.toLowerCase() === name);
  const module = owner ?? moduleOfQuery(call);
  const fields = owner?.lines?.fields ?? [...module.fields.values()];
  if (call.org.settings.fieldsInclude === "required" && !call.query.has("include")) {
    return refuseCall("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "include",
    });
  }
  if (call.query.get("type") === "unused") return { status: 204 };
  return {
    status: 200,
    body: { fields: fields.map((field) => fieldAsJson(call.org, module, field)) },
  };
}

export function getField(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const field = [...module.fields.values()].find((known) => known.id === call.params.id);
  if (field === undefined) {
    return refuseCall("INVALID_DATA", "the id given seems to be invalid", { resource_path_index: 2 });
  }
  return { status: 200, body: { fields: [fieldAsJson(call.org, module, field)] } };
}

/** The metadata of one field, in the shape of the v8 settings call (facts §8), with every key that it says is always there. */
export function fieldAsJson(org: Org, module: OrgModule, field: ModuleField): JsonObject {
  const isWritable = !field.readOnly;
  const isSubform = field.dataType === "subform";
  return {
    ...untouched(org),
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
    unique: field.unique === null ? {} : { casesensitive: String(field.unique.caseSensitive) },
    external: field.external === null ? null : { type: field.external, show: false },
    pick_list_values: field.options.map((option, index) => ({
      id: option.id,
      display_value: option.display,
      actual_value: option.actual,
      reference_value: option.actual,
      sequence_number: index + 1,
      type: "used",
    })),
    pick_list_values_sorted_lexically: false,
    lookup: lookupAsJson(org, module, field),
    associated_module: isSubform && module.lines !== null
      ? { module: field.apiName, id: module.lines.id }
      : null,
    currency: field.dataType === "currency" ? { rounding_option: "round_off", precision: 2 } : {},
    display_field: field.apiName === module.nameField,
    view_type: { view: true, edit: isWritable, quick_create: field.mandatory, create: isWritable },
    searchable: !isSubform,
    sortable: !isSubform,
    filterable: !isSubform,
    mass_update: isWritable && !isSubform,
    virtual_field: false,
    operation_type: {
      web_create: isWritable,
      web_update: isWritable,
      api_create: isWritable,
      api_update: isWritable,
    },
  };
}

function lookupAsJson(org: Org, module: OrgModule, field: ModuleField): JsonObject {
  if (field.lookup === null) return {};
  return {
    id: field.id,
    api_name: field.apiName,
    display_label: module.apiName,
    module: { api_name: field.lookup, id: org.module(field.lookup)?.id ?? "" },
    revalidate_filter_during_edit: false,
  };
}

/** What no setting of this org has touched. `ui_type` and `display_type` are numbers that no source explains. */
function untouched(org: Org): JsonObject {
  return {
    webhook: true,
    colour_code_enabled_by_system: false,
    enable_colour_code: false,
    association_details: null,
    businesscard_supported: true,
    multi_module_lookup: {},
    profiles: [{ permission_type: "read_write", name: "Administrator", id: org.users.integration.id }],
    separator: false,
    history_tracking_enabled: false,
    range: null,
    display_type: -1,
    ui_type: 1,
    public: false,
    email_parser: { fields_update_supported: true, record_operations_supported: true },
    convert_mapping: {},
    rollup_summary: {},
    formula: {},
    multiselectlookup: {},
    auto_number: {},
  };
}

import { isObject, type JsonObject } from "../core/json.ts";
import { type ApiCall, listOf, moduleOfQuery } from "../http/call.ts";
import { refuseCall, type Reply } from "../http/reply.ts";
import type { ModuleField, PickOption } from "../org/field.ts";
import { type OrgModule, reindex } from "../org/module.ts";
import { freeApiName, givenOptions } from "./create_field.ts";

const done = (id: string, message: string): Reply => ({
  status: 200,
  body: { fields: [{ code: "SUCCESS", details: { id }, message, status: "success" }] },
});

/** A new label leaves the api_name alone; a new api_name is what an administrator does on the API names page. */
export function changeField(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const field = findField(call, module);
  const [input = {}] = listOf(call, "fields");
  if (typeof input.field_label === "string") field.label = input.field_label;
  if (Array.isArray(input.pick_list_values)) {
    changeOptions(call, field, input.pick_list_values.filter(isObject));
  }
  if (typeof input.api_name === "string" && input.api_name !== field.apiName) {
    moveValues(module, field.apiName, renamed(module, field, input.api_name));
  }
  return done(field.id, "field updated");
}

/**
 * An option is known by its id, else by its actual value; `_delete` drops it. The OpenAPI document shows calls that
 * name one option of several, so those left out stay, unless the switch has the list replaced.
 */
function changeOptions(call: ApiCall, field: ModuleField, given: JsonObject[]): void {
  const known = (input: JsonObject) =>
    field.options.find(({ id, actual }) => id === input.id || actual === input.actual_value);
  const dropped = given.filter((input) => "_delete" in input).map(known);
  const named = given.filter((input) => !("_delete" in input)).flatMap((input): PickOption[] => {
    const before = known(input);
    const [pair] = givenOptions([{ ...(before && { actual_value: before.actual }), ...input }]);
    if (pair === undefined) return [];
    return [{ id: before?.id ?? call.org.ids.next(), actual: pair[0], display: pair[1] }];
  });
  if (call.org.settings.picklistPatch === "replace") {
    if (named.length > 0) field.options = named;
    return;
  }
  const kept = field.options.filter((option) => !dropped.includes(option));
  const changed = kept.map((option) => named.find(({ id }) => id === option.id) ?? option);
  const added = named.filter(({ id }) => !kept.some((option) => option.id === id));
  field.options = [...changed, ...added];
}

export function deleteField(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const field = findField(call, module);
  if (!field.custom) return refuseCall("INVALID_DATA", "system field cannot be deleted", { id: field.id });
  module.fields.delete(field.apiName);
  moveValues(module, field.apiName, undefined);
  return done(field.id, "field deleted");
}

function findField(call: ApiCall, module: OrgModule): ModuleField {
  const found = [...module.fields.values()].find((field) => field.id === call.params.id);
  return found ?? refuseCall("INVALID_DATA", "the id given seems to be invalid", { resource_path_index: 2 });
}

function renamed(module: OrgModule, field: ModuleField, wished: string): string {
  const entries = [...module.fields.entries()];
  field.apiName = freeApiName(module, wished);
  module.fields.clear();
  for (const [name, known] of entries) module.fields.set(known === field ? field.apiName : name, known);
  return field.apiName;
}

/** The records follow the field: to its new name, or they lose the value with it. */
function moveValues(module: OrgModule, from: string, to: string | undefined): void {
  reindex(module);
  for (const record of [...module.store.all()]) {
    const { [from]: value, ...rest } = record.values;
    if (value === undefined) continue;
    module.store.put({ ...record, values: to === undefined ? rest : { ...rest, [to]: value } });
  }
}

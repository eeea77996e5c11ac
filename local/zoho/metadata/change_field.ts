import { type ApiCall, listOf, moduleOfQuery } from "../http/call.ts";
import { refuse, type Reply } from "../http/reply.ts";
import type { Field } from "../org/field.ts";
import { type Module, reindex } from "../org/module.ts";
import { freeApiName, optionsOf } from "./create_field.ts";

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
  const options = optionsOf(input.pick_list_values);
  if (options.length > 0) {
    field.options = options.map(([actual, display]) => {
      const known = field.options.find((option) => option.actual === actual);
      return { id: known?.id ?? call.org.ids.next(), actual, display };
    });
  }
  if (typeof input.api_name === "string" && input.api_name !== field.apiName) {
    moveValues(module, field.apiName, renamed(module, field, input.api_name));
  }
  return done(field.id, "field updated");
}

export function deleteField(call: ApiCall): Reply {
  const module = moduleOfQuery(call);
  const field = findField(call, module);
  if (!field.custom) return refuse("INVALID_DATA", "system field cannot be deleted", { id: field.id });
  module.fields.delete(field.apiName);
  moveValues(module, field.apiName, undefined);
  return done(field.id, "field deleted");
}

function findField(call: ApiCall, module: Module): Field {
  const found = [...module.fields.values()].find((field) => field.id === call.params.id);
  return found ?? refuse("INVALID_DATA", "the id given seems to be invalid", { resource_path_index: 2 });
}

function renamed(module: Module, field: Field, wished: string): string {
  const entries = [...module.fields.entries()];
  field.apiName = freeApiName(module, wished);
  module.fields.clear();
  for (const [name, known] of entries) module.fields.set(known === field ? field.apiName : name, known);
  return field.apiName;
}

/** The records follow the field: to its new name, or they lose the value with it. */
function moveValues(module: Module, from: string, to: string | undefined): void {
  reindex(module);
  for (const record of [...module.store.all()]) {
    const { [from]: value, ...rest } = record.values;
    if (value === undefined) continue;
    module.store.put({ ...record, values: to === undefined ? rest : { ...rest, [to]: value } });
  }
}

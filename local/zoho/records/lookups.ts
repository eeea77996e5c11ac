import { isObject, type Json, type JsonObject } from "../core/json.ts";
import type { ModuleField } from "../org/field.ts";
import type { OrgModule } from "../org/module.ts";
import { indexKey } from "../org/store.ts";
import { inId, invalid, missing, type Problem } from "./problem.ts";
import type { WriteScope } from "./scope.ts";

type Found = { id: string } | { problem: Problem };

const unknownId: Found = { problem: inId(invalid({}, "the id given seems to be invalid")) };
const noId: Found = { problem: inId(missing) };
const notAnObject: Found = { problem: invalid({ expected_data_type: "jsonobject" }) };
const badExternal: Found = {
  problem: invalid({}, "The external ID of the lookup field or the Price Book is incorrect"),
};

/**
 * The id a lookup means. Only `{id}` is documented (facts §7); by name and as a bare text are open questions 8 and are
 * refused unless switched on. With X-EXTERNAL the external value wins over an id.
 */
export function resolveLookup(value: Json, field: ModuleField, scope: WriteScope): Found {
  const target = field.lookup === null ? undefined : scope.org.module(field.lookup);
  if (target === undefined) return unknownId;
  if (typeof value === "string" && scope.org.settings.lookupByString === "accept") {
    return known(value, target) ?? unknownId;
  }
  if (!isObject(value)) return notAnObject;
  const external = scope.external.lookups.get(field.apiName);
  if (external !== undefined && value[external] !== undefined) {
    return byIndex(target, external, value[external]) ?? badExternal;
  }
  if (typeof value.id === "string") return known(value.id, target) ?? unknownId;
  return byName(value, target, scope);
}

function byName(value: JsonObject, target: OrgModule, scope: WriteScope): Found {
  const rule = scope.org.settings.lookupByName;
  if (rule === "refuse" || typeof value.name !== "string") return noId;
  return byIndex(target, target.nameField, value.name) ??
    (rule === "create" ? createNamed(value.name, target, scope) : unknownId);
}

function known(id: string, target: OrgModule): Found | undefined {
  return target.store.get(id) === undefined ? undefined : { id };
}

function byIndex(target: OrgModule, field: string, value: Json | undefined): Found | undefined {
  const key = indexKey(value);
  const id = key === undefined ? undefined : target.store.idsWith(field, key)?.[0];
  return id === undefined ? undefined : { id };
}

function createNamed(name: string, target: OrgModule, scope: WriteScope): Found {
  const nowMs = scope.org.nowMs();
  const id = scope.org.ids.next();
  target.store.put({
    id,
    values: { [target.nameField]: name },
    lines: [],
    createdMs: nowMs,
    modifiedMs: nowMs,
    createdBy: scope.user,
    modifiedBy: scope.user,
    owner: scope.user,
    locked: false,
    approvalState: "approved",
  });
  return { id };
}

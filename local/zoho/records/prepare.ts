import type { Json, JsonObject } from "../core/json.ts";
import { type ErrorItem, errorItem } from "../http/reply.ts";
import { type OrgModule, uniqueFields } from "../org/module.ts";
import { indexKey, type StoredLine, type StoredRecord } from "../org/store.ts";
import type { User } from "../org/users.ts";
import { mergeLines } from "./lines.ts";
import { inBlueprint, misplacedStage } from "./process.ts";
import { invalid, missing, place, type Problem } from "./problem.ts";
import type { WriteScope } from "./scope.ts";
import { checkValue } from "./values.ts";

export interface PreparedWrite {
  /** The fields that were given, checked; the rest of the record is not in here. */
  given: JsonObject;
  lines: readonly StoredLine[];
  owner: User | undefined;
}

export type Preparation = { prepared: PreparedWrite } | { refused: ErrorItem };

/** Keys that steer a write and are not fields. */
const steering = new Set(["id", "Layout", "Tag", "$append_values", "$approved", "$in_merge", "$review"]);

/** Checks one record of a call. The first thing wrong is the one that is reported. */
export function prepareRecord(
  scope: WriteScope,
  module: OrgModule,
  input: JsonObject,
  before: StoredRecord | undefined,
  index: number,
): Preparation {
  const { settings } = scope.org;
  const at = (name: string) => `$.data[${index}].${name}`;
  const refuse = (name: string, problem: Problem, path = at(name)): Preparation => ({
    refused: errorItem(problem.code, problem.message, {
      ...problem.details,
      ...place(name, path, problem, settings.refusalPath),
    }),
  });
  const given: JsonObject = {};
  let lines = before?.lines ?? [];
  let owner: User | undefined;

  for (const [name, value] of Object.entries(input)) {
    if (steering.has(name)) continue;
    const field = module.fields.get(name);
    if (field === undefined) {
      if (refusesUnknown(scope, name)) return refuse(name, invalid({}));
      continue;
    }
    if (field.apiName === module.linesField) {
      const merged = mergeLines(value, lines, scope);
      if ("problem" in merged) return refuse(name, merged.problem, at(name) + merged.path);
      lines = merged.rows;
      continue;
    }
    if (scope.actor === "api" && settings.notKept[module.apiName]?.includes(name)) continue;
    // A read-only field is ignored and the write still succeeds (facts §5).
    if (field.readOnly) continue;
    const checked = checkValue(value, field, scope);
    if ("problem" in checked) return refuse(name, checked.problem);
    if (name === "Owner") owner = userOf(scope, checked.value);
    else given[name] = checked.value;
  }
  const blocked = inBlueprint(scope, module, given, before);
  if (blocked !== undefined) return refuse(blocked.field, blocked.problem);
  const misfit = misplacedStage(scope, module, given, before);
  if (misfit !== undefined) return refuse("Stage", misfit);
  const lacking = missingField(scope, module, input, given, lines, before);
  if (lacking !== undefined) return refuse(lacking, missing);
  const clash = clashing(module, given, before, index);
  return clash === undefined ? { prepared: { given, lines, owner } } : { refused: clash };
}

/** A seller's form has no unknown fields, so a typo in a test is an error there; the API drops them silently. */
function refusesUnknown(scope: WriteScope, name: string): boolean {
  if (scope.actor !== "api") return true;
  return scope.org.settings.unknownFields === "refuse" && !name.startsWith("$");
}

function userOf(scope: WriteScope, value: Json): User | undefined {
  const id = indexKey(value);
  return Object.values(scope.org.users).find((user) => user.id === id);
}

/** The first mandatory field that would be empty. Sellers in tests and field updates may leave any out. */
function missingField(
  scope: WriteScope,
  module: OrgModule,
  input: JsonObject,
  given: JsonObject,
  lines: readonly StoredLine[],
  before: StoredRecord | undefined,
): string | undefined {
  if (scope.actor !== "api") return undefined;
  const withLayout = input.Layout !== undefined;
  for (const field of module.fields.values()) {
    const needed = field.mandatory || (withLayout && field.layoutMandatory) ||
      (field.apiName === "Pipeline" && scope.org.settings.pipelineMandatory);
    if (!needed) continue;
    if (field.apiName === module.linesField) {
      const clears = field.apiName in input && scope.org.settings.emptyLines === "refuse";
      if (lines.length === 0 && (before === undefined || clears)) return field.apiName;
      continue;
    }
    const value = given[field.apiName];
    if (value === null || (value === undefined && before === undefined)) return field.apiName;
  }
  return undefined;
}

/** A unique or external value that another record holds already. */
function clashing(
  module: OrgModule,
  given: JsonObject,
  before: StoredRecord | undefined,
  index: number,
): ErrorItem | undefined {
  const errors: ErrorItem[] = [];
  for (const field of uniqueFields(module)) {
    const key = indexKey(given[field.apiName]);
    if (key === undefined) continue;
    const other = (module.store.idsWith(field.apiName, key) ?? [])
      .map((id) => module.store.get(id))
      .find((record) => record !== undefined && record.id !== before?.id && isSame(record, field, given));
    if (other === undefined) continue;
    errors.push(errorItem("DUPLICATE_DATA", "duplicate data", {
      api_name: field.apiName,
      json_path: `$.data[${index}].${field.apiName}`,
      id: other.id,
      duplicate_record: {
        id: other.id,
        Owner: { name: other.owner.name, id: other.owner.id },
        module: { api_name: module.apiName, id: module.id },
      },
    }));
  }
  if (errors.length < 2) return errors[0];
  return errorItem("MULTIPLE_OR_MULTI_ERRORS", "Multiple errors occurred", { errors });
}

/** The index ignores case; a case-sensitive field does not. */
function isSame(
  record: StoredRecord,
  field: { apiName: string; unique: unknown },
  given: JsonObject,
): boolean {
  const rule = field.unique as { caseSensitive: boolean } | null;
  return rule?.caseSensitive !== true || record.values[field.apiName] === given[field.apiName];
}

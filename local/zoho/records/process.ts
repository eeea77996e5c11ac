import type { JsonObject } from "../core/json.ts";
import { sameJson } from "../core/json.ts";
import type { OrgModule } from "../org/module.ts";
import { defaultPipelineOf, hasStage } from "../org/pipelines.ts";
import type { StoredRecord } from "../org/store.ts";
import { invalid, type Problem } from "./problem.ts";
import type { WriteScope } from "./scope.ts";

const blueprintProblem: Problem = {
  code: "RECORD_IN_BLUEPRINT",
  message: "The record is in blue print",
  details: {},
};

/**
 * The field that a blueprint keeps from being written. A record in a blueprint moves by its transitions: people press
 * a button, a field update of a workflow goes through, and an API write of the field is refused.
 */
export function inBlueprint(
  { org, actor }: WriteScope,
  module: OrgModule,
  given: JsonObject,
  before: StoredRecord | undefined,
): { field: string; problem: Problem } | undefined {
  const { blueprint } = org.settings;
  if (actor !== "api" || before === undefined || blueprint === null) return undefined;
  if (blueprint.module !== module.apiName) return undefined;
  const held = before.values[blueprint.field] ?? null;
  if (blueprint.states.length > 0 && !blueprint.states.includes(String(held))) return undefined;
  const found = { field: blueprint.field, problem: blueprintProblem };
  if (blueprint.locks === "record") return found;
  const wanted = given[blueprint.field];
  if (wanted === undefined || (blueprint.sameValue === "accept" && sameJson(wanted, held))) return undefined;
  return found;
}

/** A stage that the record's pipeline does not have, be it the stage that is new or the pipeline. */
export function misplacedStage(
  { org }: WriteScope,
  module: OrgModule,
  given: JsonObject,
  before: StoredRecord | undefined,
): Problem | undefined {
  if (module.apiName !== "Deals" || (given.Stage === undefined && given.Pipeline === undefined)) {
    return undefined;
  }
  const stage = given.Stage ?? before?.values.Stage;
  const pipeline = given.Pipeline ?? before?.values.Pipeline ?? defaultPipelineOf(org.settings);
  if (typeof stage !== "string" || typeof pipeline !== "string") return undefined;
  return hasStage(org.settings, pipeline, stage)
    ? undefined
    : invalid({}, "Pipeline doesn't contain the Stage");
}

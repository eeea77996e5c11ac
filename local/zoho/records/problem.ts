import type { JsonObject } from "../core/json.ts";

/** Why a value is refused, before it is known where in the request it stood. */
export interface Problem {
  code: string;
  message: string;
  details: JsonObject;
  /** Where inside the value the fault is, e.g. `.id`; none means the value itself. */
  inner?: string;
}

export const invalid = (details: JsonObject, message = "invalid data"): Problem => ({
  code: "INVALID_DATA",
  message,
  details,
});

export const missing: Problem = {
  code: "MANDATORY_NOT_FOUND",
  message: "required field not found",
  details: {},
};

/** The same problem, found in the id of a lookup. */
export const inId = (problem: Problem): Problem => ({ ...problem, inner: ".id" });

/**
 * `api_name` and `json_path` of a refusal. Recorded answers name the innermost part: `id` at
 * `$.data[0].Account_Name.id`; the other reading names the field (facts §0).
 */
export function place(
  field: string,
  path: string,
  { inner = "" }: Problem,
  rule: "inside" | "field",
): { api_name: string; json_path: string } {
  if (rule === "field") return { api_name: field, json_path: path };
  const whole = path + inner;
  const last = whole.split(".").at(-1) ?? field;
  return { api_name: last.replace(/\[\d+\]$/, ""), json_path: whole };
}

import type { JsonObject } from "../core/json.ts";

/** Why a value is refused, before it is known where in the request it stood. */
export interface Problem {
  code: string;
  message: string;
  details: JsonObject;
}

export const invalid = (details: JsonObject, message = "invalid data"): Problem => ({
  code: "INVALID_DATA",
  message,
  details,
});

import { z } from "zod";
import { BadRequestError } from "./http.ts";

/** @throws BadRequestError 400 for a text that Postgres refuses: with a NUL, or with half a character */
function storable<T>(value: T, code: string, whole: string): T {
  const place = oddPlace(value, []);
  if (place === null) return value;
  const field = place.join(".") || whole;
  throw new BadRequestError(400, { code, message: `${field}: has a character that no text may have`, field });
}

/** Where a value that was checked holds such a text; null where it holds none. */
function oddPlace(value: unknown, path: string[]): string[] | null {
  if (typeof value === "string") return value.includes("\0") || !value.isWellFormed() ? path : null;
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const place = oddPlace(inner, [...path, key]);
    if (place !== null) return place;
  }
  return null;
}

/** Validates a caller's input; the refusal names the first wrong field. @throws BadRequestError 400 */
export function check<T>(schema: z.ZodType<T>, value: unknown, code = "INVALID_BODY", whole = "body"): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return storable(parsed.data, code, whole);
  const [issue] = parsed.error.issues;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape).join(", ") : "";
  const hint = known === "" ? {} : { hint: `There is ${known}` };
  if (issue?.code === "unrecognized_keys") {
    const [field = whole] = issue.keys;
    throw new BadRequestError(400, { code, message: `${field} is not known here`, field, ...hint });
  }
  const field = issue?.path.join(".") || whole;
  throw new BadRequestError(400, { code, message: `${field}: ${issue?.message ?? "wrong"}`, field, ...hint });
}

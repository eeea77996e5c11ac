import { z } from "zod";
import { BadRequestError } from "./http.ts";

/** What a caller gave, checked; the refusal names the first field that is wrong. @throws BadRequestError 400 */
export function check<T>(schema: z.ZodType<T>, value: unknown, code = "INVALID_BODY", whole = "body"): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
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

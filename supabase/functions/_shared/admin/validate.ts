import { z } from "zod";
import { check } from "../platform/check.ts";
import { BadRequestError } from "../platform/http.ts";
import type { EventStatus } from "./answers.ts";
import type { AdminCall } from "./router.ts";

/** Parameters of every list: where the page before ended, and how many to a page. */
export const listParameters = {
  after: z.string().max(80).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

const moment = z.iso.datetime({ offset: true });

/** Filters of every list that grows: a span of time, and a text (a number, a company, a name, an id, a code). */
export const filterParameters = {
  from: moment.optional(),
  to: moment.optional(),
  text: z.string().trim().min(2).max(100).optional(),
};

/** A cursor that is one number, as the SQL function that made it wants it back. */
export const numberCursor = z.string().regex(/^\d{1,18}$/).transform(Number).optional();
/** A cursor of a moment in microseconds and the id of a row. */
export const momentCursor = z.string().regex(/^\d{1,17}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .optional();

/** A moment that is still to come. */
export const futureMoment = moment
  .refine((moment) => Date.parse(moment) > Date.now(), { error: "is over already" });

export const eventStatuses = [
  "received",
  "applied",
  "nothing_new",
  "put_back",
  "conflict",
  "question",
  "gone",
  "unmapped",
  "ignored",
  "failed",
] as const satisfies readonly EventStatus[];

/** Of a route that takes none. */
export const noArguments = z.strictObject({});

/** What rings a step says why: pg_cron "sweep" or "schedule", the step before "spent" or "next". */
export const ringArguments = z.strictObject({ reason: z.string().max(50).optional() });

/** The call's body, checked; an address carries nothing. @throws BadRequestError 400 naming the field */
export function bodyOf<T>({ body, query }: AdminCall, schema: z.ZodType<T>): T {
  check(noArguments, Object.fromEntries(query), "INVALID_QUERY", "query");
  return check(schema, body, "INVALID_BODY", "body");
}

/** The call's query parameters, checked; each may be given once. @throws BadRequestError 400 naming the parameter */
export function queryOf<T>({ query }: AdminCall, schema: z.ZodType<T>): T {
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new BadRequestError(400, {
      code: "INVALID_QUERY",
      message: `${twice} is given more than once`,
      field: twice,
    });
  }
  return check(schema, Object.fromEntries(query), "INVALID_QUERY", "query");
}

/** @throws BadRequestError 404 */
export function notFound(message: string, field: string): never {
  throw new BadRequestError(404, { code: "NOT_FOUND", message, field });
}

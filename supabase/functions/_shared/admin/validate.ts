import { z } from "zod";
import { check } from "../platform/check.ts";
import { DAY } from "../platform/duration.ts";
import { BadRequestError } from "../platform/http.ts";
import type { EventStatus } from "./answers.ts";
import type { AdminCall } from "./router.ts";

/** Parameters of every list: where the page before ended, and how many to a page. */
export const listParameters = {
  after: z.string().max(80).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** Postgres knows no year 0 and no offset of 16 hours; what it refuses would be answered as a fault of ours. */
const isKnownMoment = (text: string) =>
  Number(text.slice(0, 4)) >= 1970 && Number(/[+-](\d\d):\d\d$/.exec(text)?.[1] ?? 0) < 16;
const unknownMoment = { error: "is no moment since 1970 with an offset of less than 16 hours" };

export const knownMoment = z.iso.datetime({ offset: true }).refine(isKnownMoment, unknownMoment);
/** A calendar date, as the business counts it. */
export const knownDate = z.iso.date().refine(isKnownMoment, unknownMoment);

/** Filters of every list that grows: a span of time, and a text (a number, a company, a name, an id, a code). */
export const filterParameters = {
  from: knownMoment.optional(),
  to: knownMoment.optional(),
  text: z.string().trim().min(2).max(100).optional(),
};

/** A cursor that is one number, as the SQL function that made it wants it back. */
export const numberCursor = z.string().regex(/^\d{1,18}$/).transform(Number).optional();
/** A cursor of a moment in microseconds and the id of a row. */
export const momentCursor = z.string().regex(/^\d{1,17}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .optional();

const longestWaitMs = 10 * 366 * DAY;

/** A moment that is still to come. A pause counts its seconds in 32 bits, which are over in 68 years. */
export const futureMoment = knownMoment
  .refine((moment) => Date.parse(moment) > Date.now(), { error: "is over already" })
  .refine((moment) => Date.parse(moment) < Date.now() + longestWaitMs, { error: "is over ten years away" });

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

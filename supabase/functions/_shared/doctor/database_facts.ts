import { z } from "zod";
import { isRecord } from "../platform/is_record.ts";
import { type Fact, factOf, known, unasked, type Unreadable } from "./fact.ts";

const parts = {
  extensions: z.object({ pg_net: z.boolean(), pg_cron: z.boolean(), vault: z.boolean() }),
  vault: z.object({
    project_url: z.string().nullable(),
    key_form: z.enum(["secret key", "other"]).nullable(),
    key_digest: z.string().nullable(),
  }).nullable(),
  jobs: z.array(z.object({
    name: z.string(),
    state: z.enum(["on", "off", "missing", "changed"]),
    command: z.string(),
    late_after_minutes: z.number(),
    /** Scheduled by minutes, because this pg_cron (before 1.5) knows no seconds. */
    is_slow: z.boolean().nullable(),
    last_status: z.string().nullable(),
    last_at: z.string().nullable(),
    scheduled_at: z.string().nullable(),
  })).nullable(),
  calls: z.object({
    /** pg_net's, other callers' requests included. */
    queue: z.number(),
    functions: z.array(z.object({
      function: z.string(),
      due: z.number(),
      answered: z.number(),
      newest: z.enum([
        "answered",
        "refused",
        "missing",
        "failed",
        "timed_out",
        "unreachable",
        "queued",
        "silent",
      ]).nullable(),
    })),
  }).nullable(),
  migrations: z.array(z.string()).nullable(),
  triggers: z.array(
    z.object({ table: z.string(), name: z.string(), state: z.enum(["on", "off", "missing"]) }),
  ),
  pause: z.object({
    until: z.string().nullable(),
    code: z.string().nullable(),
    message: z.string().nullable(),
  }).nullable(),
  queue: z.object({
    waiting: z.number(),
    dead: z.number(),
    oldest_seconds: z.number(),
    /** Changes of the compliance lane that have waited for more than 15 minutes, dead letters included. */
    compliance: z.number(),
    unfolded_seconds: z.number(),
    /** Which lanes the day's credits leave open: 0 compliance only, 1 all but backfill, 2 all. */
    open_lane: z.number().default(2),
  }),
  questions: z.object({ open: z.number(), oldest_hours: z.number() }),
  admins: z.object({ active: z.number(), write_own_row: z.boolean() }),
};
type Parts = typeof parts;

/** What Postgres said of itself, part by part; `answer` is whether it said anything. */
export type DatabaseFacts = { answer: Fact<true> } & { [Name in keyof Parts]: Fact<z.infer<Parts[Name]>> };

/** Takes the answer of zoho_doctor apart: a part of another form is unreadable by itself. Pure. */
export async function databaseFacts(ask: () => Promise<unknown>, explain: (e: unknown) => Unreadable) {
  const answer = await factOf(ask, explain);
  const told = answer.is === "known" && isRecord(answer.value) ? answer.value : {};
  const read = <T>(name: keyof Parts, schema: z.ZodType<T>): Fact<T> =>
    answer.is === "known" ? partOf(schema, told[name]) : unasked;
  const facts: DatabaseFacts = {
    answer: answer.is === "known" ? known(true) : answer,
    extensions: read("extensions", parts.extensions),
    vault: read("vault", parts.vault),
    jobs: read("jobs", parts.jobs),
    calls: read("calls", parts.calls),
    migrations: read("migrations", parts.migrations),
    triggers: read("triggers", parts.triggers),
    pause: read("pause", parts.pause),
    queue: read("queue", parts.queue),
    questions: read("questions", parts.questions),
    admins: read("admins", parts.admins),
  };
  return facts;
}

function partOf<T>(schema: z.ZodType<T>, told: unknown): Fact<T> {
  if (isRecord(told) && typeof told.unreadable === "string") {
    return { is: "unreadable", code: told.unreadable, message: "Postgres could not read it" };
  }
  const parsed = schema.safeParse(isRecord(told) ? told.value ?? null : undefined);
  if (parsed.success) return known(parsed.data);
  return {
    is: "unreadable",
    code: "OTHER_FORM",
    finding: "DATABASE_OLD",
    message: "the database answers in another form than these functions read",
    advice: "supabase db push --remote --yes",
    docs: "docs/upgrade.md",
  };
}

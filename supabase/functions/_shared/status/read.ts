import { z } from "zod";
import { readIdentity } from "../identity/identity.ts";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { Settings } from "../platform/engine_settings.ts";
import { deployment, isAnyoneNotified } from "../platform/settings.ts";
import type { StatusAnswer } from "./answer.ts";
import { forecastCredits } from "./forecast.ts";
import { health } from "./health.ts";
import type { StatusFacts } from "./health_rules.ts";

const moment = z.string().nullable();
const lane = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const open = z.object({ open: z.number() });

const channels = z.array(
  z.object({ channelId: z.string(), module: z.string(), expiresAt: moment, checkedAt: z.string() }),
);

/** What zoho_admin_status answers. */
const reads = z.object({
  at: z.string(),
  queue: z.object({
    counts: z.array(z.object({
      lane,
      status: z.enum(["pending", "in_flight", "dead"]),
      count: z.number(),
      oldestAt: z.string(),
      ageSeconds: z.number(),
    })),
    waiting: z.number(),
    noted: z.number().default(0),
    dead: z.number(),
    held: z.number(),
    oldestUnsentAt: moment,
    oldestUnsentSeconds: z.number().nullable(),
  }),
  paused: z.object({
    code: z.string(),
    message: z.string(),
    until: moment,
    byHand: z.boolean(),
    by: z.string().nullable(),
    byName: z.string().nullable(),
    since: moment,
  }).nullable(),
  resting: z.array(z.object({
    module: z.string(),
    code: z.string(),
    message: z.string(),
    since: z.string(),
    until: z.string(),
  })).default([]),
  isDraining: z.boolean(),
  lastDrainAt: moment,
  lastHeardAt: moment,
  lastWriteAt: moment,
  events: z.object({ open: z.number(), failed: z.number(), refusals24h: z.number() }),
  notices: open,
  questions: open.extend({ oldestAt: moment.default(null) }).default({ open: 0, oldestAt: null }),
  unknownWrites: open.default({ open: 0 }),
  accountQuestions: open.default({ open: 0 }),
  fieldProblems: open.default({ open: 0 }),
  day: z.object({
    hours: z.array(z.object({
      hour: z.string(),
      succeeded: z.number(),
      failed: z.number(),
      settled: z.number(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
    })),
    succeeded: z.number(),
    failed: z.number(),
    settled: z.number(),
    successRate: z.number().nullable(),
    p50Ms: z.number().nullable(),
    p95Ms: z.number().nullable(),
  }),
  credits: z.object({
    budget: z.number(),
    byLane: z.array(z.object({ lane, credits: z.number(), calls: z.number() })),
    quarters: z.array(z.object({ at: z.string(), credits: z.number() })),
  }),
  token: z.object({ expiresAt: moment, refreshedAt: moment, errorCode: moment, errorAt: moment }).nullable(),
  channels,
  lastReconcile: z.object({
    id: z.string(),
    status: z.string(),
    startedAt: z.string(),
    finishedAt: moment,
    compared: z.number().nullable(),
    differences: z.number().nullable(),
  }).nullable().default(null),
  alerts: z.object({ on: z.array(z.string()), lastCheckedAt: moment, isStored: z.boolean() }),
  migration: z.string().nullable(),
});

/** The full status, with the health derived from it. @throws DatabaseError */
export async function readStatus(
  db: ServiceClient,
  settings: Settings,
): Promise<StatusAnswer> {
  const [answered, { orgCredentials: _, ...identity }] = await Promise.all([
    callFunction(db, "zoho_admin_status", {}),
    readIdentity(db, settings.supabaseUrl),
  ]);
  const { migration, credits: { budget, ...ledger }, ...rest } = reads.parse(answered);
  const used = ledger.byLane.reduce((total, { credits }) => total + credits, 0);
  const facts: StatusFacts = {
    ...rest,
    alerts: {
      on: rest.alerts.on,
      lastCheckedAt: rest.alerts.lastCheckedAt,
      isAnyoneNotified: isAnyoneNotified() || rest.alerts.isStored,
    },
    identity,
    timeZone: settings.timeZone,
    zohoUrl: settings.webUrl,
    credits: {
      used,
      budget,
      share: used / budget,
      byLane: ledger.byLane,
      ...forecastCredits(ledger.quarters, budget, Date.parse(rest.at)),
    },
    versions: { migration, functions: deployment(), zohoApi: settings.apiVersion },
  };
  return { ...facts, health: health(facts) };
}

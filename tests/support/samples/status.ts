import { health } from "../../../supabase/functions/_shared/status/health.ts";
import type { StatusFacts } from "../../../supabase/functions/_shared/status/health_rules.ts";
import type { StatusAnswer } from "../../../supabase/functions/_shared/admin/answers.ts";

/** Ten in the morning of a working day. */
export const statusAt = "2026-11-23T08:00:00+00:00";

/** A moment before it. */
export function ago(minutes: number): string {
  return new Date(Date.parse(statusAt) - minutes * 60_000).toISOString();
}

/** All is well: written and heard a minute ago, one channel, a tenth of the credits. A test breaks one thing. */
export function goodFacts(broken: Partial<StatusFacts> = {}): StatusFacts {
  return {
    at: statusAt,
    timeZone: "Africa/Johannesburg",
    zohoUrl: "https://crm.zoho.eu",
    queue: {
      counts: [],
      waiting: 0,
      noted: 0,
      dead: 0,
      held: 0,
      oldestUnsentAt: null,
      oldestUnsentSeconds: null,
    },
    paused: null,
    resting: [],
    isDraining: false,
    lastDrainAt: ago(1),
    lastHeardAt: ago(1),
    lastWriteAt: ago(1),
    events: { open: 0, failed: 0, refusals24h: 0 },
    notices: { open: 0 },
    questions: { open: 0, oldestAt: null },
    unknownWrites: { open: 0 },
    accountQuestions: { open: 0 },
    fieldProblems: { open: 0 },
    day: {
      hours: [{ hour: ago(60), succeeded: 10, failed: 0, settled: 10, p50Ms: 900, p95Ms: 1500 }],
      succeeded: 10,
      failed: 0,
      settled: 10,
      successRate: 1,
      p50Ms: 900,
      p95Ms: 1500,
    },
    credits: {
      used: 5_000,
      budget: 50_000,
      share: 0.1,
      byLane: [{ lane: 0, credits: 5_000, calls: 4_000 }],
      perHour: 200,
      forecast: { dayTotal: 4_800, budgetReachedAt: null },
    },
    token: { expiresAt: ago(-30), refreshedAt: ago(30), errorCode: null, errorAt: null },
    channels: [{ channelId: "4142001", module: "Deals", expiresAt: ago(-5 * 24 * 60), checkedAt: ago(60) }],
    lastReconcile: {
      id: "1",
      status: "finished",
      startedAt: ago(300),
      finishedAt: ago(290),
      compared: 1000,
      differences: 0,
    },
    alerts: { on: [], lastCheckedAt: ago(1), isAnyoneNotified: true },
    identity: {
      projectHost: "circletel.supabase.co",
      askedBy: "circletel.supabase.co",
      isOwn: true,
      pinnedAt: "2026-11-01T08:00:00+00:00",
      orgId: "700000001",
      epoch: 123_456,
      channelId: "414200100000001",
      observingSince: null,
    },
    versions: { migration: "20261127000000", functions: null, zohoApi: "v8" },
    ...broken,
  };
}

export function goodStatus(broken: Partial<StatusFacts> = {}): StatusAnswer {
  const facts = goodFacts(broken);
  return { ...facts, health: health(facts) };
}

export const queueOf = (broken: Partial<StatusFacts["queue"]>): Partial<StatusFacts> => ({
  queue: { ...goodFacts().queue, ...broken },
});

export const pausedBy = (code: string, until: string | null, byHand = false): Partial<StatusFacts> => ({
  paused: { code, message: "…", until, byHand, by: null, byName: null, since: null },
});

export const creditsOf = (share: number): Partial<StatusFacts> => ({
  credits: { ...goodFacts().credits, used: Math.round(50_000 * share), share },
});

const [channel] = goodFacts().channels;
export const expiredChannel: Partial<StatusFacts> = {
  channels: channel ? [{ ...channel, expiresAt: ago(1) }] : [],
};

/** We wrote an hour ago, and the last word of Zoho is older than that by hours. */
export const silentChannel: Partial<StatusFacts> = { lastHeardAt: ago(6 * 60), lastWriteAt: ago(60) };

export const driftOf = (differences: number): Partial<StatusFacts> => {
  const { lastReconcile } = goodFacts();
  return { lastReconcile: lastReconcile && { ...lastReconcile, differences } };
};

export function identityOf(changed: Partial<StatusFacts["identity"]>): Partial<StatusFacts> {
  return { identity: { ...goodFacts().identity, ...changed } };
}

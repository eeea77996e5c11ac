import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { health } from "../../supabase/functions/_shared/status/health.ts";
import type { StatusFacts } from "../../supabase/functions/_shared/status/health_rules.ts";
import {
  ago,
  creditsOf,
  driftOf,
  expiredChannel,
  goodFacts,
  identityOf,
  pausedBy,
  queueOf,
  silentChannel,
} from "../support/samples/status.ts";

// One sentence for a reader who does not know the code: from a good status, one thing broken.

interface Case {
  what: string;
  broken: Partial<StatusFacts>;
  /** Of the reason; null when there is none. */
  reason: [code: string, level: string] | null;
  says?: string;
}

const CASES: Case[] = [
  { what: "nothing wrong", broken: {}, reason: null, says: "Everything is in Zoho." },
  {
    what: "nothing wrong before both sides were ever compared",
    broken: { lastReconcile: null },
    reason: null,
    says: "Every change has been sent to Zoho.",
  },
  {
    what: "changes on their way",
    broken: queueOf({ waiting: 1200, oldestUnsentSeconds: 4 }),
    reason: null,
    says: "1,200 changes are on the way to Zoho.",
  },
  {
    what: "only what a person holds",
    broken: queueOf({ waiting: 2, held: 1 }),
    reason: null,
    says: "2 changes wait to be sent; 1 record is held by a person.",
  },
  {
    what: "one on its way",
    broken: queueOf({ waiting: 1 }),
    reason: null,
    says: "1 change is on the way to Zoho.",
  },
  { what: "a change five minutes old", broken: queueOf({ oldestUnsentSeconds: 300 }), reason: null },
  {
    what: "a change over five minutes old",
    broken: queueOf({ oldestUnsentSeconds: 301 }),
    reason: ["LATE_CHANGES", "attention"],
    says: "5 minutes",
  },
  {
    what: "a module that rests",
    broken: {
      resting: [{ module: "Products", code: "INVALID_MODULE", message: "…", since: ago(5), until: ago(-5) }],
    },
    reason: ["MODULE_RESTS", "trouble"],
    says: "Products (INVALID_MODULE)",
  },
  {
    what: "a change hours old",
    broken: queueOf({ oldestUnsentSeconds: 3 * 3600 }),
    reason: ["LATE_CHANGES", "trouble"],
    says: "3 hours",
  },
  {
    what: "a change days old",
    broken: queueOf({ oldestUnsentSeconds: 3 * 86_400 }),
    reason: ["LATE_CHANGES", "trouble"],
    says: "3 days",
  },
  {
    what: "a dead letter",
    broken: queueOf({ dead: 1 }),
    reason: ["DEAD_LETTERS", "trouble"],
    says: "1 change needs",
  },
  { what: "a refused token", broken: pausedBy("TOKEN_REFUSED", null), reason: ["TOKEN_REFUSED", "trouble"] },
  {
    what: "an unreadable token",
    broken: pausedBy("SECRET_UNREADABLE", null),
    reason: ["TOKEN_REFUSED", "trouble"],
  },
  {
    what: "a pause that waits for a person",
    broken: pausedBy("NO_PERMISSION", null),
    reason: ["PAUSED", "trouble"],
  },
  {
    what: "a short pause",
    broken: pausedBy("HTTP_503", ago(-1)),
    reason: ["PAUSED", "attention"],
    says: "by itself",
  },
  {
    what: "a pause by hand",
    broken: pausedBy("PAUSED_BY_HAND", null, true),
    reason: ["PAUSED_BY_HAND", "attention"],
  },
  { what: "79 % of the credits", broken: creditsOf(0.79), reason: null },
  { what: "80 % of the credits", broken: creditsOf(0.8), reason: ["CREDITS_LOW", "attention"], says: "80 %" },
  { what: "95 % of the credits", broken: creditsOf(0.95), reason: ["CREDITS_SPENT", "trouble"] },
  { what: "a channel that ran out", broken: expiredChannel, reason: ["CHANNEL_EXPIRED", "trouble"] },
  { what: "a channel that is silent", broken: silentChannel, reason: ["CHANNEL_SILENT", "attention"] },
  { what: "no channel at all", broken: { ...silentChannel, channels: [] }, reason: null },
  {
    what: "a quiet weekend",
    broken: { lastHeardAt: ago(3000), lastWriteAt: ago(3001), day: { ...goodFacts().day, hours: [] } },
    reason: null,
  },
  {
    what: "failed events",
    broken: { events: { open: 0, failed: 2, refusals24h: 0 } },
    reason: ["FAILED_EVENTS", "attention"],
  },
  { what: "a notice", broken: { notices: { open: 1 } }, reason: ["NOTICES", "attention"] },
  {
    what: "records that carry writes of before a restore",
    broken: { questions: { open: 3, oldestAt: ago(60) }, unknownWrites: { open: 3 } },
    reason: ["FORGOTTEN_WRITES", "attention"],
    says: "3 records disagree with CircleTel: say once for all of them which side is right.",
  },
  {
    what: "a question",
    broken: { questions: { open: 1, oldestAt: ago(60) } },
    reason: ["QUESTIONS", "attention"],
    says: "1 question waits for a person's decision.",
  },
  {
    what: "functions of another project",
    broken: identityOf({ isOwn: false, askedBy: "staging.supabase.co" }),
    reason: ["NOT_THIS_PROJECT", "trouble"],
    says: "This database belongs to circletel.supabase.co and this page to staging.supabase.co",
  },
  {
    what: "credentials of another org",
    broken: pausedBy("WRONG_ORG", null),
    reason: ["WRONG_ORG", "trouble"],
  },
  {
    what: "observing, with changes that wait",
    broken: {
      ...identityOf({ observingSince: ago(600) }),
      ...queueOf({ waiting: 3, oldestUnsentSeconds: 36_000 }),
    },
    reason: ["OBSERVING", "attention"],
    says: "writes nothing",
  },
  {
    what: "unknown writes",
    broken: pausedBy("UNKNOWN_WRITES", null),
    reason: ["UNKNOWN_WRITES", "trouble"],
    says: "nothing is sent until a person resumes it",
  },
  {
    what: "a question",
    broken: { accountQuestions: { open: 1 } },
    reason: ["ACCOUNT_QUESTIONS", "attention"],
  },
  {
    what: "a field problem",
    broken: { fieldProblems: { open: 1 } },
    reason: ["FIELD_PROBLEMS", "attention"],
  },
  { what: "drift", broken: driftOf(3), reason: ["DRIFT", "attention"], says: "3 differences" },
  {
    what: "a schedule that stopped",
    broken: { alerts: { on: [], lastCheckedAt: ago(6), isAnyoneNotified: true } },
    reason: ["ALERTS_SILENT", "trouble"],
  },
  {
    what: "a check that never ran",
    broken: { alerts: { on: [], lastCheckedAt: null, isAnyoneNotified: true } },
    reason: null,
  },
];

for (const { what, broken, reason, says } of CASES) {
  Deno.test(`${what}: ${reason ? reason.join(", ") : "good"}`, () => {
    const { level, sentence, reasons } = health(goodFacts(broken));
    assertEquals(reasons.map((each) => [each.code, each.level]), reason ? [reason] : []);
    assertEquals(level, reason?.[1] ?? "good");
    if (says) assertStringIncludes(sentence, says);
    assert(sentence.endsWith("."));
  });
}

Deno.test("the worst of several reasons is shown, and the others are counted", () => {
  const { level, sentence, reasons } = health(
    goodFacts({ notices: { open: 2 }, ...queueOf({ dead: 3 }), ...creditsOf(0.9) }),
  );
  assertEquals([level, reasons.length], ["trouble", 3]);
  assertEquals(sentence, "3 changes need attention: retries will not fix them. And 2 things more.");
});

Deno.test("a silent channel is noticed after hours of uninterrupted writing", () => {
  const day = {
    ...goodFacts().day,
    hours: [{ hour: ago(120), succeeded: 50, failed: 0, settled: 50, p50Ms: 1, p95Ms: 1 }],
  };
  const { reasons } = health(goodFacts({ lastHeardAt: ago(300), lastWriteAt: ago(0), day }));
  assertEquals(reasons.map(({ code }) => code), ["CHANNEL_SILENT"]);
});

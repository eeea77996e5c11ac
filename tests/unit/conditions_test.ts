import { assert, assertEquals } from "@std/assert";
import { alertNames, conditions } from "../../supabase/functions/_shared/alerts/conditions.ts";
import type { StatusFacts } from "../../supabase/functions/_shared/status/health_rules.ts";
import {
  ago,
  creditsOf,
  driftOf,
  expiredChannel,
  goodFacts,
  goodStatus,
  identityOf,
  pausedBy,
  queueOf,
  silentChannel,
} from "../support/samples/status.ts";

// Which alerts are on is a function of the status alone: from a good one, one thing broken turns one alert on.

const on = (broken: Partial<StatusFacts>, hours = 4) =>
  conditions(goodStatus(broken), hours).filter(({ detail }) => detail !== null).map(({ name }) => name);

const wasOn = (name: string, broken: Partial<StatusFacts>): Partial<StatusFacts> => ({
  ...broken,
  alerts: { on: [name], lastCheckedAt: ago(1), isAnyoneNotified: true },
});

const CASES: { what: string; broken: Partial<StatusFacts>; alert: string | null }[] = [
  { what: "nothing wrong", broken: {}, alert: null },
  { what: "a change 5 minutes old", broken: queueOf({ oldestUnsentSeconds: 300 }), alert: null },
  {
    what: "a change over 5 minutes old",
    broken: queueOf({ oldestUnsentSeconds: 301 }),
    alert: "oldest_unsent",
  },
  {
    what: "a late change that was reported, two minutes old",
    broken: wasOn("oldest_unsent", queueOf({ oldestUnsentSeconds: 120 })),
    alert: "oldest_unsent",
  },
  {
    what: "the same at one minute",
    broken: wasOn("oldest_unsent", queueOf({ oldestUnsentSeconds: 60 })),
    alert: null,
  },
  { what: "functions of another project", broken: identityOf({ isOwn: false }), alert: "not_this_project" },
  {
    what: "a change that waits while the sync observes",
    broken: { ...identityOf({ observingSince: ago(60) }), ...queueOf({ oldestUnsentSeconds: 3000 }) },
    alert: null,
  },
  { what: "a dead letter", broken: queueOf({ dead: 1 }), alert: "dead_letters" },
  { what: "a pause of a moment", broken: pausedBy("HTTP_503", ago(-1)), alert: null },
  { what: "a pause that grows", broken: pausedBy("HTTP_503", ago(-4)), alert: "paused" },
  {
    what: "the last minute of a pause that was reported",
    broken: wasOn("paused", pausedBy("HTTP_503", ago(-1))),
    alert: "paused",
  },
  { what: "a reported pause that has ended", broken: wasOn("paused", {}), alert: null },
  { what: "a pause without an end", broken: pausedBy("NO_PERMISSION", null), alert: "paused" },
  { what: "a pause by hand", broken: pausedBy("PAUSED_BY_HAND", null, true), alert: "paused" },
  { what: "a token that is refused", broken: pausedBy("TOKEN_REFUSED", null), alert: "token_refused" },
  {
    what: "a token that was refused to the refresh alone",
    broken: {
      token: { expiresAt: ago(-3), refreshedAt: ago(1), errorCode: "TOKEN_REFUSED", errorAt: ago(1) },
    },
    alert: "token_refused",
  },
  { what: "a channel that ran out", broken: expiredChannel, alert: "channel_silent" },
  { what: "a channel that says nothing", broken: silentChannel, alert: "channel_silent" },
  { what: "79 % of the credits", broken: creditsOf(0.79), alert: null },
  { what: "80 % of the credits", broken: creditsOf(0.8), alert: "credits" },
  { what: "76 % after it was reported", broken: wasOn("credits", creditsOf(0.76)), alert: "credits" },
  { what: "74 % after it was reported", broken: wasOn("credits", creditsOf(0.74)), alert: null },
  { what: "drift", broken: driftOf(1), alert: "drift" },
  { what: "no comparison yet", broken: { lastReconcile: null }, alert: null },
  { what: "a question", broken: { questions: { open: 1, oldestAt: ago(60) } }, alert: "questions" },
  {
    what: "an account question of three days",
    broken: { questions: { open: 0, oldestAt: ago(3 * 24 * 60) } },
    alert: "old_questions",
  },
  {
    what: "a KYC result that is sent in time",
    broken: queueOf({
      counts: [{ lane: 0, status: "pending", count: 1, oldestAt: ago(14), ageSeconds: 840 }],
    }),
    alert: null,
  },
  {
    what: "a KYC result that is a dead letter for an hour",
    broken: queueOf({ counts: [{ lane: 0, status: "dead", count: 2, oldestAt: ago(60), ageSeconds: 3600 }] }),
    alert: "unsent_compliance",
  },
  {
    what: "an edit of another kind that is as old",
    broken: queueOf({ counts: [{ lane: 1, status: "dead", count: 2, oldestAt: ago(60), ageSeconds: 3600 }] }),
    alert: null,
  },
  { what: "an account question", broken: { accountQuestions: { open: 2 } }, alert: "account_questions" },
  { what: "a field that is missing", broken: { fieldProblems: { open: 1 } }, alert: "field_problems" },
  {
    what: "a check that had stopped",
    broken: { alerts: { on: [], lastCheckedAt: ago(20), isAnyoneNotified: true } },
    alert: "alerts_silent",
  },
];

for (const { what, broken, alert } of CASES) {
  Deno.test(`${what}: ${alert ?? "no alert"}`, () => assertEquals(on(broken), alert ? [alert] : []));
}

Deno.test("every alert is turned on by one of these cases", () => {
  const seen = new Set(CASES.map(({ alert }) => alert));
  assertEquals(alertNames.filter((name) => !seen.has(name)), []);
});

Deno.test("the longest silence allowed is a setting", () => {
  assertEquals(on(silentChannel, 5), ["channel_silent"]);
  assertEquals(on(silentChannel, 7), []);
});

Deno.test("a pause's own text does not leave the project", () => {
  const paused = {
    code: "HTTP_4XX",
    message: "thandi@example.co.za was refused",
    until: null,
    byHand: false,
    by: null,
    byName: null,
    since: null,
  };
  const [found] = conditions(goodStatus({ paused }), 4).filter(({ detail }) => detail !== null);
  assertEquals(found?.detail, "HTTP_4XX, until a person resumes it");
  assert(goodFacts().paused === null);
});

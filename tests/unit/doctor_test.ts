import { assert, assertEquals, assertMatch } from "@std/assert";
import { doctor } from "../../cli/doctor.ts";
import { checkDatabase, databaseFacts } from "../../supabase/functions/_shared/doctor/database.ts";
import { checkZoho } from "../../supabase/functions/_shared/doctor/zoho.ts";
import { checkFunctions } from "../../supabase/functions/_shared/doctor/functions.ts";
import { FieldStore } from "../../supabase/functions/_shared/fields/store.ts";
import type { ZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";

// A project that is well has no check that fails; with one thing broken exactly that check speaks, and says how to mend it.

const url = "https://x.supabase.co";
const jobs = [
  "zoho-sync-sweep",
  "zoho-token-refresh",
  "zoho-alerts-check",
  "zoho-backfill-sweep",
  "zoho-reconcile-sweep",
  "zoho-reconcile-changes",
  "zoho-admin-hours",
  "zoho-channels-renew",
  "zoho-reconcile-all",
  "zoho-sync-purge",
].map((name) => ({
  name,
  state: "on",
  late_after_minutes: 5,
  is_slow: false,
  last_status: "succeeded",
  last_at: "2026-11-23T07:59:40Z",
}));

const good = {
  extensions: { pg_net: true, pg_cron: true, vault: true },
  vault: { project_url: url, zoho_sync_key: "secret key" },
  jobs,
  calls: { answered: 20, refused: 0, missing: 0, unreachable: 0, newest: 202 },
  migrations: ["20251103000000"],
  triggers: [{ table: "contracts", name: "zoho_sync_update", state: "on" }],
  now: "2026-11-23T08:00:00Z",
  paused: null,
  queue: { waiting: 3, dead: 0, oldest_seconds: 4 },
};

/** The checks that are not well, as "level name". */
function notWell(change: Record<string, unknown>): string[] {
  const checks = checkDatabase(databaseFacts.parse({ ...good, ...change }), url);
  for (const { level, mend, docs } of checks) {
    if (level !== "ok") assert(mend && docs, "a finding without a way to mend it");
  }
  return checks.filter(({ level }) => level !== "ok").map(({ level, name }) => `${level} ${name}`);
}

const withJob = (name: string, change: Record<string, unknown>) => ({
  jobs: jobs.map((job) => job.name === name ? { ...job, ...change } : job),
});

const broken: [string, Record<string, unknown>, string[]][] = [
  ["a project that is well", {}, []],
  ["an extension that is off", { extensions: { ...good.extensions, pg_net: false } }, [
    "fail extension pg_net",
  ]],
  ["no project_url in Vault", { vault: { zoho_sync_key: "secret key" } }, ["fail Vault project_url"]],
  [
    "another project's address in Vault",
    { vault: { ...good.vault, project_url: "https://y.supabase.co" } },
    ["fail Vault project_url"],
  ],
  ["no key in Vault", { vault: { project_url: url } }, ["fail Vault zoho_sync_key"]],
  ["an old JWT as the key in Vault", { vault: { ...good.vault, zoho_sync_key: "other" } }, [
    "fail Vault zoho_sync_key",
  ]],
  ["a slash at the end of project_url", { vault: { ...good.vault, project_url: `${url}/` } }, []],
  ["a job that is not scheduled", withJob("zoho-sync-sweep", { state: "missing" }), [
    "fail cron zoho-sync-sweep",
  ]],
  ["a job that is switched off", withJob("zoho-token-refresh", { state: "off" }), [
    "fail cron zoho-token-refresh",
  ]],
  ["a job that failed", withJob("zoho-backfill-sweep", { last_status: "failed" }), [
    "fail cron zoho-backfill-sweep",
  ]],
  ["a job that has not run for long", withJob("zoho-sync-sweep", { last_at: "2026-11-23T07:00:00Z" }), [
    "warn cron zoho-sync-sweep",
  ]],
  ["a job that is new", withJob("zoho-reconcile-all", { last_at: null, last_status: null }), []],
  ["a key that the functions refuse", { calls: { answered: 0, refused: 9, newest: 401 } }, ["fail doorbell"]],
  ["a key that was refused and is right by now", { calls: { answered: 1, refused: 9, newest: 202 } }, []],
  ["a function that is not deployed", { calls: { answered: 0, missing: 2, newest: 404 } }, ["fail doorbell"]],
  ["an address that Postgres cannot reach", { calls: { answered: 0, unreachable: 4, newest: null } }, [
    "fail doorbell",
  ]],
  ["a trigger that is off", { triggers: [{ ...good.triggers[0], state: "off" }] }, ["fail triggers"]],
  ["a trigger that is gone", { triggers: [{ ...good.triggers[0], state: "missing" }] }, ["fail triggers"]],
  ["a pause by Zoho's doing", { paused: { until: null, code: "TOKEN_REFUSED", message: "m" } }, [
    "fail queue",
  ]],
  ["a pause by an operator", { paused: { until: null, code: "PAUSED_BY_HAND", message: "m" } }, [
    "warn queue",
  ]],
  ["a change that is due for six minutes", { queue: { ...good.queue, oldest_seconds: 360 } }, [
    "warn oldest unsent change",
  ]],
  ["a change that is due for an hour", { queue: { ...good.queue, oldest_seconds: 3600 } }, [
    "fail oldest unsent change",
  ]],
  ["a dead letter", { queue: { ...good.queue, dead: 1 } }, ["warn dead letters"]],
];

for (const [what, change, expected] of broken) {
  Deno.test(`of ${what} the doctor says: ${expected.join(", ") || "nothing"}`, () =>
    assertEquals(notWell(change), expected));
}

const nobody = {} as ZohoClient;
const now = Date.parse("2026-11-23T08:00:00Z");

/** Checks of a Zoho that says it is this time, to somebody without a token. */
async function atTime(date: string | null) {
  const zoho: ZohoClient = {
    ...nobody,
    ready: () =>
      Promise.reject(new ZohoTokenError("TOKEN_REFUSED", "Zoho refused the refresh token: invalid_code")),
  };
  return await checkZoho({
    zoho,
    fields: new FieldStore({} as never, {}, () => {}),
    accountsUrl: "https://accounts.zoho.eu",
    channelId: "414200100000001",
    notificationToken: null,
    fetch: () =>
      date === null
        ? Promise.reject(new TypeError("x"))
        : Promise.resolve(new Response("", { headers: { date } })),
    now: () => now,
  });
}

for (
  const [date, level, found] of [
    ["Mon, 23 Nov 2026 08:00:10 GMT", "ok", "10 s behind"],
    ["Mon, 23 Nov 2026 08:02:00 GMT", "warn", "120 s behind"],
    ["Mon, 23 Nov 2026 07:50:00 GMT", "fail", "600 s ahead of"],
    [null, "fail", "does not answer"],
  ] as const
) {
  Deno.test(`a clock compared with ${date ?? "nothing"} is ${level}`, async () => {
    const clock = (await atTime(date)).find(({ name }) => name === "clock");
    assertEquals(clock?.level, level);
    assertMatch(clock?.found ?? "", new RegExp(found));
  });
}

Deno.test("without a token nothing of Zoho is listed as if it were well", async () => {
  const checks = await atTime("Mon, 23 Nov 2026 08:00:10 GMT");
  assertEquals(checks.map(({ level, name }) => `${level} ${name}`), ["fail token", "ok clock"]);
});

for (const [status, level] of [[401, "ok"], [404, "fail"], [500, "fail"], [200, "fail"]] as const) {
  Deno.test(`a function that answers ${status} to a knock without a key is ${level}`, async () => {
    const checks = await checkFunctions(() => Promise.resolve(new Response("{}", { status })), url);
    assertEquals(new Set(checks.map((check) => check.level)), new Set([level]));
  });
}

/** Exit code and output of the command, of a project that answers like this. */
async function run(answer: () => Response | Promise<Response>, args: string[] = [], local: string[] = []) {
  const printed: string[] = [];
  const env: Record<string, string> = { SUPABASE_URL: url, SUPABASE_SECRET_KEY: "sb_secret_1" };
  const terminal = {
    env: (name: string) => env[name],
    print: (text: string) => printed.push(text),
    fetch: () => Promise.resolve(answer()),
  };
  return {
    exitCode: await doctor(args, terminal, () => Promise.resolve(local)),
    printed: printed.join("\n"),
  };
}

const wellAnswer = () => Response.json({ success: true, checks: [], migrations: ["20251103000000"] });

const outcomes: [string, () => Response | Promise<Response>, string[], number, RegExp][] = [
  ["everything is well", wellAnswer, ["20251103000000"], 0, /2 well, 0 to look at, 0 wrong/],
  [
    "a migration is not applied",
    wellAnswer,
    ["20251103000000", "20261127000000"],
    1,
    /migrations .*1 of 2 .*20261127000000[^]*supabase db push/,
  ],
  ["the database is newer", wellAnswer, ["20241103000000"].slice(1), 0, /newer than this checkout/],
  ["the key is refused", () => new Response("{}", { status: 401 }), [], 1, /✗ *secret key +refused/],
  [
    "zoho-admin is not deployed",
    () => new Response("Not Found", { status: 404 }),
    [],
    1,
    /zoho-admin[^]*functions deploy/,
  ],
  [
    "a variable is missing",
    () =>
      Response.json({ error: { code: "BAD_CONFIGURATION", message: "ZOHO_REGION is not set" } }, {
        status: 500,
      }),
    [],
    1,
    /variables[^]*ZOHO_REGION is not set/,
  ],
  [
    "the database lacks a function",
    () => Response.json({ error: { code: "DATABASE", message: "no" } }, { status: 503 }),
    [],
    1,
    /migrations/,
  ],
  ["the project does not answer", () => Promise.reject(new TypeError("x")), [], 1, /does not answer/],
];

for (const [what, answer, local, exitCode, expected] of outcomes) {
  Deno.test(`when ${what} the command ends with ${exitCode} and says so`, async () => {
    const outcome = await run(answer, [], local);
    assertMatch(outcome.printed, expected);
    assertEquals(outcome.exitCode, exitCode);
  });
}

Deno.test("as JSON it is the checks", async () => {
  const { printed } = await run(wellAnswer, ["--json"], ["20251103000000"]);
  const { success, checks } = JSON.parse(printed);
  assertEquals([success, checks.length], [true, 2]);
});

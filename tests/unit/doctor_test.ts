import { assertEquals, assertMatch } from "@std/assert";
import { runDoctor } from "../../cli/doctor.ts";
import { databaseFacts } from "../../supabase/functions/_shared/doctor/database_facts.ts";
import {
  functionFacts,
  signingKeyFact,
  variableFault,
} from "../../supabase/functions/_shared/doctor/project_facts.ts";
import { explainFault, zohoFacts } from "../../supabase/functions/_shared/doctor/zoho_facts.ts";
import { FieldStore } from "../../supabase/functions/_shared/fields/store.ts";
import { DatabaseError } from "../../supabase/functions/_shared/platform/database.ts";
import { ConfigurationError } from "../../supabase/functions/_shared/platform/environment.ts";
import type { ZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { ZohoCallError, ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { SingleRefresh } from "../../supabase/functions/_shared/zoho/single_refresh.ts";
import type { AccessToken } from "../../supabase/functions/_shared/zoho/token.ts";

// How the doctor looks: each fact by itself, and at most one new token. What it says of facts is in doctor_findings_test.ts.

const url = "https://x.supabase.co";
const nowMs = Date.parse("2026-11-23T08:00:00Z");

Deno.test("an unreadable, malformed or omitted part of the database hides no other part", async () => {
  const facts = await databaseFacts(() =>
    Promise.resolve({
      extensions: { value: { pg_net: true, pg_cron: true, vault: true } },
      vault: { unreadable: "42501" },
      queue: { value: { waiting: "three" } },
      pause: { value: null },
    }), explainFault);
  const told = Object.entries(facts).map(([name, fact]) => [
    name,
    fact.is === "unreadable" ? fact.code : fact.is,
  ]);
  assertEquals(Object.fromEntries(told), {
    answer: "known",
    extensions: "known",
    vault: "42501",
    queue: "OTHER_FORM",
    pause: "known",
    jobs: "OTHER_FORM",
    calls: "OTHER_FORM",
    migrations: "OTHER_FORM",
    triggers: "OTHER_FORM",
    questions: "OTHER_FORM",
    admins: "OTHER_FORM",
  });
});

Deno.test("a database that does not answer is one fact, and its parts are not read", async () => {
  const refused = new DatabaseError("PGRST202", "zoho_doctor", "no such function");
  const { answer, ...parts } = await databaseFacts(() => Promise.reject(refused), explainFault);
  assertEquals([answer.is, new Set(Object.values(parts).map(({ is }) => is))], [
    "unreadable",
    new Set(["unasked"]),
  ]);
});

Deno.test("each function is called without credentials; one that does not answer is unreadable", async () => {
  const facts = await functionFacts((input) => {
    const name = new URL(String(input)).pathname.split("/").at(-1);
    if (name === "zoho-webhook") return Promise.reject(new TypeError("x"));
    return Promise.resolve(new Response("{}", { status: name === "zoho-sync" ? 401 : 503 }));
  }, url);
  assertEquals(facts.map(({ name, status }) => [name, status.is === "known" ? status.value : status.is]), [
    ["zoho-sync", 401],
    ["zoho-token-refresh", 503],
    ["zoho-webhook", "unreadable"],
  ]);
});

Deno.test("the first variable that is wrong is named, and a fault of ours stays a fault", () => {
  const wrong = () => {
    throw new ConfigurationError("ZOHO_ALERT_EMAIL_FROM", "is not set", "Set it.");
  };
  assertEquals(variableFault([() => 1, wrong]), {
    is: "known",
    value: { variable: "ZOHO_ALERT_EMAIL_FROM", problem: "is not set", hint: "Set it." },
  });
  assertEquals(variableFault([() => 1]), { is: "known", value: null });
});

Deno.test("signing keys are compared with those that the Auth server publishes", async () => {
  const published = () => Promise.resolve(Response.json({ keys: [{ kid: "k1" }, { kid: "k2" }] }));
  const fact = await signingKeyFact(published, url, ["k1"]);
  assertEquals(fact, { is: "known", value: { known: ["k1"], published: ["k1", "k2"] } });
  for (const odd of [() => Promise.reject(new TypeError("x")), () => Promise.resolve(Response.json([]))]) {
    assertEquals((await signingKeyFact(odd, url, [])).is, "unreadable");
  }
});

/** Facts of a Zoho with this time, for a caller whose calls end like this. */
async function ofZoho(date: string | null, ready: () => Promise<void>, call: () => Promise<never>) {
  const zoho = { ready, call } as unknown as ZohoClient;
  return await zohoFacts({
    zoho,
    fields: new FieldStore({} as never, {}, () => {}),
    accountsUrl: "https://accounts.zoho.eu",
    channelId: "414200100000001",
    notificationToken: "t",
    fetch: () =>
      date === null
        ? Promise.reject(new TypeError("x"))
        : Promise.resolve(new Response("", { headers: { date } })),
    now: () => nowMs,
  });
}

const noToken = () =>
  Promise.reject(new ZohoTokenError("TOKEN_REFUSED", "Zoho refused the refresh token: invalid_code"));
const refusedCall = () => Promise.reject(new ZohoCallError("INVALID_TOKEN", "m", { status: 401 }));

Deno.test("the doctor without a valid token asks Zoho for nothing but the time", async () => {
  const soon = "Mon, 23 Nov 2026 07:59:50 GMT";
  for (
    const [ready, call, code] of [
      [noToken, refusedCall, "TOKEN_REFUSED"],
      [() => Promise.resolve(), refusedCall, "INVALID_TOKEN"],
    ] as const
  ) {
    const { token, clockAhead, rights, fields, channels } = await ofZoho(soon, ready, call);
    assertEquals(token.is === "unreadable" && token.code, code);
    assertEquals([rights.is, fields.is, channels.is], ["unasked", "unasked", "unasked"]);
    assertEquals(clockAhead, { is: "known", value: 10 });
  }
  assertEquals((await ofZoho(null, noToken, refusedCall)).clockAhead.is, "unreadable");
});

Deno.test("a whole examination costs at most one token refresh, however many calls are refused (I8)", async () => {
  const token = (version: number, isShared: boolean): AccessToken => ({
    value: `t${version}`,
    version,
    expiresAtMs: nowMs,
    apiDomain: null,
    isShared,
  });
  for (const [isShared, asked] of [[true, 2], [false, 1]] as const) {
    let gets = 0;
    const tokens = new SingleRefresh({ get: () => Promise.resolve(token(++gets, isShared && gets === 1)) });
    const first = await Promise.all(Array.from({ length: 30 }, () => tokens.get()));
    const second = await Promise.all(first.map((each) => tokens.get(each)));
    await Promise.all(second.map((each) => tokens.get(each)));
    assertEquals([gets, new Set(second.map(({ version }) => version))], [asked, new Set([asked])]);
  }
});

Deno.test("an unavailable token is requested once", async () => {
  let gets = 0;
  const tokens = new SingleRefresh({
    get: () => {
      gets++;
      return noToken();
    },
  });
  const asked = await Promise.allSettled(Array.from({ length: 30 }, () => tokens.get()));
  assertEquals([gets, new Set(asked.map(({ status }) => status))], [1, new Set(["rejected"])]);
});

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
    exitCode: await runDoctor(args, terminal, () => Promise.resolve(local)),
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
  Deno.test(`the command, when ${what}, exits with ${exitCode} and says so`, async () => {
    const outcome = await run(answer, [], local);
    assertMatch(outcome.printed, expected);
    assertEquals(outcome.exitCode, exitCode);
  });
}

Deno.test("--json prints the checks", async () => {
  const { printed } = await run(wellAnswer, ["--json"], ["20251103000000"]);
  const { success, checks } = JSON.parse(printed);
  assertEquals([success, checks.length], [true, 2]);
});

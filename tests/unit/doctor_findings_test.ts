import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { DatabaseFacts } from "../../supabase/functions/_shared/doctor/database_facts.ts";
import { type Fact, known, unasked, type Unreadable } from "../../supabase/functions/_shared/doctor/fact.ts";
import type { Facts } from "../../supabase/functions/_shared/doctor/facts.ts";
import { findings } from "../../supabase/functions/_shared/doctor/findings.ts";
import { isAct } from "../support/advice.ts";

// A project that is well, and states of the world in which one thing is not: of each, exactly what the doctor says.

const url = "https://x.supabase.co";
const nowMs = Date.parse("2026-11-23T08:00:00Z");
const minutesAgo = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString();

type Known<Name extends keyof DatabaseFacts> = Extract<DatabaseFacts[Name], { is: "known" }>["value"];
type Job = NonNullable<Known<"jobs">>[number];
type Call = NonNullable<Known<"calls">>["functions"][number];

const job = (name: string, change: Partial<Job> = {}): Job => ({
  name,
  state: "on",
  command: "select zoho_sync.sweep()",
  late_after_minutes: 5,
  is_slow: false,
  last_status: "succeeded",
  last_at: minutesAgo(1),
  scheduled_at: minutesAgo(10_000),
  ...change,
});
const rung = (change: Partial<Call> = {}) =>
  known({
    queue: 0,
    functions: [{ function: "zoho-sync", due: 20, answered: 20, newest: "answered" as const, ...change }],
  });
const jobs = (change: Partial<Job> = {}) => known([job("zoho-alerts-check"), job("zoho-sync-sweep", change)]);
const field = (change: Partial<Extract<Facts["fields"], { is: "known" }>["value"][number]>) => ({
  module: "Deals",
  field: "Risk_Tier",
  apiName: "Risk_Tier",
  outcome: "exists" as const,
  note: "",
  action: null,
  required: { type: "text" as const, label: "Risk Tier" },
  found: null,
  missingOptions: [],
  ...change,
} as Extract<Facts["fields"], { is: "known" }>["value"][number]);
const channel = {
  channelId: "1",
  module: "Deals",
  expiresAt: minutesAgo(-6 * 1440),
  notifyUrl: `${url}/functions/v1/zoho-webhook`,
};
const vault = { project_url: url, key_form: "secret key" as const, key_digest: "d1" };
const queue = { waiting: 3, dead: 0, oldest_seconds: 4, compliance: 0, unfolded_seconds: 1, open_lane: 2 };

const wellDatabase: DatabaseFacts = {
  answer: known(true),
  extensions: known({ pg_net: true, pg_cron: true, vault: true }),
  vault: known(vault),
  jobs: jobs(),
  calls: rung(),
  migrations: known(["20251103000000"]),
  triggers: known([
    { table: "contracts", name: "zoho_sync_update", state: "on" },
    { table: "customers", name: "zoho_sync_insert", state: "on" },
  ]),
  pause: known(null),
  queue: known(queue),
  questions: known({ open: 0, oldest_hours: 0 }),
  admins: known({ active: 2, write_own_row: false }),
};
const wellIdentity: Extract<Facts["identity"], { is: "known" }>["value"] = {
  projectHost: "x.supabase.co",
  askedBy: "x.supabase.co",
  isOwn: true,
  pinnedAt: minutesAgo(9_000),
  orgId: "700",
  orgCredentials: "c",
  channelId: "1",
  epoch: 123456,
  observingSince: null,
};
const well: Facts = {
  supabaseUrl: url,
  variables: known(null),
  alertChannels: known(["webhook"]),
  severalValues: [],
  functions: [{ name: "zoho-sync", status: known(401) }],
  signingKeys: known({ known: ["k1"], published: ["k1"] }),
  secretKeyDigests: ["d0", "d1"],
  database: wellDatabase,
  identity: known(wellIdentity),
  orgId: known("700"),
  token: known(true),
  rights: known([{ scope: "ZohoCRM.coql.READ", use: "finding", state: "granted" }]),
  fields: known([field({})]),
  lineItems: [{ module: "Quoted_Items", refusal: known(null) }],
  channels: known([channel]),
  clockAhead: known(2),
  nowMs,
};

const db = (change: Partial<DatabaseFacts>): Facts => ({ ...well, database: { ...wellDatabase, ...change } });
const world = (change: Partial<Facts>): Facts => ({ ...well, ...change });
const away: Unreadable = { is: "unreadable", code: "42501", message: "Postgres could not read it" };

const states: [state: string, facts: Facts, said: string[]][] = [
  ["a project that is well", well, []],

  // The project
  [
    "a variable is missing",
    world({
      variables: known({ variable: "ZOHO_CRM_WEBHOOK_SECRET", problem: "is not set", hint: "Make one." }),
    }),
    ["fail variables"],
  ],
  ["a function is not deployed", world({ functions: [{ name: "zoho-sync", status: known(404) }] }), [
    "fail function zoho-sync",
  ]],
  ["a function starts and fails", world({ functions: [{ name: "zoho-sync", status: known(500) }] }), [
    "fail function zoho-sync",
  ]],
  ["a function lets strangers in", world({ functions: [{ name: "zoho-sync", status: known(200) }] }), [
    "fail function zoho-sync",
  ]],
  [
    "the functions lack the newest signing key",
    world({ signingKeys: known({ known: ["k1"], published: ["k1", "k2"] }) }),
    ["warn sign-in keys"],
  ],
  ["a project on the legacy JWT secret", world({ signingKeys: known({ known: [], published: [] }) }), []],
  [
    "an old signing key is no longer published",
    world({ signingKeys: known({ known: ["k0", "k1"], published: ["k1"] }) }),
    [],
  ],
  ["no alert channel is set", world({ alertChannels: known([]) }), ["warn alerts"]],

  [
    "a rotation is not finished",
    world({ severalValues: ["ZOHO_CRM_WEBHOOK_SECRET"] }),
    ["warn rotation of ZOHO_CRM_WEBHOOK_SECRET"],
  ],

  // Identity
  [
    "a copy of another project's database (I1)",
    world({ identity: known({ ...wellIdentity, projectHost: "y.supabase.co", isOwn: false }) }),
    ["fail identity"],
  ],
  ["credentials of another org (I3)", world({ orgId: known("800") }), ["fail Zoho org"]],
  [
    "a database that no drain has pinned",
    world({ identity: known({ ...wellIdentity, projectHost: null, orgId: null }) }),
    [],
  ],
  [
    "changes wait for hours because the sync observes",
    {
      ...db({ queue: known({ ...queue, oldest_seconds: 9_000, compliance: 3, unfolded_seconds: 9_000 }) }),
      identity: known({ ...wellIdentity, observingSince: minutesAgo(600) }),
    },
    ["warn observing"],
  ],
  ["the sync observes", world({ identity: known({ ...wellIdentity, observingSince: minutesAgo(60) }) }), [
    "warn observing",
  ]],

  // Extensions and Vault
  [
    "pg_net is off",
    db({ extensions: known({ pg_net: false, pg_cron: true, vault: true }), calls: known(null) }),
    ["fail extension pg_net"],
  ],
  [
    "pg_cron is off",
    db({ extensions: known({ pg_net: true, pg_cron: false, vault: true }), jobs: known(null) }),
    ["fail extension pg_cron"],
  ],
  [
    "Vault is off",
    db({ extensions: known({ pg_net: true, pg_cron: true, vault: false }), vault: known(null) }),
    ["fail extension vault"],
  ],
  ["Vault has no address", db({ vault: known({ ...vault, project_url: null }) }), ["fail Vault project_url"]],
  [
    "Vault has another project's address",
    db({ vault: known({ ...vault, project_url: "https://y.supabase.co" }) }),
    ["fail Vault project_url"],
  ],
  ["the address in Vault ends with a slash", db({ vault: known({ ...vault, project_url: `${url}/` }) }), []],
  ["Vault has no key", db({ vault: known({ ...vault, key_form: null, key_digest: null }) }), [
    "fail Vault zoho_sync_key",
  ]],
  ["the key in Vault is an old JWT", db({ vault: known({ ...vault, key_form: "other", key_digest: "x" }) }), [
    "fail Vault zoho_sync_key",
  ]],
  ["the key in Vault was deleted from the project", db({ vault: known({ ...vault, key_digest: "x" }) }), [
    "fail Vault zoho_sync_key",
  ]],

  // Jobs
  [
    "a job is not scheduled",
    db({ jobs: jobs({ state: "missing", last_at: null, last_status: null, scheduled_at: null }) }),
    ["fail cron zoho-sync-sweep"],
  ],
  ["a job is switched off", db({ jobs: jobs({ state: "off" }) }), ["fail cron zoho-sync-sweep"]],
  ["a job does something else", db({ jobs: jobs({ state: "changed" }) }), ["fail cron zoho-sync-sweep"]],
  ["a job failed", db({ jobs: jobs({ last_status: "failed" }) }), ["fail cron zoho-sync-sweep"]],
  ["a job has not run for long", db({ jobs: jobs({ last_at: minutesAgo(60) }) }), [
    "fail cron zoho-sync-sweep",
  ]],
  [
    "a job has never run",
    db({ jobs: jobs({ last_at: null, last_status: null, scheduled_at: minutesAgo(60) }) }),
    ["fail cron zoho-sync-sweep"],
  ],
  ["a job is new", db({ jobs: jobs({ last_at: null, last_status: null, scheduled_at: minutesAgo(1) }) }), []],

  // The doorbell
  ["pg_net does not send (I6)", db({ calls: rung({ answered: 0, newest: "queued" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["calls are made and no answer comes", db({ calls: rung({ answered: 0, newest: "silent" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["every call times out (I6)", db({ calls: rung({ answered: 0, newest: "timed_out" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["the functions answer 5xx", db({ calls: rung({ answered: 0, newest: "failed" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["the functions refuse Postgres's key", db({ calls: rung({ answered: 0, newest: "refused" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["the function is not there", db({ calls: rung({ answered: 0, newest: "missing" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["the address does not answer", db({ calls: rung({ answered: 0, newest: "unreachable" }) }), [
    "fail doorbell zoho-sync",
  ]],
  ["calls failed and are answered again", db({ calls: rung({ answered: 11 }) }), []],
  ["most calls fail, the newest was answered", db({ calls: rung({ answered: 9 }) }), [
    "warn doorbell zoho-sync",
  ]],
  ["two calls failed and the newest was answered", db({ calls: rung({ due: 3, answered: 1 }) }), []],
  ["the only call is in flight", db({ calls: rung({ due: 0, answered: 0, newest: null }) }), []],
  ["jobs run and nothing rings", db({ calls: known({ queue: 0, functions: [] }) }), ["fail doorbell"]],
  [
    "nothing rings, no job is due yet, and nothing waits",
    db({
      calls: known({ queue: 0, functions: [] }),
      jobs: known([job("zoho-alerts-check", { last_at: null, scheduled_at: minutesAgo(1) })]),
    }),
    [],
  ],
  [
    "changes wait and nothing rings",
    db({
      calls: known({ queue: 0, functions: [] }),
      jobs: known([job("zoho-alerts-check", { last_at: null, scheduled_at: minutesAgo(1) })]),
      queue: known({ ...queue, oldest_seconds: 200 }),
    }),
    ["fail doorbell"],
  ],
  [
    "another's requests hold up pg_net",
    db({ calls: known({ queue: 5_000, functions: [] }), jobs: known([]) }),
    ["warn pg_net queue"],
  ],

  // Triggers and admins
  [
    "a trigger is off",
    db({ triggers: known([{ table: "contracts", name: "zoho_sync_update", state: "off" }]) }),
    ["fail triggers"],
  ],
  [
    "a trigger is gone",
    db({ triggers: known([{ table: "contracts", name: "zoho_sync_update", state: "missing" }]) }),
    ["fail triggers"],
  ],
  [
    "a person may change their own admin row (D11)",
    db({ admins: known({ active: 2, write_own_row: true }) }),
    ["warn admin rights"],
  ],
  ["there is no admin", db({ admins: known({ active: 0, write_own_row: false }) }), ["warn admins"]],

  // Work
  ["paused by a fault", db({ pause: known({ until: null, code: "TOKEN_REFUSED", message: "m" }) }), [
    "fail pause",
  ]],
  [
    "paused because of unknown writes",
    db({ pause: known({ until: null, code: "UNKNOWN_WRITES", message: "m" }) }),
    ["fail pause"],
  ],
  ["paused by an operator", db({ pause: known({ until: null, code: "PAUSED_BY_HAND", message: "m" }) }), [
    "warn pause",
  ]],
  ["a change is due for six minutes", db({ queue: known({ ...queue, oldest_seconds: 360 }) }), [
    "warn oldest unsent change",
  ]],
  ["a change is due for an hour", db({ queue: known({ ...queue, oldest_seconds: 3_600 }) }), [
    "fail oldest unsent change",
  ]],
  ["the outbox is not folded", db({ queue: known({ ...queue, unfolded_seconds: 3_600 }) }), [
    "fail oldest unsent change",
  ]],
  ["a KYC result is not in Zoho", db({ queue: known({ ...queue, compliance: 1 }) }), [
    "fail unsent compliance",
  ]],
  ["backfill waits for credits", db({ queue: known({ ...queue, open_lane: 1 }) }), ["warn credits"]],
  [
    "ordinary changes wait for credits",
    db({ queue: known({ ...queue, open_lane: 0, oldest_seconds: 3_600 }) }),
    ["fail credits", "fail oldest unsent change"],
  ],
  ["a dead letter", db({ queue: known({ ...queue, dead: 1 }) }), ["warn dead letters"]],
  ["a question since this morning", db({ questions: known({ open: 1, oldest_hours: 5 }) }), []],
  ["a question since last week", db({ questions: known({ open: 4, oldest_hours: 170 }) }), [
    "warn questions",
  ]],

  // Zoho
  [
    "the refresh token is refused",
    world({
      token: {
        is: "unreadable",
        code: "TOKEN_REFUSED",
        message: "m",
        advice: "Make a new refresh token (deno task zoho:connect) and set ZOHO_REFRESH_TOKEN.",
        docs: "d",
      },
      rights: unasked,
      fields: unasked,
      channels: unasked,
      lineItems: [],
    }),
    ["fail token"],
  ],
  ["a right is missing", world({ rights: known([{ scope: "s", use: "u", state: "missing" }]) }), [
    "fail right s",
  ]],
  [
    "a right is refused by a profile",
    world({ rights: known([{ scope: "s", use: "u", state: "refused", code: "NO_PERMISSION" }]) }),
    ["warn right s"],
  ],
  [
    "a field is to be made",
    world({
      fields: known([field({ outcome: "create", note: "n", action: { addOptions: [], to: {} as never } })]),
    }),
    ["fail field Deals.Risk_Tier"],
  ],
  ["a field has another type", world({ fields: known([field({ outcome: "wrong_type", note: "n" })]) }), [
    "fail field Deals.Risk_Tier",
  ]],
  ["a module is off", world({ fields: known([field({ outcome: "no_module", note: "n" })]) }), [
    "warn field Deals.Risk_Tier",
  ]],
  [
    "a field was renamed, and is followed",
    world({ fields: known([field({ outcome: "other_name", apiName: "Risk1" })]) }),
    [],
  ],
  [
    "rows cannot be read together",
    world({ lineItems: [{ module: "Quoted_Items", refusal: known("INVALID_MODULE") }] }),
    ["warn line items Quoted_Items"],
  ],
  [
    "the channel tells another deployment (I2)",
    world({
      channels: known([{ ...channel, notifyUrl: "https://y.supabase.co/functions/v1/zoho-webhook" }]),
    }),
    ["fail notification channel"],
  ],
  ["no channel is open", world({ channels: known([]) }), ["warn notification channel"]],
  ["the channel ends tomorrow", world({ channels: known([{ ...channel, expiresAt: minutesAgo(-1440) }]) }), [
    "warn notification channel",
  ]],
  ["no channel is used", world({ channels: known("not used") }), []],
  ["the clock is two minutes off", world({ clockAhead: known(-120) }), ["warn clock"]],
  ["the clock is ten minutes off", world({ clockAhead: known(600) }), ["fail clock"]],
  ["Zoho does not say what time it is", world({ clockAhead: known(null) }), ["warn clock"]],
];

for (const [state, facts, said] of states) {
  Deno.test(`the doctor, when ${state}, says ${said.join(", ") || "nothing"}`, () => {
    const notWell = findings(facts).filter(({ level }) => level !== "ok");
    assertEquals(notWell.map(({ level, name }) => `${level} ${name}`), said);
    for (const { mend, docs } of notWell) {
      assert(mend && docs, "a finding without a way to mend it");
      // Carried out: doctor_advice_test.ts.
      isAct(mend ?? "");
    }
  });
}

Deno.test("the table has no state twice, and at least sixty", () => {
  assertEquals(new Set(states.map(([state]) => state)).size, states.length);
  assert(states.length >= 60, `${states.length}`);
});

/** Every fact, with what reads it from the whole and puts another in its place. */
const places: [name: string, put: (fact: Unreadable | { is: "unasked" }) => Facts][] = [
  ...(Object.keys(wellDatabase) as (keyof DatabaseFacts)[]).map(
    (
      name,
    ): [string, (fact: Unreadable | { is: "unasked" }) => Facts] => [name, (fact) => db({ [name]: fact })],
  ),
  ...([
    "identity",
    "orgId",
    "variables",
    "alertChannels",
    "signingKeys",
    "token",
    "rights",
    "fields",
    "channels",
    "clockAhead",
  ] as const).map(
    (
      name,
    ): [string, (fact: Unreadable | { is: "unasked" }) => Facts] => [name, (fact) => world({ [name]: fact })],
  ),
  ["a function", (fact) => world({ functions: [{ name: "zoho-sync", status: fact as Fact<number> }] })],
  ["line items", (fact) => world({ lineItems: [{ module: "Quoted_Items", refusal: fact as Fact<string> }] })],
];

for (const [name, put] of places) {
  Deno.test(`an unreadable fact is one finding and hides no other: ${name}`, () => {
    const alone = findings(put(away)).filter(({ level }) => level !== "ok");
    assertEquals(alone.map(({ level }) => level), ["fail"]);
    const beside = put(away);
    const broken = { ...beside, clockAhead: name === "clockAhead" ? beside.clockAhead : known(600) };
    const names = findings(broken).filter(({ level }) => level === "fail").map((check) => check.name);
    assertNotEquals(names.length, 0);
    assert(names.includes("clock"), names.join());
  });
}

Deno.test("an absent optional field is neither counted as present nor reported", () => {
  const absent = field({ field: "Currency", apiName: null, outcome: "not_used" });
  const checks = findings(world({ fields: known([field({}), absent]) })).filter(({ name }) =>
    name.startsWith("field")
  );
  assertEquals(checks.map(({ level, name, found }) => [level, name, found]), [
    ["ok", "fields", "1 are there, with their options"],
  ]);
});

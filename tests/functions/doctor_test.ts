import { assert, assertEquals } from "@std/assert";
import { runDoctor } from "../../cli/doctor.ts";
import { callAdmin } from "../../cli/support/call_admin.ts";
import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { findingCodes } from "../../supabase/functions/_shared/doctor/finding_codes.ts";
import { follow, type Following } from "../support/advice.ts";
import { carriedOut } from "../support/carried_out.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertAdmin } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { breakdownsOf, type Place } from "./doctor_breakdowns.ts";
import postgres from "postgres";

// The doctor on a running stack: exactly what is broken is found, the advice is carried out literally, and all is well
// again. Nothing rings and no job runs by itself, unless the advice has it so.

const alerting = "http://127.0.0.1:9/alerts";
/** Those that are drawn for every stack, known here, to be written into a file. */
const chosen = {
  ZOHO_ALERT_WEBHOOK_URL: alerting,
  ZOHO_TOKEN_ENCRYPTION_KEY: btoa("k".repeat(32)),
  ZOHO_CRM_WEBHOOK_SECRET: "doctor-test-secret-of-forty-characters-1",
  ZOHO_NOTIFICATION_TOKEN: "doctor-test-token-of-thirty-two-",
};
const postgresAs = (url: string) => postgres(url, { max: 1, onnotice() {} });

const at = { kept: "" } as Place;
let stack: Stack;
Deno.test.beforeAll(async () => {
  at.stack = stack = await startStack({
    clusterUrl,
    cron: false,
    net: false,
    functionEnv: chosen,
    prepare: (sql) => insertAdmin(sql),
  });
  await stack.invoke("zoho-admin/watch", { action: "open" });
});
Deno.test.afterAll(async () => {
  await stack.stop();
  if (tests.ran === tests.all) {
    const expected = findingCodes.filter((code) => carriedOut[code] === "by the doctor's test");
    assertEquals(expected.filter((code) => !mended.has(code)), [], "advice that no test carried out");
  }
});

/** Codes whose advice was carried out, and the finding was gone. */
const mended = new Set<string>();
/** A run of some tests says nothing about the table. */
const tests = { all: 0, ran: 0 };
function test(title: string, run: () => Promise<unknown>): void {
  tests.all++;
  Deno.test(title, async () => {
    await run();
    tests.ran++;
  });
}

interface Found {
  /** As "level name". */
  said: string[];
  codes: string[];
  advice: string[];
}

async function examine(): Promise<Found> {
  const answer = await callAdmin({ fetch }, { url: stack.apiUrl, secretKey: stack.secretKey }, "GET /doctor");
  const checks = Array.isArray(answer.checks) ? answer.checks.filter(isRecord) : [];
  assert(checks.length > 10, JSON.stringify(answer));
  const notWell = checks.filter(({ level }) => level !== "ok");
  for (const { docs } of notWell) {
    const [file = ""] = String(docs).split("#");
    assert(await Deno.stat(file).then(() => true, () => false), `there is no page ${docs}`);
  }
  return {
    said: notWell.map(({ level, name }) => `${level} ${name}`),
    codes: notWell.map(({ code }) => String(code)),
    advice: notWell.map(({ mend }) => String(mend)),
  };
}

const said = async () => (await examine()).said;

/** Breaks something, sees exactly that found, does what the doctor says, and sees all well. */
async function mendedByAdvice(
  breakIt: () => Promise<unknown>,
  expected: string[],
  how: Following = {},
): Promise<void> {
  await breakIt();
  const { said: found, codes, advice } = await examine();
  assertEquals(found, expected);
  let steps = new Set(advice);
  let last = found.join();
  for (let round = 0; steps.size > 0; round++) {
    assert(round < 3, `still said: ${[...steps]}`);
    for (const each of steps) await follow(stack, each, how);
    await how.later?.();
    // A job, an answer of a function: what the advice started may be under way. To adopt a database is to open its channel
    // anew: what is said next is followed, too.
    const next = await until(async () => {
      const now = await examine();
      return now.said.join() === last ? null : now;
    }, { what: `the mending of ${found}` });
    steps = new Set(next.advice);
    last = next.said.join();
  }
  codes.forEach((code) => mended.add(code));
}

test("the doctor reports nothing about a healthy project", async () => assertEquals(await said(), []));

/** A call of ours that ended so, three minutes ago; without an answer where it is null. */
async function calledAnd(
  answer: { status?: number; timedOut?: boolean } | null,
  name = "zoho-sync",
): Promise<void> {
  const id = 900_000;
  await stack.sql`
    insert into zoho_sync.rings (request_id, function, called_at) values (${id}, ${name}, now() - interval '3 minutes')
  `;
  if (answer) {
    await stack.sql`
      insert into net._http_response (id, status_code, timed_out, created)
      values (${id}, ${answer.status ?? null}, ${answer.timedOut ?? false}, now() - interval '3 minutes')
    `;
  }
  // A ring that is made by the advice is sent, as it would be.
  stack.net.start();
}

/** The next test begins without a call. */
Deno.test.afterEach(forgetCalls);
async function forgetCalls(): Promise<void> {
  await stack.net.stop();
  await stack.sql`delete from zoho_sync.rings where true`;
  await stack.sql`delete from net._http_response where true`;
  await stack.sql`delete from net.http_request_queue where true`;
}

for (const [what, breakIt, expected, how] of breakdownsOf(at)) {
  test(`${what} is found, nothing else is, and the advice fixes it`, () =>
    mendedByAdvice(breakIt, expected, how));
}

const calls: [what: string, ended: Parameters<typeof calledAnd>[0]][] = [
  ["a call that timed out (I6)", { timedOut: true }],
  ["a call that was answered 500", { status: 500 }],
  ["a call that was never answered", null],
  ["a call that was refused, with a key that has been replaced since", { status: 401 }],
  ["a call of a function that was not there then", { status: 404 }],
  ["a call that did not reach the project", {}],
];
for (const [what, ended] of calls) {
  test(`${what} is found, and ringing again as advised fixes it`, async () => {
    await mendedByAdvice(() => calledAnd(ended), ["fail doorbell zoho-sync"]);
  });
}

const secret = (name: string, value: string) =>
  stack.sql`select vault.update_secret((select id from vault.secrets where name = ${name}), ${value})`;
const lasting: [what: string, breakIt: () => Promise<unknown>, code: string, vault: string][] = [
  [
    "a key that the functions refuse",
    () => secret("zoho_sync_key", "sb_secret_deleted_from_the_project"),
    "CALL_REFUSED",
    "fail Vault zoho_sync_key",
  ],
  [
    "an address where no function is",
    () => secret("project_url", `${stack.apiUrl}/elsewhere`),
    "CALL_MISSING",
    "fail Vault project_url",
  ],
  [
    "an address that nothing answers",
    () => secret("project_url", "http://127.0.0.1:9"),
    "CALL_UNREACHABLE",
    "fail Vault project_url",
  ],
];
for (const [what, breakIt, code, vault] of lasting) {
  test(`${what} is found by the refused call while it lasts, and fixed by the advice`, async () => {
    const ring = async () => {
      await stack.sql`select zoho_sync.call_function('zoho-sync', '{}')`;
      const answered = () =>
        stack.sql`select from net._http_response p join zoho_sync.rings r on r.request_id = p.id`;
      const before = (await answered()).length;
      stack.net.start();
      await until(async () => (await answered()).length > before, { what: "an answer of the call" });
    };
    await mendedByAdvice(async () => {
      await breakIt();
      await ring();
      const first = await examine();
      assert(first.codes.includes(code), first.codes.join());
      await ring();
      assertEquals((await examine()).said, first.said, "it lasts");
    }, [vault, "fail doorbell zoho-sync"]);
  });
}

test("jobs that run without ringing are found, and ringing fixes it", async () => {
  await stack.cron.runJobNow("zoho-alerts-check");
  await forgetCalls();
  stack.net.start();
  try {
    await mendedByAdvice(() => Promise.resolve(), ["fail doorbell"]);
  } finally {
    await stack.sql`delete from cron.job_run_details where true`;
    await forgetCalls();
  }
});

test("a queue of others' requests that pg_net does not send is found, and its restart fixes it", async () => {
  await mendedByAdvice(
    () =>
      stack.sql`
        insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
        select 'GET', 'http://127.0.0.1:9/', '{}', 1000 from generate_series(1, 1010)`,
    ["warn pg_net queue"],
  );
});

test("a failed call of the schedule is found, and the advice repeats that call", async () => {
  await mendedByAdvice(() => calledAnd({ status: 500 }, "zoho-admin/alerts/check"), [
    "fail doorbell zoho-admin/alerts/check",
  ]);
  const [newest] = await stack.sql`select function from zoho_sync.rings order by id desc limit 1`;
  assertEquals(newest?.function, "zoho-admin/alerts/check");
});

test("a pg_net that does not send is found, and its restart fixes it (I6)", async () => {
  await mendedByAdvice(async () => {
    await stack.sql`select public.zoho_ring()`;
    await stack.sql`update zoho_sync.rings set called_at = now() - interval '3 minutes'`;
  }, ["fail doorbell zoho-sync"]);
});

test("answers to others' requests are not judged (I6)", async () => {
  await stack.sql`
    insert into net._http_response (id, status_code, created) select 800000 + n, 401, now() from generate_series(1, 50) n
  `;
  assertEquals(await said(), []);
  await calledAnd({ timedOut: true });
  await stack.sql`insert into net._http_response (id, status_code, created) values (999999, 200, now())`;
  assertEquals(await said(), ["fail doorbell zoho-sync"]);
  await forgetCalls();
});

test("a failed job is found; running it by hand shows why, and a later run clears the finding", () =>
  mendedByAdvice(
    async () => {
      await stack.cron.runJobNow("zoho-sync-sweep");
      const owner = postgresAs(stack.dbAdminUrl);
      await owner`
        update cron.job_run_details d set status = 'failed' from cron.job j
        where j.jobid = d.jobid and j.jobname = 'zoho-sync-sweep'`;
      await owner.end();
    },
    ["fail cron zoho-sync-sweep"],
    { later: () => stack.cron.runJobNow("zoho-sync-sweep") },
  ));

test("a job that has never run is found, and its first run after a restart clears the finding", async () => {
  await stack.sql`delete from cron.job_run_details where true`;
  await mendedByAdvice(
    () =>
      stack.sql`
        update zoho_sync.scheduled_jobs set scheduled_at = now() - interval '2 days' where name = 'zoho-admin-hours'`,
    ["fail cron zoho-admin-hours"],
    { byHand: () => stack.cron.runJobNow("zoho-admin-hours") },
  );
  await stack.sql`update zoho_sync.scheduled_jobs set scheduled_at = now() where name = 'zoho-admin-hours'`;
});

test("an unreadable Vault is one finding, and everything else is checked (I7)", async () => {
  const owner = postgresAs(stack.dbAdminUrl);
  const [decode] = await owner`select pg_get_functiondef('vault._decode(text)'::regprocedure) as text`;
  try {
    await owner`alter table public.contracts disable trigger zoho_sync_update`;
    // What Vault says when its root key was lost with the project that it was made in.
    await owner.unsafe(`
      create or replace function vault._decode(secret text) returns text language plpgsql immutable set search_path = ''
      as $$ begin raise exception 'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext' using errcode = '22000'; end $$`);
    assertEquals(await said(), ["fail Vault", "fail triggers"]);
  } finally {
    await owner.unsafe(decode?.text);
    await owner`alter table public.contracts enable trigger zoho_sync_update`;
    await owner.end();
  }
  assertEquals(await said(), []);
});

test("a project without an alert channel is found, and adding one as advised fixes it", () =>
  mendedByAdvice(() => stack.functions.restart("zoho-admin", { ZOHO_ALERT_WEBHOOK_URL: undefined }), [
    "warn alerts",
  ], {
    variables: () => ({ ZOHO_ALERT_WEBHOOK_URL: alerting }),
  }));

test("a webhook secret that is too short is found by name, and setting it fixes it", () =>
  mendedByAdvice(() => stack.functions.restart("zoho-admin", { ZOHO_CRM_WEBHOOK_SECRET: "short" }), [
    "fail variables",
    // Without the variables of the webhook its channel is not looked at.
  ], { variables: () => ({ ZOHO_CRM_WEBHOOK_SECRET: stack.webhookSecret }) }));

test("a missing function, and functions without the newest signing key, are fixed by a deployment", async () => {
  const [jwks] = [await (await fetch(`${stack.apiUrl}/auth/v1/.well-known/jwks.json`)).text()];
  await mendedByAdvice(
    async () => {
      await stack.functions.restart("zoho-admin", { SUPABASE_JWKS: '{"keys":[]}' });
      await stack.functions.kill("zoho-token-refresh");
    },
    ["fail function zoho-token-refresh", "warn sign-in keys"],
    { variables: () => ({ SUPABASE_JWKS: jwks }) },
  );
});

test("pg_cron that was dropped, or recreated without its jobs, is restored by the doctor's advice", async () => {
  const jobs = async () => (await stack.sql`select jobname from cron.job where jobname like 'zoho-%'`).length;
  const before = await jobs();
  assert(before > 5);

  await stack.sql`drop extension pg_cron cascade`;
  await mendedByAdvice(() => Promise.resolve(), ["fail extension pg_cron"]);
  assertEquals(await jobs(), before);

  await stack.sql`drop extension pg_cron cascade`;
  await stack.sql`create extension pg_cron with schema pg_catalog`;
  const { said: found, advice } = await examine();
  assertEquals([found.length, await jobs()], [before, 0]);
  assert(found.every((finding) => finding.startsWith("fail cron zoho-")), found.join());
  assertEquals(new Set(advice).size, 1);
  await follow(stack, advice[0] ?? "");
  assertEquals([await said(), await jobs()], [[], before]);
});

test("an expired channel is found", async () => {
  await stack.zoho.advanceClock(7 * 24 * 3600 * 1000);
  try {
    assertEquals(await said(), ["fail clock", "warn notification channel"]);
  } finally {
    await stack.zoho.setClockOffset(0);
    await stack.invoke("zoho-admin/watch", { action: "open" });
  }
  assertEquals(await said(), []);
});

test("a refresh token that Zoho refuses costs one refresh however often it is checked, and replacing it fixes it (I8)", async () => {
  const refreshes = async () => {
    const [row] = await stack.sql`select cardinality(recent_refreshes) as n from public.zoho_tokens`;
    return Number(row?.n);
  };
  await stack.sql`update public.zoho_tokens set recent_refreshes = '{}'`;
  await stack.zoho.tokens("revoke_refresh");
  await stack.zoho.tokens("expire_all");
  const before = await refreshes();
  assertEquals(await said(), ["fail token"]);
  assertEquals(await refreshes() - before, 1);
  await mendedByAdvice(() => Promise.resolve(), ["fail token"], {
    byHand: async () => {
      await stack.zoho.tokens("restore_refresh");
      assertEquals((await stack.invoke("zoho-token-refresh", {})).status, 200);
    },
  });
});

const newest = async () => {
  const [row] = await stack
    .sql`select array_agg(version order by version) as all from supabase_migrations.schema_migrations`;
  return row?.all as string[];
};
/** What the command looks at beside what the functions know: its own two variables, this checkout and a file. */
interface Desk {
  url: string;
  key: string;
  migrations: string[];
  file: string;
}
const desks: [what: string, change: (desk: Desk) => Partial<Desk>, code: string][] = [
  ["a project that is not at the address", () => ({ url: "http://127.0.0.1:9" }), "PROJECT_AWAY"],
  ["a key of another project", () => ({ key: "sb_secret_of_another_project" }), "KEY_REFUSED"],
  [
    "a migration that is not applied",
    ({ migrations }) => ({ migrations: [...migrations, "20991231000000"] }),
    "MIGRATIONS_MISSING",
  ],
  [
    "a checkout older than the database",
    ({ migrations }) => ({ migrations: migrations.slice(0, -1) }),
    "CHECKOUT_OLD",
  ],
  [
    "a secret that was replaced in the functions alone (I9)",
    ({ file }) => ({
      file: file.replace(stack.webhookSecret, "the-one-that-leaked-of-thirty-two-characters"),
    }),
    "SECRETS_DIFFER",
  ],
  [
    "a file that lacks what the functions have",
    ({ file }) => ({ file: file.replace(/^ZOHO_CLIENT_ID=.*\n/m, "") }),
    "SECRETS_LACKING",
  ],
];
for (const [what, change, code] of desks) {
  test(`${what} is found by the command, no value is printed, and correcting it clears the finding`, async () => {
    const well: Desk = {
      url: stack.apiUrl,
      key: stack.secretKey,
      migrations: await newest(),
      file: Object.entries({
        ...chosen,
        ZOHO_CLIENT_ID: "1000.LOCALCLIENT",
        ZOHO_CLIENT_SECRET: "local-client-secret",
        ZOHO_REFRESH_TOKEN: "1000.local.refresh",
        ZOHO_REGION: "US",
        ZOHO_ACCOUNTS_URL: stack.zohoUrl,
        ZOHO_API_URL: stack.zohoUrl,
      }).map(([name, value]) => `${name}=${value}\n`).join(""),
    };
    assertEquals(await codesAt({ ...well, ...change(well) }), [code]);
    assertEquals(await codesAt(well), []);
    mended.add(code);
  });
}

async function codesAt({ url, key, migrations, file }: Desk): Promise<string[]> {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  await Deno.writeTextFile(path, file);
  const env: Record<string, string> = { SUPABASE_URL: url, SUPABASE_SECRET_KEY: key };
  const printed: string[] = [];
  const terminal = { env: (name: string) => env[name], print: (text: string) => printed.push(text), fetch };
  await runDoctor(["--json", "--secrets-file", path], terminal, () => Promise.resolve(migrations));
  await Deno.remove(path);
  assert(!printed.join().includes(stack.webhookSecret), "a secret was printed");
  const { checks } = JSON.parse(printed.join(""));
  return checks.flatMap(({ code }: { code: string | null }) => code ?? []);
}

test("a caller without a key gets no examination", async () => {
  const { status } = await stack.invoke("zoho-admin/doctor", undefined, { apikey: "sb_secret_wrong" });
  assertEquals(status, 401);
});

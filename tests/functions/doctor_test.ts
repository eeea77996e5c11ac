import { assert, assertEquals } from "@std/assert";
import { runDoctor } from "../../cli/doctor.ts";
import { callAdmin } from "../../cli/support/call_admin.ts";
import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { follow, type Following, formOf } from "../support/advice.ts";
import { Administrator } from "../support/administrator.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertAdmin } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import postgres from "postgres";

// The doctor on a running stack: exactly what is broken is found, the advice is carried out as it stands, and all is well
// again. Nothing rings and no job runs by itself, unless the advice has it so.

const alerting = "http://127.0.0.1:9/alerts";
const postgresAs = (url: string) => postgres(url, { max: 1, onnotice() {} });

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: false,
    functionEnv: { ZOHO_ALERT_WEBHOOK_URL: alerting },
    prepare: (sql) => insertAdmin(sql),
  });
  await stack.invoke("zoho-admin/watch", { action: "open" });
});
Deno.test.afterAll(() => stack.stop());

interface Found {
  /** As "level name". */
  said: string[];
  advice: string[];
}

async function examine(): Promise<Found> {
  const answer = await callAdmin({ fetch }, { url: stack.apiUrl, secretKey: stack.secretKey }, "GET /doctor");
  const checks = Array.isArray(answer.checks) ? answer.checks.filter(isRecord) : [];
  assert(checks.length > 15, JSON.stringify(answer));
  const notWell = checks.filter(({ level }) => level !== "ok");
  for (const { docs } of notWell) {
    const [file = ""] = String(docs).split("#");
    assert(await Deno.stat(file).then(() => true, () => false), `there is no page ${docs}`);
  }
  return {
    said: notWell.map(({ level, name }) => `${level} ${name}`),
    advice: notWell.map(({ mend }) => String(mend)),
  };
}

const said = async () => (await examine()).said;
const followed = new Set<string>();

/** Breaks something, sees exactly that found, does what the doctor says, and sees all well. */
async function mendedByAdvice(
  breakIt: () => Promise<unknown>,
  expected: string[],
  how: Following = {},
): Promise<void> {
  await breakIt();
  const { said: found, advice } = await examine();
  assertEquals(found, expected);
  for (const each of new Set(advice)) {
    followed.add(String(formOf(each)));
    await follow(stack, each, how);
  }
  // A job, an answer of a function: what the advice started may be under way.
  await until(async () => (await said()).length === 0, { what: `the mending of ${expected}` });
}

Deno.test("of a project that is well nothing is said", async () => assertEquals(await said(), []));

/** A call of ours that ended so, three minutes ago. */
async function calledAnd(
  response: { status?: number; timedOut?: boolean } | null,
  name = "zoho-sync",
): Promise<void> {
  const id = 900_000;
  await stack.sql`
    insert into zoho_sync.rings (request_id, function, called_at) values (${id}, ${name}, now() - interval '3 minutes')
  `;
  if (response) {
    await stack.sql`
      insert into net._http_response (id, status_code, timed_out, created)
      values (${id}, ${response.status ?? null}, ${response.timedOut ?? false}, now() - interval '3 minutes')
    `;
  }
  // A ring that is made by the advice is sent, as it would be.
  stack.net.start();
}

/** Until the next test nothing is called. */
async function forgetCalls(): Promise<void> {
  await stack.net.stop();
  await stack.sql`delete from zoho_sync.rings where true`;
  await stack.sql`delete from net._http_response where true`;
  await stack.sql`delete from net.http_request_queue where true`;
}

const vaultKey = (value: string) =>
  stack
    .sql`select vault.update_secret((select id from vault.secrets where name = 'zoho_sync_key'), ${value})`;
const queued = (change: Record<string, string | number | Date>) =>
  stack.sql`
    insert into public.zoho_sync_queue ${
    stack.sql({ entity_type: "contract", entity_id: crypto.randomUUID(), cause: "test", ...change })
  }`;
const anHourAgo = () => new Date(Date.now() - 3_600_000);
const retryAll = async () => {
  await stack.invoke("zoho-admin/retry", { all: true });
  await stack.invoke("zoho-sync", {});
};
const zohoSays = (settings: Parameters<Stack["zoho"]["changeSettings"]>[0]) =>
  stack.zoho.changeSettings(settings);
const scopes = () =>
  "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ " +
  "ZohoCRM.notifications.ALL ZohoCRM.org.READ ZohoCRM.users.READ";

const breakdowns: [what: string, breakIt: () => Promise<unknown>, expected: string[], how?: Following][] = [
  [
    "a trigger that somebody switched off",
    () => stack.sql`alter table public.contracts disable trigger zoho_sync_update`,
    ["fail triggers"],
  ],
  [
    "two triggers, one off and one gone",
    async () => {
      await stack.sql`alter table public.customers disable trigger zoho_sync_update`;
      await stack.sql`drop trigger zoho_sync_delete on public.kyc_sessions`;
    },
    ["fail triggers"],
  ],
  [
    "a cron job that is gone",
    () => stack.sql`select cron.unschedule('zoho-sync-sweep')`,
    ["fail cron zoho-sync-sweep"],
  ],
  [
    "a cron job that is switched off",
    () =>
      stack
        .sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'zoho-token-refresh'`,
    ["fail cron zoho-token-refresh"],
  ],
  [
    "a cron job that does something else",
    () =>
      stack
        .sql`select cron.alter_job(jobid, command := 'select 1') from cron.job where jobname = 'zoho-sync-purge'`,
    ["fail cron zoho-sync-purge"],
  ],
  [
    "a Vault without the key",
    () => stack.sql`delete from vault.secrets where name = 'zoho_sync_key'`,
    ["fail Vault zoho_sync_key"],
  ],
  [
    "a key in Vault that is of the old kind",
    () => vaultKey("eyJ.an.old-jwt"),
    ["fail Vault zoho_sync_key"],
  ],
  [
    "a key in Vault that was deleted from the project, before anything rings",
    () => vaultKey("sb_secret_deleted_from_the_project"),
    ["fail Vault zoho_sync_key"],
  ],
  [
    "a Vault without the address",
    () => stack.sql`delete from vault.secrets where name = 'project_url'`,
    ["fail Vault project_url"],
  ],
  [
    "another project's address in Vault",
    () =>
      stack
        .sql`select vault.update_secret((select id from vault.secrets where name = 'project_url'), 'https://y.example')`,
    ["fail Vault project_url"],
  ],
  [
    "a table of admins in which everybody writes their own row (D11)",
    () =>
      stack.sql.unsafe(`
        grant update on public.admin_users to authenticated;
        create policy "own row" on public.admin_users for update to authenticated using ((select auth.uid()) = id);`)
        .simple(),
    ["warn admin rights"],
  ],
  [
    "a queue that an operator paused",
    () => stack.invoke("zoho-admin/pause", { reason: "month end" }),
    ["warn pause"],
  ],
  [
    "a pause after a fault that is over",
    () =>
      stack
        .sql`update public.zoho_sync_state set paused_until = 'infinity', pause_code = 'AUTHORIZATION_FAILED', pause_message = 'm'`,
    ["fail pause"],
  ],
  [
    "a dead letter",
    () => queued({ status: "dead", error_code: "INVALID_DATA" }),
    ["warn dead letters"],
    { byHand: retryAll },
  ],
  [
    "a KYC result that has not reached Zoho, and is a dead letter",
    () => queued({ status: "dead", error_code: "INVALID_DATA", lane: 0, enqueued_at: anHourAgo() }),
    ["fail unsent compliance", "warn dead letters"],
    { byHand: retryAll },
  ],
  [
    "a question that nobody has answered for days",
    () =>
      stack.sql`
        insert into public.zoho_questions (kind, entity_type, entity_id, answers, asked_at)
        values ('record_gone', 'contract', gen_random_uuid(), '{create,unlink}', now() - interval '4 days')`,
    ["warn questions"],
    {
      byHand: async () => {
        const [question] = await stack
          .sql`select id, answers from public.zoho_questions where closed_at is null`;
        await stack.invoke("zoho-admin/questions/answer", {
          ids: [question?.id],
          choice: question?.answers[1],
        });
      },
    },
  ],
  [
    "a right that the token lacks",
    () => zohoSays({ scopes: scopes().replace("ZohoSearch.securesearch.READ", "") }),
    ["fail right ZohoSearch.securesearch.READ"],
    { byHand: () => zohoSays({ scopes: scopes() }) },
  ],
  [
    "a module of line items that the integration's user may not read",
    () => zohoSays({ noPermission: ["Quoted_Items"] }),
    ["warn line items Quoted_Items"],
    { byHand: () => zohoSays({ noPermission: [] }) },
  ],
  [
    "a picklist without one of its values",
    () =>
      new Administrator(stack).change("Deals", "Risk_Tier", {
        pick_list_values: ["Medium", "High"].map((actual_value) => ({ actual_value, _delete: null })),
      }),
    ["fail field Deals.Risk_Tier"],
  ],
  [
    "a field that was deleted",
    () => new Administrator(stack).delete("Quotes", "KYC_Status"),
    ["fail field Quotes.KYC_Status"],
  ],
  [
    "a notification channel that another deployment points elsewhere (I2)",
    () =>
      stack.functions.restart("zoho-admin", { SUPABASE_URL: stack.apiUrl.replace("127.0.0.1", "localhost") })
        .then(() => stack.invoke("zoho-admin/watch", { action: "open" }))
        .then(() => stack.functions.restart("zoho-admin", { SUPABASE_URL: stack.apiUrl })),
    ["fail notification channel"],
  ],
];

for (const [what, breakIt, expected, how] of breakdowns) {
  Deno.test(`${what} is found, nothing else is, and the advice mends it`, () =>
    mendedByAdvice(breakIt, expected, how));
}

const calls: [what: string, ended: Parameters<typeof calledAnd>[0], expected: string[]][] = [
  ["a call that timed out (I6)", { timedOut: true }, ["fail doorbell zoho-sync"]],
  ["a call that was answered 500", { status: 500 }, ["fail doorbell zoho-sync"]],
  ["a call that was never answered", null, ["fail doorbell zoho-sync"]],
];
for (const [what, ended, expected] of calls) {
  Deno.test(`${what} is found, and ringing again by the advice mends it`, async () => {
    try {
      await mendedByAdvice(() => calledAnd(ended), expected);
    } finally {
      await forgetCalls();
    }
  });
}

Deno.test("a call of the schedule that failed is found, and the advice makes that very call again", async () => {
  try {
    await mendedByAdvice(() => calledAnd({ status: 500 }, "zoho-admin/alerts/check"), [
      "fail doorbell zoho-admin/alerts/check",
    ]);
    const [newest] = await stack.sql`select function from zoho_sync.rings order by id desc limit 1`;
    assertEquals(newest?.function, "zoho-admin/alerts/check");
  } finally {
    await forgetCalls();
  }
});

Deno.test("a pg_net that does not send is found, and its restart mends it (I6)", async () => {
  try {
    await mendedByAdvice(async () => {
      await stack.sql`select public.zoho_ring()`;
      await stack.sql`update zoho_sync.rings set called_at = now() - interval '3 minutes'`;
    }, ["fail doorbell zoho-sync"]);
  } finally {
    await forgetCalls();
  }
});

Deno.test("answers to others' requests are not judged (I6)", async () => {
  await stack.sql`
    insert into net._http_response (id, status_code, created) select 800000 + n, 401, now() from generate_series(1, 50) n
  `;
  assertEquals(await said(), []);
  await calledAnd({ timedOut: true });
  await stack.sql`insert into net._http_response (id, status_code, created) values (999999, 200, now())`;
  assertEquals(await said(), ["fail doorbell zoho-sync"]);
  await forgetCalls();
});

Deno.test("a job that failed, and jobs that never ran, are found; run by hand or after a restart they are well", async () => {
  await stack.cron.runJobNow("zoho-sync-sweep");
  const owner = postgresAs(stack.dbAdminUrl);
  await owner`update cron.job_run_details set status = 'failed' where true`;
  await owner.end();
  const { said: found, advice: [advice = ""] } = await examine();
  assertEquals(found, ["fail cron zoho-sync-sweep"]);
  await follow(stack, advice);
  await stack.cron.runJobNow("zoho-sync-sweep");
  assertEquals(await said(), []);

  await stack.sql`delete from cron.job_run_details where true`;
  const [late] = await stack.sql`
    update zoho_sync.scheduled_jobs set scheduled_at = now() - interval '2 days' where name = 'zoho-admin-hours' returning name`;
  await mendedByAdvice(() => Promise.resolve(late), ["fail cron zoho-admin-hours"], {
    byHand: () => stack.cron.runJobNow("zoho-admin-hours"),
  });
});

Deno.test("an unreadable Vault is one finding, and everything else is looked at (I7)", async () => {
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

Deno.test("nobody to tell of a fault is found, and a channel by the advice mends it", () =>
  mendedByAdvice(() => stack.functions.restart("zoho-admin", { ZOHO_ALERT_WEBHOOK_URL: undefined }), [
    "warn alerts",
  ], {
    variables: { ZOHO_ALERT_WEBHOOK_URL: alerting },
  }));

Deno.test("a webhook secret that is too short is found by name, and setting it mends it", () =>
  mendedByAdvice(() => stack.functions.restart("zoho-admin", { ZOHO_CRM_WEBHOOK_SECRET: "short" }), [
    "fail variables",
    // Without the variables of the webhook its channel is not looked at.
  ], { variables: { ZOHO_CRM_WEBHOOK_SECRET: stack.webhookSecret } }));

Deno.test("a function that is away, and functions without the newest signing key, are well after a deployment", async () => {
  const [jwks] = [await (await fetch(`${stack.apiUrl}/auth/v1/.well-known/jwks.json`)).text()];
  await mendedByAdvice(
    async () => {
      await stack.functions.restart("zoho-admin", { SUPABASE_JWKS: '{"keys":[]}' });
      await stack.functions.kill("zoho-token-refresh");
    },
    ["fail function zoho-token-refresh", "warn sign-in keys"],
    { variables: { SUPABASE_JWKS: jwks } },
  );
});

Deno.test("pg_cron that was dropped, or created again without its jobs, comes back whole by the doctor's advice", async () => {
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

Deno.test("a channel that nobody renewed and that ended is found", async () => {
  await stack.zoho.advanceClock(7 * 24 * 3600 * 1000);
  try {
    assertEquals(await said(), ["fail clock", "warn notification channel"]);
  } finally {
    await stack.zoho.setClockOffset(0);
    await stack.invoke("zoho-admin/watch", { action: "open" });
  }
  assertEquals(await said(), []);
});

Deno.test("a refresh token that Zoho refuses costs one refresh however often it is looked at, and is well when it is replaced (I8)", async () => {
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

Deno.test("a secret that was replaced in the functions alone is found in the file at hand, and no value is told (I9)", async () => {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  const env: Record<string, string> = { SUPABASE_URL: stack.apiUrl, SUPABASE_SECRET_KEY: stack.secretKey };
  const ofSecrets = async (secret: string) => {
    await Deno.writeTextFile(
      path,
      `ZOHO_CRM_WEBHOOK_SECRET=${secret}\nZOHO_ALERT_WEBHOOK_URL="${alerting}" # the channel\n`,
    );
    const printed: string[] = [];
    const terminal = { env: (name: string) => env[name], print: (text: string) => printed.push(text), fetch };
    await runDoctor(["--json", "--secrets-file", path], terminal, () => Promise.resolve(null));
    assert(!printed.join().includes(stack.webhookSecret), "a secret was printed");
    const { checks } = JSON.parse(printed.join(""));
    const found = checks.find(({ name }: { name: string }) => name === "secrets");
    return `${found.level} ${found.found.split(",")[0]}`;
  };
  const leaked = await ofSecrets("the-one-that-leaked-of-thirty-two-characters");
  assertEquals(leaked, `fail ZOHO_CRM_WEBHOOK_SECRET: ${path} has another value than the functions run with`);
  // The rest of the functions' variables is not in this file, which is said, and is no failure.
  assertEquals((await ofSecrets(stack.webhookSecret)).split(" ")[0], "warn");
  await Deno.remove(path);
});

Deno.test("who has no key is not examined", async () => {
  const { status } = await stack.invoke("zoho-admin/doctor", undefined, { apikey: "sb_secret_wrong" });
  assertEquals(status, 401);
});

import { assert, assertEquals } from "@std/assert";
import { callAdmin } from "../../cli/support/call_admin.ts";
import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { Administrator } from "../support/administrator.ts";
import { clusterUrl } from "../support/cluster.ts";

// The doctor on a running stack: exactly what is broken is found, and is well again when it is mended.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, cron: false, net: false });
  await stack.invoke("zoho-admin/watch", { action: "open" });
});
Deno.test.afterAll(() => stack.stop());

/** What stands before SQL in the doctor's advice. */
const inEditor = "In the SQL editor: ";
let advice: string[] = [];

/** Does what the doctor said last, as the project's owner. */
async function followAdvice(): Promise<void> {
  assert(advice.length > 0, "the doctor gave no SQL to run");
  for (const sql of advice) await stack.sql.unsafe(sql);
}

/** The checks that are not well, as "level name". */
async function examine(): Promise<string[]> {
  const answer = await callAdmin({ fetch }, { url: stack.apiUrl, secretKey: stack.secretKey }, "GET /doctor");
  const checks = Array.isArray(answer.checks) ? answer.checks.filter(isRecord) : [];
  assert(checks.length > 15, JSON.stringify(answer));
  const notWell = checks.filter(({ level }) => level !== "ok");
  for (const { name, mend, docs } of notWell) assert(mend && docs, `${name} comes without a way to mend it`);
  const known = new Set(
    await Array.fromAsync(Deno.readDir("docs/errors"), ({ name }) => `docs/errors/${name}`),
  );
  for (const { docs } of notWell) {
    if (String(docs).startsWith("docs/errors/")) assert(known.has(String(docs)), String(docs));
  }
  advice = notWell.map(({ mend }) => String(mend)).filter((mend) => mend.startsWith(inEditor))
    .map((mend) => mend.slice(inEditor.length));
  return notWell.map(({ level, name }) => `${level} ${name}`);
}

Deno.test("of a project that is well nothing is said", async () => assertEquals(await examine(), []));

const breakdowns: [string, () => Promise<unknown>, string[], () => Promise<unknown>][] = [
  [
    "a trigger that somebody switched off",
    () => stack.sql`alter table public.contracts disable trigger zoho_sync_update`,
    ["fail triggers"],
    () => stack.sql`alter table public.contracts enable trigger zoho_sync_update`,
  ],
  [
    "a trigger that is gone",
    () => stack.sql`drop trigger zoho_sync_delete on public.kyc_sessions`,
    ["fail triggers"],
    followAdvice,
  ],
  [
    "a cron job that is gone",
    () => stack.sql`select cron.unschedule('zoho-sync-sweep')`,
    ["fail cron zoho-sync-sweep"],
    followAdvice,
  ],
  [
    "a cron job that is switched off",
    () =>
      stack
        .sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'zoho-token-refresh'`,
    ["fail cron zoho-token-refresh"],
    followAdvice,
  ],
  [
    "a Vault without the key",
    () => stack.sql`delete from vault.secrets where name = 'zoho_sync_key'`,
    ["fail Vault zoho_sync_key"],
    () => stack.sql`select vault.create_secret(${stack.secretKey}, 'zoho_sync_key')`,
  ],
  [
    "answers of the functions that refuse the key",
    () => stack.sql`insert into net._http_response (id, status_code, created) values (999999, 401, now())`,
    ["fail doorbell"],
    () => stack.sql`delete from net._http_response where id = 999999`,
  ],
  [
    "a queue that an operator paused",
    () => stack.invoke("zoho-admin/pause", { reason: "month end" }),
    ["warn queue"],
    () => stack.invoke("zoho-admin/resume", {}),
  ],
  [
    "a change that nobody sends",
    () =>
      stack
        .sql`insert into public.zoho_sync_queue (entity_type, entity_id, cause, enqueued_at, next_attempt_at)
        values ('contract', gen_random_uuid(), 'test', now() - interval '1 hour', now() - interval '1 hour')`,
    ["fail oldest unsent change"],
    () => stack.sql`delete from public.zoho_sync_queue where cause = 'test'`,
  ],
  [
    "a dead letter",
    () =>
      stack.sql`insert into public.zoho_sync_queue (entity_type, entity_id, cause, status, error_code)
        values ('contract', gen_random_uuid(), 'test', 'dead', 'INVALID_DATA')`,
    ["warn dead letters"],
    () => stack.sql`delete from public.zoho_sync_queue where cause = 'test'`,
  ],
  [
    "a right that the token lacks",
    () => stack.zoho.changeSettings({ scopes: scopes().replace("ZohoSearch.securesearch.READ", "") }),
    ["fail right ZohoSearch.securesearch.READ"],
    () => stack.zoho.changeSettings({ scopes: scopes() }),
  ],
  [
    "a module of line items that the integration's user may not read",
    () => stack.zoho.changeSettings({ noPermission: ["Quoted_Items"] }),
    ["warn line items Quoted_Items"],
    () => stack.zoho.changeSettings({ noPermission: [] }),
  ],
  [
    "a picklist without one of its values",
    () =>
      new Administrator(stack).change("Deals", "Risk_Tier", {
        pick_list_values: ["Medium", "High"].map((actual_value) => ({ actual_value, _delete: null })),
      }),
    ["fail field Deals.Risk_Tier"],
    () => stack.invoke("zoho-admin/fields", { apply: true }),
  ],
  [
    "a field that was deleted",
    () => new Administrator(stack).delete("Quotes", "KYC_Status"),
    ["fail field Quotes.KYC_Status"],
    () => stack.invoke("zoho-admin/fields", { apply: true }),
  ],
];

const scopes = () =>
  "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ " +
  "ZohoCRM.notifications.ALL ZohoCRM.org.READ ZohoCRM.users.READ";

for (const [what, breakIt, expected, mend] of breakdowns) {
  Deno.test(`${what} is found, and nothing else`, async () => {
    await breakIt();
    try {
      assertEquals(await examine(), expected);
    } finally {
      await mend();
    }
    assertEquals(await examine(), []);
  });
}

Deno.test("a webhook secret that is too short and a function that is away are found", async () => {
  await stack.functions.restart("zoho-admin", { ZOHO_CRM_WEBHOOK_SECRET: "short" });
  await stack.functions.kill("zoho-token-refresh");
  try {
    const found = await examine();
    assert(found.includes("fail variables"), found.join());
    assert(found.some((check) => check === "fail function zoho-token-refresh"), found.join());
  } finally {
    await stack.functions.restart("zoho-admin", { ZOHO_CRM_WEBHOOK_SECRET: stack.webhookSecret });
    await stack.functions.restart("zoho-token-refresh");
  }
});

Deno.test("pg_cron that was dropped, or created again without its jobs, comes back whole by the doctor's advice", async () => {
  const jobs = async () => (await stack.sql`select jobname from cron.job where jobname like 'zoho-%'`).length;
  const before = await jobs();
  assert(before > 5);

  await stack.sql`drop extension pg_cron cascade`;
  assertEquals(await examine(), ["fail extension pg_cron"]);
  await followAdvice();
  assertEquals([await examine(), await jobs()], [[], before]);

  await stack.sql`drop extension pg_cron cascade`;
  await stack.sql`create extension pg_cron with schema pg_catalog`;
  const found = await examine();
  assertEquals([found.length, await jobs()], [before, 0]);
  assert(found.every((finding) => finding.startsWith("fail cron zoho-")), found.join());
  await followAdvice();
  assertEquals([await examine(), await jobs()], [[], before]);
});

Deno.test("a channel that nobody renewed and that ended is found", async () => {
  await stack.zoho.advanceClock(7 * 24 * 3600 * 1000);
  try {
    assertEquals(await examine(), ["fail clock", "warn notification channel"]);
  } finally {
    await stack.zoho.setClockOffset(0);
    await stack.invoke("zoho-admin/watch", { action: "open" });
  }
  assertEquals(await examine(), []);
});

Deno.test("a refresh token that Zoho refuses is found", async () => {
  await stack.sql`update public.zoho_tokens set expires_at = now() where true`;
  await stack.zoho.tokens("revoke_refresh");
  await stack.functions.restart("zoho-admin");
  try {
    const found = await examine();
    assert(found.includes("fail token"), found.join());
  } finally {
    await stack.zoho.tokens("restore_refresh");
    await stack.functions.restart("zoho-admin");
    await stack.invoke("zoho-token-refresh", {});
  }
  assertEquals(await examine(), []);
});

Deno.test("who has no key is not examined", async () => {
  const { status } = await stack.invoke("zoho-admin/doctor", undefined, { apikey: "sb_secret_wrong" });
  assertEquals(status, 401);
});

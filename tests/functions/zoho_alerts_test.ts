import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import type {
  AlertName,
  AlertsAnswer,
  AlertsCheckAnswer,
  AlertTestAnswer,
  StatusAnswer,
} from "../../supabase/functions/_shared/admin/answers.ts";
import { webhookEnv } from "../support/webhook.ts";
import { clusterUrl } from "../support/cluster.ts";
import { until } from "../support/until.ts";
import { adminCall, asked, refused } from "../support/admin_calls.ts";
import { fold } from "../support/fold.ts";

// Alerts from the rows to the message: a small listener is Slack, the mail API and the monitor outside.

interface Heard {
  path: string;
  authorization: string | null;
  body: string;
}

let heard: Heard[] = [];
/** Answered by path until it is taken away. */
const failing = new Map<string, number>();
const listener = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
  const { pathname: path } = new URL(request.url);
  heard.push({ path, authorization: request.headers.get("authorization"), body: await request.text() });
  return new Response("ok", { status: failing.get(path) ?? 200 });
});
const outside = `http://127.0.0.1:${listener.addr.port}`;
const hookToken = "hook_token_of_the_receiver";
const metricsToken = "metrics_token_of_at_least_32_characters";
const mailKey = "re_alerts_test_key_of_some_length";

const lines: string[] = [];
let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: { pauseMs: 5 },
    zoho: false,
    functions: ["zoho-admin"],
    onLog: (_, line) => lines.push(line),
    functionEnv: {
      ...webhookEnv,
      ZOHO_ALERT_WEBHOOK_URL: `${outside}/slack/T0/secret-path`,
      ZOHO_ALERT_EMAIL_TO: "ops@circletel.example, night@circletel.example",
      ZOHO_ALERT_EMAIL_FROM: "Zoho sync <sync@circletel.example>",
      ZOHO_ALERT_EMAIL_KEY: mailKey,
      ZOHO_ALERT_EMAIL_URL: `${outside}/mail`,
      ZOHO_ALERT_HEARTBEAT_URL: `${outside}/beat`,
      ZOHO_ALERT_DASHBOARD_URL: "https://ops.circletel.example",
      ZOHO_ALERT_HOOK_URL: `${outside}/hook`,
      ZOHO_ALERT_HOOK_TOKEN: hookToken,
      ZOHO_METRICS_TOKEN: metricsToken,
    },
  });
});
Deno.test.afterAll(async () => {
  await stack.stop();
  await listener.shutdown();
});
Deno.test.beforeEach(async () => {
  await stack.sql`delete from public.zoho_alerts where true`;
  await fold(stack.sql);
  await stack.sql`delete from public.zoho_sync_queue where true`;
  await stack.sql`delete from public.zoho_tokens where true`;
  await stack.sql`delete from public.zoho_channels where true`;
  await stack.sql`delete from public.zoho_credit_ledger where true`;
  await stack.sql`delete from public.zoho_sync_logs where true`;
  await stack.sql`select public.zoho_resume()`;
  failing.clear();
  heard = [];
});

const slackPath = "/slack/T0/secret-path";
const check = () => asked<AlertsCheckAnswer>(stack, "POST /alerts/check");
const to = (path: string) => heard.filter((each) => each.path === path);
const texts = () => to(slackPath).map(({ body }) => JSON.parse(body).blocks[0].text.text.split("\n")[0]);

async function deadLetters(count: number): Promise<void> {
  await stack.sql`
    insert into public.zoho_sync_queue (entity_type, entity_id, status, cause, error_code)
    select 'contract', gen_random_uuid(), 'dead', 'test', 'INVALID_DATA' from generate_series(1, ${count}::int)`;
}
const noDeadLetters = () => stack.sql`delete from public.zoho_sync_queue where status = 'dead'`;

/** Each breaks one thing and fixes it again. */
interface Fault {
  name: AlertName;
  /** Alerts that cannot but be on with it. */
  beside?: AlertName[];
  breaks: () => Promise<unknown>;
  mends: () => Promise<unknown>;
}

const FAULTS: Fault[] = [
  {
    name: "oldest_unsent",
    breaks: () =>
      stack.sql`insert into public.zoho_sync_queue (entity_type, entity_id, cause, enqueued_at)
        values ('contract', gen_random_uuid(), 'test', now() - interval '6 minutes')`,
    mends: () => stack.sql`delete from public.zoho_sync_queue where true`,
  },
  { name: "dead_letters", breaks: () => deadLetters(1), mends: noDeadLetters },
  {
    name: "paused",
    breaks: () => asked(stack, "POST /pause"),
    mends: () => asked(stack, "POST /resume"),
  },
  {
    name: "token_refused",
    breaks: () =>
      stack.sql`insert into public.zoho_tokens (access_token, refresh_token, expires_at, error_code)
        values ('v1:a', 'v1:b', now(), 'TOKEN_REFUSED')`,
    mends: () => stack.sql`update public.zoho_tokens set error_code = null where true`,
  },
  {
    name: "channel_silent",
    breaks: () =>
      stack.sql`insert into public.zoho_channels (channel_id, module, expires_at)
        values ('4142001', 'Deals', now() - interval '1 minute')`,
    mends: () => stack.sql`update public.zoho_channels set expires_at = now() + interval '6 days' where true`,
  },
  {
    name: "channel_silent",
    breaks: () =>
      stack.sql.begin(async (tx) => {
        await tx`insert into public.zoho_channels (channel_id, module, expires_at)
          values ('4142001', 'Deals', now() + interval '6 days')`;
        await tx`insert into public.zoho_sync_logs (entity_type, entity_id, status, drain_id, created_at)
          values ('contract', gen_random_uuid(), 'success', gen_random_uuid(), now() - interval '5 hours')`;
      }),
    mends: () =>
      stack
        .sql`insert into public.zoho_webhook_events (source, module, operation, record_id, digest, status)
        values ('signed', 'Deals', 'update', '1', repeat('a', 64), 'unmapped')`,
  },
  {
    name: "credits",
    breaks: () =>
      stack.sql`insert into public.zoho_credit_ledger (quarter, lane, credits) values (now(), 0, 40000)`,
    mends: () => stack.sql`update public.zoho_credit_ledger set credits = 100 where true`,
  },
  {
    name: "drift",
    breaks: () =>
      stack.sql`
        with run as (
          insert into public.zoho_reconcile_runs (kind, entity_types, status, actor, matched, differs)
          values ('full', '{contract}', 'finished', 'schedule', 10, 1) returning id)
        insert into public.zoho_reconcile_rows (run_id, entity_type, entity_id, zoho_type, verdict, reason)
        select id, 'contract', gen_random_uuid(), 'Deals', 'differs', 'fields' from run
        union all select id, 'contract', null, 'Deals', 'extra', 'unowned' from run`,
    mends: () => stack.sql`update public.zoho_reconcile_rows set repaired_at = now() where true`,
  },
  {
    name: "questions",
    breaks: () =>
      stack.sql`insert into public.zoho_questions (kind, entity_type, entity_id, answers)
        values ('record_gone', 'contract', gen_random_uuid(), '{make_again,unlink}')`,
    mends: () => stack.sql`delete from public.zoho_questions where true`,
  },
  {
    name: "account_questions",
    breaks: () =>
      stack.sql`insert into public.zoho_questions (kind, account_key, ours, theirs, reason, answers)
        values ('account', 'company:karoo', '"Karoo Traders"', '[]', 'several_accounts', '{link,make_new}')`,
    mends: () => stack.sql`delete from public.zoho_questions where true`,
  },
  {
    name: "old_questions",
    beside: ["account_questions"],
    breaks: () =>
      stack.sql`insert into public.zoho_questions (kind, account_key, ours, theirs, reason, answers, asked_at)
        values ('account', 'company:karoo', '"Karoo Traders"', '[]', 'several_accounts', '{link,make_new}', now() - interval '3 days')`,
    mends: () => stack.sql`delete from public.zoho_questions where true`,
  },
  {
    name: "unsent_compliance",
    beside: ["dead_letters"],
    breaks: () =>
      stack
        .sql`insert into public.zoho_sync_queue (entity_type, entity_id, cause, status, error_code, lane, enqueued_at)
        values ('contract', gen_random_uuid(), 'test', 'dead', 'INVALID_DATA', 0, now() - interval '1 hour')`,
    mends: () => stack.sql`delete from public.zoho_sync_queue where cause = 'test'`,
  },
  {
    name: "field_problems",
    breaks: () =>
      stack.sql`insert into public.zoho_fields (module, field, api_name, label, problem, problem_since)
        values ('Deals', 'KYC_Status', 'KYC_Status', 'KYC Status', 'missing', now())`,
    mends: () => stack.sql`delete from public.zoho_fields where true`,
  },
];

for (const { name, beside = [], breaks, mends } of FAULTS) {
  const names = [name, ...beside].sort();
  const turned = (state: string) => names.map((each) => ({ name: each, state }));
  Deno.test(`${name} is sent once when it begins, not again while it lasts, and once when it is over`, async () => {
    await check();
    assertEquals(heard.filter(({ path }) => path !== "/beat"), []);
    await breaks();
    assertEquals(
      await check(),
      { success: true, changed: turned("on"), sent: 3, failed: 0 } as never,
    );
    assertEquals([to(slackPath).length, to("/mail").length], [1, 1]);
    assertStringIncludes(texts()[0] ?? "", "ALERT ");
    assertEquals((await asked<StatusAnswer>(stack, "GET /status")).alerts.on.toSorted(), names);

    for (let again = 0; again < 3; again++) assertEquals((await check()).changed, []);
    assertEquals([to(slackPath).length, to("/mail").length], [1, 1]);

    await mends();
    assertEquals((await check()).changed, turned("off") as never);
    assertStringIncludes(texts()[1] ?? "", "OVER ");
    await check();
    assertEquals([to(slackPath).length, to("/mail").length], [2, 2]);
    assertEquals((await asked<StatusAnswer>(stack, "GET /status")).alerts.on, []);
  });
}

Deno.test("drift that a full comparison found is not over because an hourly one looked elsewhere", async () => {
  const runs = (kind: string, hoursAgo: number) =>
    stack.sql`insert into public.zoho_reconcile_runs (kind, entity_types, status, actor, started_at)
      values (${kind}, '{contract}', 'finished', 'schedule', now() - ${hoursAgo} * interval '1 hour') returning id`;
  await stack.sql`delete from public.zoho_reconcile_runs where true`;
  const [full] = await runs("full", 2);
  await stack
    .sql`insert into public.zoho_reconcile_rows (run_id, entity_type, entity_id, zoho_type, verdict, reason)
    values (${full?.id}, 'contract', gen_random_uuid(), 'Deals', 'missing', 'gone')`;
  await runs("incremental", 1);
  assertEquals((await check()).changed, [{ name: "drift", state: "on" }]);
  await runs("full", 0);
  assertEquals((await check()).changed, [{ name: "drift", state: "off" }]);
});

Deno.test("a message is Slack's and the mail API's, with a link and the key where it belongs", async () => {
  await deadLetters(2);
  await check();
  const [slack] = to(slackPath);
  const { text, blocks } = JSON.parse(slack?.body ?? "{}");
  assertEquals(text, "Zoho sync: Changes that retries will not fix");
  assertEquals(blocks, [{
    type: "section",
    text: {
      type: "mrkdwn",
      text: "ALERT Changes that retries will not fix: 2 dead letters: see Problems\n" +
        "<https://ops.circletel.example|Open the dashboard>",
    },
  }]);
  const [mail] = to("/mail");
  assertEquals(mail?.authorization, `Bearer ${mailKey}`);
  assertEquals(JSON.parse(mail?.body ?? "{}"), {
    from: "Zoho sync <sync@circletel.example>",
    to: ["ops@circletel.example", "night@circletel.example"],
    subject: "Zoho sync: Changes that retries will not fix",
    text:
      "ALERT Changes that retries will not fix: 2 dead letters: see Problems\n\nhttps://ops.circletel.example",
  });
});

Deno.test("several alerts at once are one message", async () => {
  await deadLetters(1);
  await asked(stack, "POST /pause");
  const { changed, sent } = await check();
  assertEquals([changed.map(({ name }) => name), sent], [["dead_letters", "paused"], 3]);
  assertEquals([to(slackPath).length, to("/mail").length], [1, 1]);
  assertStringIncludes(to("/mail")[0]?.body ?? "", "and 1 more");
});

Deno.test("a message that one channel refused is sent to that one again, and the heartbeat waits for it", async () => {
  failing.set(slackPath, 500);
  await deadLetters(1);
  assertEquals((await check()).failed, 1);
  assertEquals([to(slackPath).length, to("/mail").length, to("/beat").length], [1, 1, 0]);
  const { alerts } = await asked<AlertsAnswer>(stack, "GET /alerts");
  assertEquals(alerts.filter(({ isUnsent }) => isUnsent).map(({ name }) => name), ["dead_letters"]);
  failing.clear();
  assertEquals(await check(), { success: true, changed: [], sent: 1, failed: 0 } as never);
  assertEquals([to(slackPath).length, to("/mail").length, to("/beat").length], [2, 1, 1]);
  assertStringIncludes(texts()[1] ?? "", "ALERT ");
});

Deno.test("an alert that ended before it could be sent is not sent at all", async () => {
  failing.set(slackPath, 500).set("/mail", 500).set("/hook", 500);
  await deadLetters(1);
  await check();
  await noDeadLetters();
  failing.clear();
  heard = [];
  await check();
  assertEquals(heard.map(({ path }) => path), ["/beat"]);
});

Deno.test("ten checks at once send an alert once", async () => {
  await check();
  heard = [];
  await deadLetters(1);
  const checks = await Promise.all(Array.from({ length: 10 }, check));
  assertEquals(checks.filter(({ changed }) => changed.length > 0).length, 1);
  assertEquals([to(slackPath).length, to("/mail").length], [1, 1]);
});

Deno.test("an alert that a killed check was sending is sent by another one a minute later", async () => {
  await deadLetters(1);
  await stack.sql`
    select public.zoho_decide_alerts('[{"name": "dead_letters", "on": true, "detail": "1"}]', '{webhook,email}')`;
  await check();
  assertEquals(to(slackPath).length, 0);
  await stack.sql`update public.zoho_alerts set telling_until = now() - interval '1 second' where true`;
  await check();
  assertEquals(to(slackPath).length, 1);
});

Deno.test("a muted alert is shown but not sent; once unmuted it is sent if it still lasts", async () => {
  const muted = await asked<AlertsAnswer>(stack, "POST /alerts/mute", {
    alert: "dead_letters",
    until: "forever",
  });
  const item = (answer: AlertsAnswer) => answer.alerts.find(({ name }) => name === "dead_letters");
  assertEquals([item(muted)?.isMuted, item(muted)?.mutedUntil, muted.lastCheckedAt], [true, null, null]);
  await deadLetters(1);
  assertEquals((await check()).changed, [{ name: "dead_letters", state: "on" }]);
  assertEquals([to(slackPath).length, to("/mail").length], [0, 0]);
  assertEquals(item(await asked<AlertsAnswer>(stack, "GET /alerts"))?.state, "on");
  await asked(stack, "POST /alerts/mute", { alert: "dead_letters", until: null });
  await check();
  assertEquals(to(slackPath).length, 1);
  const [act] = await stack
    .sql`select action, details from public.zoho_admin_actions order by id desc limit 1`;
  assertEquals([act?.action, act?.details], ["unmute", { alert: "dead_letters", until: null }]);
});

Deno.test("an expired muting has no effect", async () => {
  await asked(stack, "POST /alerts/mute", { alert: "dead_letters", until: "2026-01-01T00:00:00Z" });
  await deadLetters(1);
  await check();
  assertEquals(to(slackPath).length, 1);
});

Deno.test("a check that had stopped for twenty minutes reports that itself", async () => {
  await check();
  await stack.sql`update public.zoho_alerts set checked_at = now() - interval '20 minutes' where true`;
  const { health } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals(health.reasons.map(({ code }) => code), ["ALERTS_SILENT"]);
  await check();
  assertStringIncludes(texts()[0] ?? "", "no check ran for 20 minutes");
});

Deno.test("the check answers the schedule at once and runs after it", async () => {
  await deadLetters(1);
  const { status } = await adminCall(stack, "POST /alerts/check", { reason: "schedule" });
  assertEquals(status, 202);
  await until(() => Promise.resolve(to("/beat").length === 1), { what: "the heartbeat" });
  assertEquals(to(slackPath).length, 1);
});

Deno.test("the scheduled job calls the check", async () => {
  const [job] = await stack.sql`select schedule, command from cron.job where jobname = 'zoho-alerts-check'`;
  assertEquals(job?.schedule, "* * * * *");
  await stack.sql.unsafe(job?.command);
  await until(() => Promise.resolve(to("/beat").length === 1), { what: "the heartbeat" });
});

Deno.test("every alert is listed with its condition and its channels", async () => {
  const { alerts, channels } = await asked<AlertsAnswer>(stack, "GET /alerts");
  const broken = new Set(FAULTS.map(({ name }) => name));
  assertEquals(alerts.length, broken.size + 2, "with alerts_silent and not_this_project");
  assert(alerts.every(({ title, state }) => title.length > 10 && state === "off"));
  assertEquals(channels, { webhook: true, email: true, hook: true, heartbeat: true });
});

Deno.test("neither the webhook's address nor the mail key is in any log line or answer", async () => {
  failing.set(slackPath, 500).set("/mail", 403);
  await deadLetters(1);
  await check();
  const told = JSON.stringify([
    await asked(stack, "GET /alerts"),
    await asked(stack, "GET /settings"),
    lines,
  ]);
  assertStringIncludes(told, "HTTP_500");
  for (const secret of ["secret-path", mailKey, "ops@circletel.example"]) {
    assert(!told.includes(secret), secret);
  }
});

const REFUSALS: { route: string; body: unknown; field: string }[] = [
  { route: "POST /alerts/mute", body: { until: null }, field: "alert" },
  { route: "POST /alerts/mute", body: { alert: "noise", until: null }, field: "alert" },
  { route: "POST /alerts/mute", body: { alert: "paused" }, field: "until" },
  { route: "POST /alerts/mute", body: { alert: "paused", until: "tomorrow" }, field: "until" },
  { route: "POST /alerts/mute", body: { alert: "paused", until: null, why: "x" }, field: "why" },
  { route: "POST /alerts/check", body: { now: true }, field: "now" },
  { route: "GET /alerts?x=1", body: {}, field: "x" },
];

for (const { route, body, field } of REFUSALS) {
  Deno.test(`${route} ${JSON.stringify(body)} is refused and ${field} is named`, async () => {
    const refusal = await refused(stack, route, body);
    assertEquals([refusal.status, refusal.field], [400, field]);
  });
}

Deno.test("a program gets alerts as JSON with its bearer token: what began, and how long what is over lasted", async () => {
  await deadLetters(2);
  await check();
  const [begun] = to("/hook");
  assertEquals(begun?.authorization, `Bearer ${hookToken}`);
  const { sentAt, alerts: [alert], ...rest } = JSON.parse(begun?.body ?? "{}");
  assert(Date.parse(sentAt) > 0);
  assertEquals(rest, {
    type: "zoho_sync.alerts",
    version: 1,
    isTest: false,
    link: "https://ops.circletel.example",
  });
  assertEquals([alert.name, alert.state, alert.lastedMinutes], ["dead_letters", "on", null]);
  assertStringIncludes(alert.detail, "2 dead letters");
  await stack
    .sql`update public.zoho_alerts set began_at = now() - interval '7 minutes' where name = 'dead_letters'`;
  await noDeadLetters();
  await check();
  const [over] = JSON.parse(to("/hook")[1]?.body ?? "{}").alerts;
  assertEquals([over.name, over.state, over.lastedMinutes], ["dead_letters", "off", 7]);
});

Deno.test("a test alert goes to every channel and reports which accepted it; it is audited", async () => {
  failing.set("/mail", 422);
  const { results } = await asked<AlertTestAnswer>(stack, "POST /alerts/test", {});
  assertEquals(results, [
    { channel: "webhook", ok: true, code: null },
    { channel: "email", ok: false, code: "HTTP_422" },
    { channel: "hook", ok: true, code: null },
  ]);
  assertStringIncludes(JSON.parse(to(slackPath)[0]?.body ?? "{}").text, "a test");
  assertEquals(JSON.parse(to("/hook")[0]?.body ?? "{}").isTest, true);
  const [act] = await stack.sql`select action from public.zoho_admin_actions order by id desc limit 1`;
  assertEquals(act?.action, "test alert");
  assertEquals((await asked<AlertsAnswer>(stack, "GET /alerts")).isAnyoneNotified, true);
  assertEquals((await asked<StatusAnswer>(stack, "GET /status")).alerts.isAnyoneNotified, true);
});

Deno.test("a channel set by a variable cannot be set on the page", async () => {
  for (const channel of ["webhook", "hook"]) {
    const body = { channel, url: "https://hooks.example.com/x" };
    assertEquals((await refused(stack, "POST /alerts/channels", body)).code, "SET_BY_VARIABLE");
  }
});

Deno.test("metrics are read with a token of their own, which opens nothing else and is never shown; no other key opens them", async () => {
  await deadLetters(3);
  const get = (path: string, headers: Record<string, string>) =>
    fetch(`${stack.apiUrl}/functions/v1/zoho-admin${path}`, { headers });
  const bearer = { authorization: `Bearer ${metricsToken}` };
  const page = await get("/metrics", bearer);
  assertEquals([page.status, page.headers.get("content-type")], [
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  assertStringIncludes(await page.text(), "zoho_sync_dead_letters 3\n");
  for (const headers of [{}, { apikey: stack.secretKey }, { authorization: `Bearer ${metricsToken}x` }]) {
    const refusal = await get("/metrics", headers as Record<string, string>);
    assertEquals(refusal.status, 401);
    assertEquals((await refusal.json()).error.code, "INVALID_METRICS_TOKEN");
  }
  const status = await get("/status", bearer);
  assertEquals(status.status, 401);
  await status.body?.cancel();
  assert(!lines.join("\n").includes(metricsToken));
});

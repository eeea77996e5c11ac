import { assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { channelToken, webhookEnv } from "../support/webhook.ts";
import { clusterUrl } from "../support/cluster.ts";
import { until } from "../support/until.ts";
import { adminCall } from "../support/admin_calls.ts";

// Events that were left open: one that cannot be applied must not stand in the way of the others for ever.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    functions: ["zoho-admin"],
    functionEnv: { ...webhookEnv, ZOHO_NOTIFICATION_TOKEN: channelToken },
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.beforeEach(async () => {
  await stack.zoho.clearFaults();
  await stack.sql`delete from public.zoho_webhook_events where true`;
});

/** Notifications of two minutes ago that nobody has looked up. */
async function openNotifications(count: number): Promise<void> {
  await stack.sql`
    insert into public.zoho_webhook_events (received_at, source, module, operation, record_ids, digest, dedupe_key, body)
    select now() - interval '2 minutes', 'notification', 'Deals', 'update', array[n::text],
      md5(n::text) || md5(n::text), 'notification ' || n, '{}' from generate_series(1, ${count}::int) n`;
}

/** A signed event holds its record: applying it asks nobody. */
async function openSigned(): Promise<void> {
  await stack.sql`
    insert into public.zoho_webhook_events (received_at, source, module, operation, record_ids, digest, dedupe_key, body)
    values (now() - interval '2 minutes', 'signed', 'Deals', 'update', '{900}', repeat('a', 64), 'signed',
      '{"records": [{"id": "900", "Stage": "Closed Won"}]}')`;
}

const statusOfSigned = async () =>
  (await stack.sql`select status from public.zoho_webhook_events where source = 'signed'`)[0]?.status;

async function sweep(): Promise<void> {
  assertEquals((await adminCall(stack, "POST /sweep")).status, 202);
}

const putOff = async () =>
  (await stack.sql`select from public.zoho_webhook_events where reason ~ '^Zoho could not'`).length;

Deno.test("a hundred notifications that fail for good let the event behind them through, and burn their tries", async () => {
  await stack.zoho.addFaults({
    match: { method: "GET", path: "Deals" },
    kind: "status",
    status: 400,
    body: { code: "INVALID_DATA", message: "the given id seems to be invalid", details: {}, status: "error" },
  });
  await openNotifications(100);
  await openSigned();
  await sweep();
  await until(async () => await putOff() === 100, { what: "a hundred put off" });
  assertEquals(await statusOfSigned(), "received");
  await sweep();
  await until(async () => await statusOfSigned() === "unmapped", {
    what: "the signed event",
  });
  const rows = await stack.sql`
    select distinct status, attempts, reason from public.zoho_webhook_events where source = 'notification'`;
  assertEquals(rows.map((row) => ({ ...row })), [
    { status: "received", attempts: 1, reason: "Zoho could not be asked: INVALID_DATA" },
  ]);
});

Deno.test("while Zoho is away notifications are put off and burn no try", async () => {
  await stack.zoho.addFaults({ match: { method: "GET", path: "Deals" }, kind: "status", status: 503 });
  await openNotifications(3);
  await sweep();
  await until(async () => await putOff() === 3, { what: "three put off" });
  const rows = await stack.sql`select distinct status, attempts from public.zoho_webhook_events`;
  assertEquals(rows.map((row) => ({ ...row })), [{ status: "received", attempts: 0 }]);

  await stack.zoho.clearFaults();
  await stack.sql`update public.zoho_webhook_events set next_attempt_at = now() where true`;
  await sweep();
  await until(
    async () =>
      (await stack.sql`select from public.zoho_webhook_events where status = 'received'`).length === 0,
    { what: "all of them" },
  );
});

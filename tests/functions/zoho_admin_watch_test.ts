import { assert, assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { bothWaysWithAdmin, channelToken } from "../support/webhook.ts";
import { inStep, statusOf } from "../support/linked.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";

// The Notification API's channel: opened, listed, renewed, and opened anew when it has run out.

const day = 24 * 3600 * 1000;

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...bothWaysWithAdmin });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.beforeEach(() => stack.zoho.reset());

interface Channel {
  channelId: string;
  module: string;
  expiresAt: string;
}

async function watch(action: string): Promise<Channel[]> {
  const { status, body } = await stack.invoke("zoho-admin/watch", { action });
  assertEquals(status, 200, JSON.stringify(body));
  const { success, channels } = body as { success: boolean; channels: Channel[] };
  assertEquals(success, true);
  return channels;
}

/** In days from the simulator's now. */
async function daysLeft(channel: Channel | undefined): Promise<number> {
  return (Date.parse(channel?.expiresAt ?? "") - (await stack.zoho.state()).nowMs) / day;
}

Deno.test("a channel is opened for six days, and then Zoho sends callbacks", async () => {
  assertEquals(await watch("list"), []);
  const opened = await watch("open");
  assertEquals(opened.map(({ module }) => module), ["Deals", "Quotes", "Invoices", "Contacts", "Accounts"]);
  assert(Math.abs(await daysLeft(opened[0]) - 6) < 0.01);
  assertEquals(await watch("list"), opened);

  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await until(async () => await statusOf(stack, contract) === "active", { what: "the contract" });
});

Deno.test("opening a channel twice leaves one", async () => {
  await watch("open");
  const opened = await watch("open");
  assertEquals(await watch("list"), opened);
});

Deno.test("renewing a channel gives it six days again", async () => {
  await watch("open");
  const mark = await bookmark(stack);
  const renewed = await watch("renew");
  assert(Math.abs(await daysLeft(renewed[0]) - 6) < 0.01);
  assertEquals(await zohoCallsSince(stack, mark), ["PATCH /actions/watch"]);
  assertEquals(await watch("list"), renewed);
});

Deno.test("renewing an expired channel opens a new one", async () => {
  await watch("open");
  await stack.zoho.advanceClock(7 * day);
  assertEquals(await watch("list"), [], "it has run out");
  await stack.zoho.setClockOffset(0);
  const mark = await bookmark(stack);
  const renewed = await watch("renew");
  assertEquals(await zohoCallsSince(stack, mark), ["PATCH /actions/watch", "POST /actions/watch"]);
  assert(Math.abs(await daysLeft(renewed[0]) - 6) < 0.01);
});

Deno.test("the schedule renews the channel every night", async () => {
  await watch("open");
  const [job] = await stack.sql<Row[]>`select * from cron.job where jobname = 'zoho-channels-renew'`;
  assertEquals(job?.schedule, "41 3 * * *");
  const mark = await bookmark(stack);
  const { status, message } = await stack.cron.runJobNow("zoho-channels-renew");
  assertEquals(status, "succeeded", message);
  await until(async () => (await zohoCallsSince(stack, mark)).includes("PATCH /actions/watch"), {
    what: "the renewal",
  });
});

Deno.test("opening and renewing a channel are audited, reading is not", async () => {
  await stack.sql`truncate public.zoho_admin_actions`;
  for (const action of ["list", "open", "renew"]) await watch(action);
  const rows = await stack.sql<
    Row[]
  >`select actor, action, details from public.zoho_admin_actions order by id`;
  assertEquals(rows.map(({ actor, action }) => [actor, action]), [
    ["secret key", "watch: open"],
    ["secret key", "watch: renew"],
  ]);
  assert(!JSON.stringify(rows).includes(channelToken));
});

const wrongBodies: [Record<string, unknown>, string][] = [
  [{}, "action"],
  [{ action: "close" }, "action"],
  [{ action: null }, "action"],
  [{ action: "open", force: true }, "force"],
];

for (const [body, field] of wrongBodies) {
  Deno.test(`${JSON.stringify(body)} is 400 and names ${field}`, async () => {
    const { status, body: answer } = await stack.invoke("zoho-admin/watch", body);
    assertEquals([status, (answer as { error: { field: string } }).error.field], [400, field]);
  });
}

Deno.test("a refusal of Zoho's is answered with its code and advice, and never with the token", async () => {
  await stack.zoho.addFaults({
    match: { path: "/actions/watch" },
    kind: "status",
    status: 401,
    body: { code: "OAUTH_SCOPE_MISMATCH", details: {}, message: "invalid oauth scope", status: "error" },
  });
  const { status, body } = await stack.invoke("zoho-admin/watch", { action: "open" });
  const { error } = body as { error: { code: string; hint: string } };
  assertEquals([status, error.code], [502, "OAUTH_SCOPE_MISMATCH"]);
  assert(error.hint.length > 10);
  assert(!JSON.stringify(body).includes(channelToken));
});

Deno.test("no channel is used without a token: opening says so, the nightly renewal succeeds", async () => {
  await stack.functions.restart("zoho-admin", { ZOHO_NOTIFICATION_TOKEN: undefined });
  const mark = await bookmark(stack);
  for (const [action, success] of [["open", false], ["list", false], ["renew", true]] as const) {
    const { status, body } = await stack.invoke("zoho-admin/watch", { action });
    assertEquals([status, (body as { success: boolean }).success], [200, success], action);
  }
  assertEquals(await zohoCallsSince(stack, mark), []);
  await stack.functions.restart("zoho-admin", { ZOHO_NOTIFICATION_TOKEN: channelToken });
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { insertPlainToken } from "../support/plain_token.ts";
import type { Stack } from "../../local/stack.ts";
import { decryptSecret } from "../../supabase/functions/_shared/platform/secrets.ts";
import { dealsOf, sell, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { dumpOf } from "../support/rows.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import {
  dealAttempts,
  letPausePass,
  queueRow,
  settled,
  sweep,
  syncState,
  untilPausedBy,
} from "../support/queue.ts";
import { until } from "../support/until.ts";

// One token for all processes: fetched once, kept encrypted, said nowhere.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const encryptionKey = new Uint8Array(32).fill(7);

let stack: Stack;
/** What the throttles allow is for the tests of the throttles. */
const plenty = { newTokensPer10Minutes: 1_000 };
const printed: string[] = [];
const answered: string[] = [];

Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    instances: 3,
    functionEnv: { ZOHO_TOKEN_ENCRYPTION_KEY: encryptionKey.toBase64() },
    onLog: (name, line) => printed.push(`${name}: ${line}`),
  });
  await stack.zoho.changeSettings(plenty);
});
Deno.test.afterAll(() => stack.stop());
// Each test starts with a token that has ended, and leaves no pause to the next.
Deno.test.beforeEach(async () => {
  await stack
    .sql`update public.zoho_tokens set expires_at = now() - interval '1 second', recent_refreshes = '{}'`;
});
Deno.test.afterEach(async () => {
  await stack.sql`select public.zoho_resume()`;
});

interface Refreshed {
  status: number;
  body: { success: boolean; expiresAt?: string; error?: { code: string; message: string; hint: string } };
}

async function refresh(): Promise<Refreshed> {
  const { status, body } = await stack.invoke("zoho-token-refresh", { reason: "test" });
  answered.push(JSON.stringify(body));
  return { status, body: body as Refreshed["body"] };
}

/** As if the refreshes so far were more than ten minutes old. */
async function forgetRefreshes(): Promise<void> {
  await stack.sql`update public.zoho_tokens set recent_refreshes = '{}'`;
}

/** The token's hour is over, here and at Zoho. */
async function anHourLater(): Promise<void> {
  await stack.zoho.advanceClock(HOUR);
  await stack
    .sql`update public.zoho_tokens set expires_at = now() - interval '1 second', recent_refreshes = '{}'`;
}

const refreshes = async () => (await stack.zoho.state()).tokens.refreshes;
const asked = async () => {
  const { refreshes, refused } = (await stack.zoho.state()).tokens;
  return refreshes + refused;
};

interface TokenRow {
  access_token: string;
  refresh_token: string;
  version: string;
  error_code: string | null;
  is_good: boolean;
}

async function tokenRow(): Promise<TokenRow> {
  const [row] = await stack.sql<
    TokenRow[]
  >`select *, expires_at > now() + interval '50 minutes' as is_good from public.zoho_tokens`;
  if (!row) throw new Error("there is no token row");
  return row;
}

/** Zoho's token service answers 503 once. */
const tokensFailOnce = () =>
  stack.zoho.addFaults({
    match: { path: "/oauth/" },
    kind: "status",
    status: 503,
    body: "down",
    times: 1,
  });

Deno.test("fifty callers in three processes at the token's end make one refresh", async () => {
  await refresh();
  await anHourLater();
  const before = await refreshes();
  const answers = await Promise.all(Array.from({ length: 50 }, refresh));
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  assertEquals(new Set(answers.map(({ body }) => body.success)), new Set([true]));
  assertEquals(await refreshes() - before, 1);
});

Deno.test("drains and refreshes at the token's end share one refresh", async () => {
  const first = await sell(stack);
  await settled(stack, first.contract);
  await anHourLater();
  const before = await refreshes();
  const [second] = await Promise.all([sell(stack), ...Array.from({ length: 20 }, refresh)]);
  await settledDeal(stack, second.contract);
  assertEquals(await refreshes() - before, 1);
});

Deno.test("a token that lasts is not refreshed", async () => {
  await refresh();
  const before = await asked();
  const { status, body } = await refresh();
  assertEquals([status, body.success], [200, true]);
  assertEquals(await asked(), before);
});

Deno.test("the schedule refreshes ten minutes before the end, and not earlier", async () => {
  await refresh();
  const before = await refreshes();
  await stack.cron.runJobNow("zoho-token-refresh");
  await stack.sql`update public.zoho_tokens set expires_at = now() + interval '9 minutes'`;
  await stack.cron.runJobNow("zoho-token-refresh");
  await until(async () => (await tokenRow()).is_good, { what: "a new token" });
  assertEquals(await refreshes() - before, 1);
});

Deno.test("a token that ends during a write costs one refresh and no attempt", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  await refresh();
  // A stage waits for a second without writes to the Deal.
  await stack.zoho.advanceClock(10_000);
  const before = await refreshes();
  await stack.zoho.tokens("expire_all");
  const mark = await bookmark(stack);
  await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
  assertEquals(await refreshes() - before, 1);
  // Three processes take turns. One that has written nothing yet meets the dead token in its revision check (2 calls), one
  // that knows it in the look (3), one that remembers an earlier token is refused with both (4).
  const calls = await zohoCallsSince(stack, mark);
  assertEquals(calls.at(-1), "PUT /Deals");
  assertEquals(new Set(calls.slice(0, -1)), new Set(["GET /Deals"]), "the look is made again");
  assert(calls.length >= 2 && calls.length <= 4, `${calls.length} calls`);
  assertEquals((await dealAttempts(stack, contract)).map(({ status }) => status), ["success", "success"]);
});

Deno.test("a dead token fetched by another process is replaced by a new one", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  // The schedule refreshes ahead of time, while the drain's processes still know the token before it.
  await stack.sql`update public.zoho_tokens set expires_at = now() - interval '1 second'`;
  await refresh();
  const before = await refreshes();
  await stack.zoho.tokens("expire_all");
  await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
  assertEquals(await refreshes() - before, 1);
});

Deno.test("a refresh token that Zoho refuses stops everything, says what to do, and goes on once it is fixed", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  await stack.zoho.tokens("revoke_refresh");
  await anHourLater();

  const { status, body } = await refresh();
  assertEquals([status, body.success, body.error?.code], [503, false, "TOKEN_REFUSED"]);
  assertMatch(body.error?.hint ?? "", /ZOHO_REFRESH_TOKEN/);
  assertEquals((await tokenRow()).error_code, "TOKEN_REFUSED");

  await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
  const paused = await untilPausedBy(stack, "TOKEN_REFUSED");
  assertEquals(paused.until_resumed, true);
  assertMatch(String(paused.pause_message), /ZOHO_REFRESH_TOKEN/);
  const waiting = await queueRow(stack, contract);
  assertEquals([waiting?.status, waiting?.failed_rounds], ["pending", 0]);

  // Nobody goes on asking Zoho: neither the sweep nor the bell.
  const before = await asked();
  await sweep(stack);
  await stack.invoke("zoho-sync", {});
  assertEquals(await asked(), before);

  await stack.zoho.tokens("restore_refresh");
  await stack.cron.runJobNow("zoho-token-refresh");
  await until(async () => (await syncState(stack)).pause_code === null, { what: "the end of the pause" });
  await sweep(stack);
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
  assertEquals((await tokenRow()).error_code, null);
});

Deno.test("a temporary token refusal is waited out for as long as Zoho asks", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  // The last refresh counts, so the next one is too many.
  await anHourLater();
  await refresh();
  await stack.zoho.changeSettings({ newTokensPer10Minutes: 1 });
  await stack.zoho.tokens("expire_all");
  await stack.sql`update public.zoho_tokens set expires_at = now() - interval '1 second'`;

  const { status, body } = await refresh();
  assertEquals([status, body.error?.code], [503, "TOKEN_THROTTLED"]);
  await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
  const paused = await untilPausedBy(stack, "TOKEN_THROTTLED");
  assert(
    Number(paused.pause_seconds) > 60 && Number(paused.pause_seconds) <= 600,
    String(paused.pause_seconds),
  );
  assertEquals((await queueRow(stack, contract))?.failed_rounds, 0);

  await stack.zoho.advanceClock(10 * MINUTE);
  await letPausePass(stack);
  await sweep(stack);
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
  await stack.zoho.changeSettings(plenty);
});

Deno.test("eight refreshes in ten minutes are the limit, before Zoho's own", async () => {
  await refresh();
  await anHourLater();
  await stack.sql`
    update public.zoho_tokens set recent_refreshes = array_fill(now() - interval '5 minutes', array[8])
  `;
  const before = await asked();
  const { status, body } = await refresh();
  assertEquals([status, body.error?.code], [503, "TOKEN_THROTTLED"]);
  assertEquals(await asked(), before);
  await forgetRefreshes();
  assertEquals((await refresh()).status, 200);
});

Deno.test("a token service that does not answer is retried, and the refresh lease released", async () => {
  await anHourLater();
  await tokensFailOnce();
  const { status, body } = await refresh();
  assertEquals([status, body.error?.code], [503, "TOKEN_UNAVAILABLE"]);
  assertEquals((await refresh()).status, 200);
  await stack.zoho.clearFaults();
});

Deno.test("both tokens are ciphertext in the database, and only the key decrypts them", async () => {
  await refresh();
  const row = await tokenRow();
  for (const stored of [row.access_token, row.refresh_token]) {
    assertMatch(stored, /^v1:[A-Za-z0-9+/=]{40,}$/);
    assertMatch(await decryptSecret([encryptionKey], stored), /^1000\./);
  }
});

Deno.test("a plain-text row of the original service is adopted, and then encrypted", async () => {
  for (const expires_at of ["2027-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]) {
    await forgetRefreshes();
    await stack.sql`delete from public.zoho_tokens`;
    await insertPlainToken(stack.sql, {
      access_token: "1000.legacy.access",
      refresh_token: "1000.local.refresh",
      expires_at,
    });
    assertEquals((await refresh()).status, 200);
    const row = await tokenRow();
    assertMatch(row.access_token, /^v1:/);
    assertMatch(row.refresh_token, /^v1:/);
    assertEquals(await decryptSecret([encryptionKey], row.refresh_token), "1000.local.refresh");
  }
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
});

Deno.test("no token is in a log line, a table or an answer", async () => {
  await forgetRefreshes();
  await anHourLater();
  // What fails is what has something to print.
  await tokensFailOnce();
  assertEquals((await refresh()).status, 503);
  await stack.zoho.clearFaults();
  assertEquals((await refresh()).status, 200);
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  assertEquals((await dealsOf(stack, contract)).length, 1);
  const { access_token, refresh_token } = await tokenRow();
  const secrets = [
    await decryptSecret([encryptionKey], access_token),
    await decryptSecret([encryptionKey], refresh_token),
    encryptionKey.toBase64(),
    "local-client-secret",
    stack.secretKey,
  ];
  const tables = await dumpOf(stack, [
    "zoho_tokens",
    "zoho_sync_logs",
    "zoho_entity_mappings",
    "zoho_accounts",
    "zoho_sync_queue",
    "zoho_sync_state",
    "zoho_notices",
    "zoho_credit_ledger",
  ]);
  const [net] = await stack
    .sql`select coalesce(string_agg(r::text, ''), '') as dump from net._http_response r`;
  const places = { tables, net: String(net?.dump), logs: printed.join("\n"), answers: answered.join("\n") };
  for (const [place, text] of Object.entries(places)) {
    assert(text.length > 0, `${place} is empty`);
    for (const secret of secrets) assert(!text.includes(secret), `${place} holds a secret`);
    // Any token, also those of the tests before.
    assertEquals(text.match(/1000\.[0-9a-f]{16,}/g) ?? [], [], place);
  }
  assertMatch(secrets[0] ?? "", /1000\.[0-9a-f]{16,}/);
});

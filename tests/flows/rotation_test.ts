import { assertEquals, assertRejects } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { decryptSecret, SecretUnreadableError } from "../../supabase/functions/_shared/platform/secrets.ts";
import { until } from "../support/until.ts";
import { hmacHex, post } from "../support/webhook.ts";
import { type Env, signWith, startBeside, startTraffic, tokensAsked } from "./rotation_steps.ts";
import { sell, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { sweep, syncState } from "../support/queue.ts";

// docs/rotate-secrets.md, step by step and under traffic: isolates with the old and the new value run side by side.

const bytes = (value: number) => new Uint8Array(32).fill(value);
const [oldKey, newKey] = [bytes(1), bytes(2)];
const [oldSecret, newSecret] = [
  "old-webhook-secret-of-forty-characters-1",
  "new-webhook-secret-of-forty-characters-2",
];
const [oldToken, newToken] = ["old-token-of-the-channel", "new-token-of-the-channel"];

const automations = ["sb_secret_automations_1_0000000000000", "sb_secret_automations_2_0000000000000"];

let stack: Stack;
const printed: string[] = [];
Deno.test.beforeEach(async () => {
  stack = await startQuietStack({
    moreSecretKeys: automations,
    functionEnv: {
      ZOHO_TOKEN_ENCRYPTION_KEY: oldKey.toBase64(),
      ZOHO_CRM_WEBHOOK_SECRET: oldSecret,
      ZOHO_NOTIFICATION_TOKEN: oldToken,
    },
    onLog: (name, line) => printed.push(`${name}: ${line}`),
  });
  await signWith(stack, oldSecret);
});
Deno.test.afterEach(() => stack.stop());

/** Both values live for a few rounds, then only the isolates with the new one. */
async function change(env: Env, traffic: { rounds(count: number): Promise<void> }): Promise<void> {
  const earlier = await startBeside(stack, env);
  await traffic.rounds(6);
  earlier.retire();
  await traffic.rounds(3);
  await earlier.end();
  await traffic.rounds(3);
}

async function tokenRow(): Promise<{ access_token: string; refresh_token: string }> {
  const [row] = await stack.sql<
    { access_token: string; refresh_token: string }[]
  >`select access_token, refresh_token from public.zoho_tokens`;
  if (!row) throw new Error("there is no token row");
  return row;
}

Deno.test("the webhook secret is replaced under traffic: both are accepted, then the old one is refused", async () => {
  const traffic = await startTraffic(stack);
  await change({ ZOHO_CRM_WEBHOOK_SECRET: `${newSecret},${oldSecret}` }, traffic);
  await signWith(stack, newSecret);
  await traffic.rounds(3);
  await change({ ZOHO_CRM_WEBHOOK_SECRET: newSecret }, traffic);
  await traffic.stop();

  const body = JSON.stringify({ module: "Deals", operation: "edit", record_id: "1", record_data: {} });
  const answerTo = async (secret: string) =>
    (await post(stack, body, { "x-zoho-webhook-signature": hmacHex(body, secret) })).status;
  assertEquals([await answerTo(oldSecret), await answerTo(newSecret)], [401, 200]);
});

Deno.test("the encryption key is replaced under traffic at the price of one refresh, and the old one opens nothing more", async () => {
  const traffic = await startTraffic(stack);
  const asked = await tokensAsked(stack);
  await change({ ZOHO_TOKEN_ENCRYPTION_KEY: `${newKey.toBase64()},${oldKey.toBase64()}` }, traffic);
  assertEquals(await tokensAsked(stack) - asked, 1);
  await change({ ZOHO_TOKEN_ENCRYPTION_KEY: newKey.toBase64() }, traffic);
  await traffic.stop();
  assertEquals(await tokensAsked(stack) - asked, 1);

  for (const stored of Object.values(await tokenRow())) {
    await decryptSecret([newKey], stored);
    await assertRejects(() => decryptSecret([oldKey], stored), SecretUnreadableError);
  }
});

Deno.test("the refresh token is replaced under traffic at the price of one refresh, and the old one can be revoked", async () => {
  const traffic = await startTraffic(stack);
  const next = await exchange();
  const asked = await tokensAsked(stack);
  await change({ ZOHO_REFRESH_TOKEN: next }, traffic);
  await stack.zoho.tokens("revoke_refresh");
  await traffic.rounds(3);
  await traffic.stop();
  assertEquals(await tokensAsked(stack) - asked, 1);
  assertEquals(await decryptSecret([oldKey], (await tokenRow()).refresh_token), next);
});

Deno.test("the client secret is replaced under traffic: isolates that know the old one refresh nothing", async () => {
  const traffic = await startTraffic(stack);
  const asked = await tokensAsked(stack);
  await stack.zoho.changeClientSecret("the-next-client-secret");
  await change({ ZOHO_CLIENT_SECRET: "the-next-client-secret" }, traffic);
  await traffic.stop();
  assertEquals(await tokensAsked(stack) - asked, 1);
});

Deno.test("a mistyped refresh token stops the sync, and setting the old one again goes on at once", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const mistyped = await startBeside(stack, { ZOHO_REFRESH_TOKEN: "1000.mistyped" });
  await mistyped.end();
  const refused = await stack.invoke("zoho-token-refresh");
  assertEquals(refused.status, 503);
  // What assertNoSecretPrinted reads is not empty here.
  assertEquals(printed.length > 0, true);
  await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;

  const mended = await startBeside(stack, { ZOHO_REFRESH_TOKEN: "1000.local.refresh" });
  const answers = [await stack.invoke("zoho-token-refresh"), await stack.invoke("zoho-token-refresh")];
  // One of the two isolates still has the mistyped one; it waits for a newer one and never puts its own back.
  assertEquals(answers.some(({ status }) => status === 200), true);
  await mended.end();
  assertEquals((await stack.invoke("zoho-token-refresh")).status, 200);
  assertEquals((await syncState(stack)).is_paused, null);
  await sweep(stack);
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
});

Deno.test("the key of doorbell and schedule is replaced under traffic, and the deleted one is refused", async () => {
  const [first = "", second = ""] = automations;
  const keys = (named: Record<string, string>) => ({
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: stack.secretKey, ...named }),
  });
  const traffic = await startTraffic(stack);
  await change(keys({ automations: first }), traffic);
  await storeKey(first);
  await traffic.rounds(3);
  await change(keys({ automations: first, automations2: second }), traffic);
  await storeKey(second);
  traffic.callWith(second);
  await traffic.rounds(3);
  await change(keys({ automations2: second }), traffic);
  await traffic.stop();
  assertEquals((await stack.invoke("zoho-token-refresh", {}, { apikey: first })).status, 401);

  await stack.sql`update public.zoho_tokens set expires_at = now() + interval '9 minutes'`;
  const asked = await tokensAsked(stack);
  assertEquals((await stack.cron.runJobNow("zoho-token-refresh")).status, "succeeded");

  await until(async () => await tokensAsked(stack) > asked, { what: "the schedule's refresh" });
});

Deno.test("the channel's token is replaced under traffic: both are let in, the renewed channel brings the new one", async () => {
  await stack.invoke("zoho-admin/watch", { action: "open" });
  const traffic = await startTraffic(stack);
  await change({ ZOHO_NOTIFICATION_TOKEN: `${newToken},${oldToken}` }, traffic);
  const renewed = await stack.invoke("zoho-admin/watch", { action: "renew" });
  assertEquals(renewed.status, 200, JSON.stringify(renewed.body));
  await traffic.rounds(3);
  await change({ ZOHO_NOTIFICATION_TOKEN: newToken }, traffic);
  await traffic.stop();

  const hint = (token: string) =>
    JSON.stringify({ module: "Deals", operation: "update", ids: ["1"], token, channel_id: "4142001" });
  assertEquals([(await post(stack, hint(oldToken))).status, (await post(stack, hint(newToken))).status], [
    401,
    200,
  ]);
});

/** Of every test here, whichever ran before. */
function assertNoSecretPrinted(): void {
  const all = printed.join("\n");
  const secrets = [
    oldSecret,
    newSecret,
    oldToken,
    newToken,
    oldKey.toBase64(),
    newKey.toBase64(),
    "1000.mistyped",
    "the-next-client-secret",
  ];
  for (const secret of secrets) assertEquals(all.includes(secret), false, "a secret was printed");
}
Deno.test.afterEach(assertNoSecretPrinted);

/** A second refresh token of the same client, as in docs/deploy.md. */
async function exchange(): Promise<string> {
  const response = await fetch(`${stack.zohoUrl}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "1000.LOCALCLIENT",
      client_secret: "local-client-secret",
      code: await stack.zoho.grantCode(),
    }),
  });
  const { refresh_token } = await response.json();
  return String(refresh_token);
}

async function storeKey(key: string): Promise<void> {
  await stack.sql`
    select vault.update_secret((select id from vault.secrets where name = 'zoho_sync_key'), ${key})
  `;
}

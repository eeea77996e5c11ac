import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import type { Earlier } from "../../local/functions.ts";
import type { Stack } from "../../local/stack.ts";
import type { Row } from "../support/fixtures.ts";
import { dealOf, sell } from "../support/sale.ts";
import { queueRow, sweep, syncState } from "../support/queue.ts";
import { startQuietStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { hmacHex, post } from "../support/webhook.ts";
import { reconcileAll } from "./reconcile_steps.ts";
import { type Env, signWith, startBeside } from "./rotation_steps.ts";

// docs/rotate-secrets.md, "Leaked: drop it now": each secret is replaced at once while both sides work. The old value is
// refused as soon as the step has ended, and after the comparison nothing that either side did is missing.

const base64 = (byte: number) => new Uint8Array(32).fill(byte).toBase64();
const leaked = {
  webhook: "leaked-webhook-secret-of-forty-characters",
  token: "leaked-token-of-the-channel",
  key: base64(1),
  apikey: "sb_secret_automations_1_0000000000000",
};
const fresh = {
  webhook: "fresh-webhook-secret-of-forty-characters-",
  token: "fresh-token-of-the-channel",
  key: base64(2),
  apikey: "sb_secret_automations_2_0000000000000",
};

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    moreSecretKeys: [leaked.apikey, fresh.apikey],
    functionEnv: {
      ZOHO_TOKEN_ENCRYPTION_KEY: leaked.key,
      ZOHO_CRM_WEBHOOK_SECRET: leaked.webhook,
      ZOHO_NOTIFICATION_TOKEN: leaked.token,
      ...keys({ automations: leaked.apikey }),
    },
  });
  await signWith(stack, leaked.webhook);
  await stack.invoke("zoho-admin/watch", { action: "open" });
  await storeKey(leaked.apikey);
});
Deno.test.afterAll(() => stack.stop());

const keys = (named: Record<string, string>) => ({
  SUPABASE_SECRET_KEYS: JSON.stringify({ default: "sb_secret_local_stack_only_000000000000", ...named }),
});
const storeKey = (key: string) =>
  stack.sql`select vault.update_secret((select id from vault.secrets where name = 'zoho_sync_key'), ${key})`;

/** Isolates of before: what they have begun goes on (rotation_test.ts kills them in the middle). */
const earlier: Earlier[] = [];

/** `supabase secrets set` and `supabase functions deploy`: new isolates for every request from now on. */
async function setAndDeploy(env: Env): Promise<void> {
  const before = await startBeside(stack, env);
  before.retire();
  earlier.push(before);
}

/** A new isolate makes the token, so that one of before, which has only the old secrets, cannot be the next to need one. */
const takeOver = () => stack.invoke("zoho-token-refresh", {}, { apikey: stack.secretKey });

const signedWith = async (secret: string) => {
  const body = JSON.stringify({ module: "Deals", operation: "edit", record_id: "1", record_data: {} });
  return (await post(stack, body, { "x-zoho-webhook-signature": hmacHex(body, secret) })).status;
};
const toldWith = async (token: string) =>
  (await post(
    stack,
    JSON.stringify({ module: "Deals", operation: "update", ids: ["1"], token, channel_id: "1" }),
  )).status;
const calledWith = async (apikey: string) =>
  (await stack.invoke("zoho-token-refresh", {}, { apikey })).status;

async function anotherRefreshToken(): Promise<string> {
  const response = await fetch(`${stack.zohoUrl}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "1000.LOCALCLIENT",
      client_secret: clientSecret,
      code: await stack.zoho.grantCode(),
    }),
  });
  return (await response.json()).refresh_token;
}
let clientSecret = "local-client-secret";
const firstRefresh = "1000.local.refresh";

interface Leak {
  what: string;
  /** The documented steps. */
  drop: () => Promise<unknown>;
  /** Status of a call with the old value; null where only Zoho ever saw it. */
  withOld: () => Promise<number>;
  withNew: () => Promise<number>;
}

const atZoho = async (refreshToken: string, secret = clientSecret) => {
  const response = await fetch(`${stack.zohoUrl}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "1000.LOCALCLIENT",
      client_secret: secret,
      refresh_token: refreshToken,
    }),
  });
  // Zoho answers 200 with an error.
  return (await response.json()).access_token ? 200 : 401;
};

let secondRefresh = "";
const leaks: Leak[] = [
  {
    what: "the webhook secret",
    drop: async () => {
      await setAndDeploy({ ZOHO_CRM_WEBHOOK_SECRET: fresh.webhook });
      await signWith(stack, fresh.webhook);
    },
    withOld: () => signedWith(leaked.webhook),
    withNew: () => signedWith(fresh.webhook),
  },
  {
    what: "the channel's token",
    drop: async () => {
      await setAndDeploy({ ZOHO_NOTIFICATION_TOKEN: fresh.token });
      await stack.invoke("zoho-admin/watch", { action: "renew" });
    },
    withOld: () => toldWith(leaked.token),
    withNew: () => toldWith(fresh.token),
  },
  {
    what: "the refresh token and the encryption key",
    drop: async () => {
      secondRefresh = await anotherRefreshToken();
      await setAndDeploy({ ZOHO_REFRESH_TOKEN: secondRefresh, ZOHO_TOKEN_ENCRYPTION_KEY: fresh.key });
      await takeOver();
      await stack.zoho.tokens("revoke_refresh");
    },
    withOld: () => atZoho(firstRefresh),
    withNew: () => atZoho(secondRefresh),
  },
  {
    what: "the client secret",
    drop: async () => {
      const next = "the-next-client-secret";
      await stack.zoho.changeClientSecret(next);
      await setAndDeploy({ ZOHO_CLIENT_SECRET: next });
      await takeOver();
      clientSecret = next;
    },
    withOld: () => atZoho(secondRefresh, "local-client-secret"),
    withNew: () => atZoho(secondRefresh),
  },
  {
    what: "the secret key of doorbell and schedule",
    drop: async () => {
      await setAndDeploy(keys({ automations: leaked.apikey, automations2: fresh.apikey }));
      await storeKey(fresh.apikey);
      await setAndDeploy(keys({ automations2: fresh.apikey }));
    },
    withOld: () => calledWith(leaked.apikey),
    withNew: () => calledWith(fresh.apikey),
  },
];

/** Waits until nothing of these is queued. What an isolate had promised to look at when it was ended, the sweep finds. */
const swept = (...contracts: Row[]) =>
  until(async () => {
    await sweep(stack);
    const rows = await Promise.all(contracts.map((contract) => queueRow(stack, contract)));
    return rows.every((row) => !row);
  }, { what: "an empty queue", everyMs: 300, seen: () => syncState(stack) });

Deno.test("a leaked secret of each kind is replaced at once under traffic: the old value is refused when the step ends, and nothing is lost", async (t) => {
  for (const { what, drop, withOld, withNew } of leaks) {
    await t.step(what, async () => {
      const ours = (await sell(stack)).contract;
      const theirs = (await sell(stack, { contract: { status: "draft" } })).contract;
      await swept(ours, theirs);
      const { id } = await dealOf(stack, theirs);
      assertEquals(await withOld(), 200, "the old value, before");

      let rounds = 0;
      let isOver = false;
      const working = (async () => {
        do {
          await stack
            .sql`update public.contracts set total_contract_value = ${++rounds} where id = ${ours.id}`;
          await stack.zoho.edit("Deals", id, { Next_Step: `call ${rounds}` });
          await delay(100);
        } while (!isOver);
        // The last change of each side, reported while the secret may still be refused.
        await stack.zoho.edit("Deals", id, { Stage: "Closed Won" });
      })();
      await drop();
      assertEquals(await withOld(), 401, "the old value, after");
      isOver = true;
      await working;
      assertEquals(await withNew(), 200, "the new value");
      assert(rounds > 0);

      await sweep(stack);
      await reconcileAll(stack);
      await swept(ours, theirs);
      for (const each of earlier.splice(0)) await each.end();
      assertEquals((await dealOf(stack, ours)).Amount, rounds);
      const [row] = await stack.sql`select status from public.contracts where id = ${theirs.id}`;
      assertEquals(row?.status, "active");
      assertEquals((await syncState(stack)).is_paused, null);
    });
  }
});

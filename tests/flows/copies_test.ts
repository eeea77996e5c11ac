import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { freePort } from "../../local/free_port.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { startZoho, ZohoControl } from "../../local/zoho/mod.ts";
import { asked, refused } from "../support/admin_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import { mappingOf } from "../support/linked.ts";
import { settled } from "../support/queue.ts";
import { type Sale, sell, settledDeal } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { copyRows } from "./copied_rows.ts";

// Production, and a project whose database is a copy of production's, with the same secrets and the same Zoho org; then
// with those of another org. The copy's functions are reached under a host name of their own, by way of a proxy.

const secrets = {
  ZOHO_TOKEN_ENCRYPTION_KEY: new Uint8Array(32).fill(7).toBase64(),
  ZOHO_NOTIFICATION_TOKEN: "a-channel-token-that-both-have-",
};
const functions = ["zoho-sync", "zoho-webhook", "zoho-admin"];
const quiet = { clusterUrl, functions, cron: false, readFields: true };

let production: Stack;
let copy: Stack;
let otherOrg: Awaited<ReturnType<typeof startZoho>>;
let sale: Sale;

Deno.test.beforeAll(async () => {
  otherOrg = await startZoho({ port: 0, seed: 2, refreshToken: "1000.other.refresh" });
  production = await startStack({ ...quiet, net: quickNet, functionEnv: secrets });
  const api = freePort(54_400);
  copy = await startStack({
    ...quiet,
    net: false,
    zoho: false,
    ports: { api },
    functionEnv: {
      ...secrets,
      SUPABASE_URL: "http://staging.example",
      HTTP_PROXY: `http://127.0.0.1:${api}`,
      NO_PROXY: "127.0.0.1",
      ZOHO_ACCOUNTS_URL: production.zohoUrl,
      ZOHO_API_URL: production.zohoUrl,
    },
  });
  sale = await sell(production, { contract: { status: "draft", total_contract_value: 100 } });
  await settledDeal(production, sale.contract);
});
Deno.test.afterAll(async () => {
  await copy.stop();
  await production.stop();
  await otherOrg.stop();
});

interface Channels {
  channels: { channelId: string; notifyUrl: string | null }[];
}

const watch = (stack: Stack, action: string) => asked<Channels>(stack, "POST /watch", { action });

interface Synced {
  success: boolean;
  error?: string;
}

/** A tester's edit in a database, and a sync of it by hand. */
async function editAndSync(stack: Stack, value: number): Promise<Synced> {
  await stack.sql`update public.contracts set total_contract_value = ${value} where id = ${sale.contract.id}`;
  const { body } = await stack.invoke("zoho-sync", { entity: "contract", id: sale.contract.id });
  return body as Synced;
}

const reasonsOf = async (stack: Stack) =>
  (await asked<{ health: { reasons: { code: string }[] } }>(stack, "GET /status")).health.reasons
    .map(({ code }) => code);

const amountIn = async (zoho: ZohoControl) =>
  (await zoho.records("Deals")).find((deal) => deal.Contract_Number === sale.contract.contract_number)
    ?.Amount;

/** One history, in this order. */
Deno.test("a copied database and another org never write where they must not", async ({ step }) => {
  await step(
    "a copied database writes nothing and moves no channel until it is adopted, and production notices nothing",
    async () => {
      const opened = await watch(production, "open");
      await copyRows(production.dbAdminUrl, copy.dbAdminUrl);
      const mark = await bookmark(production);

      const { success, error } = await editAndSync(copy, 666);
      assertEquals(success, false);
      assertMatch(error ?? "", /NOT_THIS_PROJECT.*localhost.*staging\.example/);
      for (
        const [route, body] of [["POST /watch", { action: "open" }], ["POST /watch", {
          action: "renew",
        }]] as const
      ) {
        assertEquals((await refused(copy, route, body)).code, "NOT_THIS_PROJECT");
      }
      assert((await reasonsOf(copy)).includes("NOT_THIS_PROJECT"));
      const { identity, credentialsOrg } = await asked<
        { identity: { projectHost: string; askedBy: string; orgId: string }; credentialsOrg: string }
      >(copy, "GET /identity");
      assertEquals([identity.projectHost, identity.askedBy], ["localhost", "staging.example"]);
      assertEquals(credentialsOrg, identity.orgId);

      assertEquals((await production.zoho.changes({ since: mark.changes })).changes, []);
      assertEquals(
        await zohoCallsSince(production, mark),
        [],
        "the copy's functions only asked which org it is",
      );
      assertEquals(await watch(production, "list"), opened);
      assertEquals((await editAndSync(production, 200)).success, true);
      assertEquals(await amountIn(production.zoho), 200);
      assertEquals((await reasonsOf(production)).includes("UNKNOWN_WRITES"), false);
    },
  );

  await step(
    "a copy is adopted for the org that was looked at, and for production's only as a take-over",
    async () => {
      const { credentialsOrg: org } = await asked<{ credentialsOrg: string }>(copy, "GET /identity");
      assertEquals((await refused(copy, "POST /adopt", { org: `${org}9` })).code, "WRONG_ORG");
      assertEquals((await refused(copy, "POST /adopt", { org })).code, "SAME_ORG");
      assertEquals((await refused(production, "POST /adopt", { org })).code, "ALREADY_ADOPTED");
      const acts = await copy.sql`select 1 from public.zoho_admin_actions where action like 'adopt%'`;
      assertEquals(acts.length, 0);
    },
  );

  await step(
    "production with another org's credentials pauses, writes to neither, and goes on with its own",
    async () => {
      const mark = await bookmark(production);
      for (const name of functions) {
        await production.functions.restart(name, {
          ZOHO_REFRESH_TOKEN: "1000.other.refresh",
          ZOHO_ACCOUNTS_URL: otherOrg.url,
          ZOHO_API_URL: otherOrg.url,
        });
      }
      assertMatch((await editAndSync(production, 300)).error ?? "", /WRONG_ORG/);
      assert((await reasonsOf(production)).includes("WRONG_ORG"));
      assertEquals((await production.zoho.changes({ since: mark.changes })).changes, []);
      assertEquals((await new ZohoControl(otherOrg.url).changes()).changes, []);

      for (const name of functions) {
        await production.functions.restart(name, {
          ZOHO_REFRESH_TOKEN: "1000.local.refresh",
          ZOHO_ACCOUNTS_URL: production.zohoUrl,
          ZOHO_API_URL: production.zohoUrl,
        });
      }
      await production.sql`select public.zoho_resume()`;
      await settled(production, sale.contract);
      assertEquals(await amountIn(production.zoho), 300);
    },
  );

  await step(
    "a copy that is adopted with another org's credentials puts the former org aside and writes only there",
    async () => {
      const before = { channel: await channelOf(copy), deal: (await mappingOf(copy, sale.contract)).zoho_id };
      for (const name of functions) {
        await copy.functions.restart(name, {
          ZOHO_REFRESH_TOKEN: "1000.other.refresh",
          ZOHO_ACCOUNTS_URL: otherOrg.url,
          ZOHO_API_URL: otherOrg.url,
        });
      }
      const mark = await bookmark(production);
      const { credentialsOrg: org } = await asked<{ credentialsOrg: string }>(copy, "GET /identity");
      const adopted = await asked<{ projectHost: string; putAside: Record<string, number> }>(
        copy,
        "POST /adopt",
        { org },
      );
      assertEquals([adopted.projectHost, adopted.putAside.contracts], ["staging.example", 1]);
      assert((adopted.putAside.zoho_entity_mappings ?? 0) >= 2);
      assertNotEquals(await channelOf(copy), before.channel);
      const [act] = await copy
        .sql`select details from public.zoho_admin_actions where action = 'adopt database'`;
      assertEquals([act?.details.org, act?.details.from.projectHost], [org, "localhost"]);

      const { success, error } = await editAndSync(copy, 777);
      assertEquals([success, error], [true, undefined]);
      assertEquals(await amountIn(new ZohoControl(otherOrg.url)), 777);
      assertNotEquals((await mappingOf(copy, sale.contract)).zoho_id, before.deal);
      await watch(copy, "open");

      assertEquals((await production.zoho.changes({ since: mark.changes })).changes, []);
      assertEquals(await zohoCallsSince(production, mark), []);
      assertEquals((await watch(production, "list")).channels.length > 0, true);
      assertEquals((await editAndSync(production, 400)).success, true);
      assertEquals([await amountIn(production.zoho), await amountIn(new ZohoControl(otherOrg.url))], [
        400,
        777,
      ]);
    },
  );

  await step(
    "of two copies of a database that had never drained, the second to run finds the first one's writes and stops",
    async () => {
      const neverDrained = async (stack: Stack) =>
        await stack
          .sql`update zoho_sync.identity set project_host = null, org_id = null, org_credentials = null where id`;
      await copyRows(production.dbAdminUrl, copy.dbAdminUrl);
      await neverDrained(copy);
      await neverDrained(production);
      for (const name of functions) {
        await copy.functions.restart(name, {
          ZOHO_REFRESH_TOKEN: "1000.local.refresh",
          ZOHO_ACCOUNTS_URL: production.zohoUrl,
          ZOHO_API_URL: production.zohoUrl,
        });
      }
      await copy.sql`update public.contracts set status = 'active' where id = ${sale.contract.id}`;
      const { success, error: refusal } = await editAndSync(copy, 888);
      assertEquals([success, refusal], [true, undefined]);
      const { error } = await editAndSync(production, 500);
      assertMatch(error ?? "", /UNKNOWN_WRITES/);
      assertEquals(await amountIn(production.zoho), 888, "and overwrites nothing");
    },
  );
});

async function channelOf({ sql }: Stack): Promise<string> {
  const [row] = await sql<{ channel_id: string }[]>`select channel_id from zoho_sync.identity`;
  return row?.channel_id ?? "";
}

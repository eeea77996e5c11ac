import { assertEquals, assertRejects } from "@std/assert";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import { encryptSecret } from "../../supabase/functions/_shared/platform/secrets.ts";
import { ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { TokenStore } from "../../supabase/functions/_shared/zoho/token.ts";
import { goodSettings } from "../support/samples/settings.ts";

// Calls that start together share one question for the token.

const settings = goodSettings();
const hour = 3_600_000;

/** A token row that is fresh at every version; it counts how often it is asked. */
class FreshRow {
  asked = 0;
  version = 1;
  refuses = false;

  client(): ServiceClient {
    const rpc = async (name: string) => {
      this.asked++;
      if (name !== "zoho_lease_token" || this.refuses) {
        return { data: null, error: { code: "PGRST303", message: "no" } };
      }
      const token = {
        access_token: await encryptSecret(settings.tokenKeys, `1000.access.${this.version}`),
        expires_at: new Date(hour).toISOString(),
        version: this.version,
        api_domain: null,
      };
      return { data: { state: "fresh", token }, error: null };
    };
    // What the store uses of it.
    return { rpc } as unknown as ServiceClient;
  }
}

function storeOf(row: FreshRow): TokenStore {
  return new TokenStore({
    db: row.client(),
    settings,
    fetch: () => Promise.reject(new Error("nobody refreshes a fresh token")),
    now: () => 0,
    sleep: () => Promise.resolve(),
    startedAtMs: 0,
  });
}

const ten = Array.from({ length: 10 });

Deno.test("ten calls that start together request the token once", async () => {
  const row = new FreshRow();
  const tokens = storeOf(row);
  const got = await Promise.all(ten.map(() => tokens.get()));
  assertEquals([row.asked, new Set(got.map(({ value }) => value)).size], [1, 1]);
  await tokens.get();
  assertEquals(row.asked, 1);
});

Deno.test("ten calls whose token was refused request the next one once", async () => {
  const row = new FreshRow();
  const tokens = storeOf(row);
  const refused = await tokens.get();
  row.version = 2;
  const got = await Promise.all(ten.map(() => tokens.get(refused)));
  assertEquals([row.asked, got.map(({ version }) => version)], [2, ten.map(() => 2)]);
});

Deno.test("a failed request fails for every caller that shared it, and the next call tries again", async () => {
  const row = new FreshRow();
  row.refuses = true;
  const tokens = storeOf(row);
  const ends = await Promise.allSettled(ten.map(() => tokens.get()));
  assertEquals([row.asked, new Set(ends.map(({ status }) => status))], [1, new Set(["rejected"])]);
  row.refuses = false;
  assertEquals((await tokens.get()).value, "1000.access.1");
});

Deno.test("a token row that permits no refresh is a fault of the token", async () => {
  const rpc = () => Promise.resolve({ data: { state: "throttled", retry_in_seconds: 60 }, error: null });
  const tokens = new TokenStore({
    db: { rpc } as unknown as ServiceClient,
    settings,
    fetch: () => Promise.reject(new Error("not asked")),
    now: () => 0,
    sleep: () => Promise.resolve(),
    startedAtMs: 0,
  });
  assertEquals((await assertRejects(() => tokens.get(), ZohoTokenError)).code, "TOKEN_THROTTLED");
});

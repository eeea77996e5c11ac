import { assert, assertEquals } from "@std/assert";
import { insertPlainToken } from "../support/plain_token.ts";
import postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { rpc } from "./steps.ts";

// The token row's lease: one refresh for all isolates, and never the eleventh in ten minutes.

const [MINE, THEIRS] = [crypto.randomUUID(), crypto.randomUUID()];
const [FINGERPRINT, SEED] = ["fingerprint-1", "v1:seeded-refresh"];

Deno.test("the first caller without a row must bring the refresh token, and then gets the lease", () =>
  withDatabase("plain", async (sql) => {
    assertEquals(await lease(sql, { owner: MINE }), { state: "unseeded" });
    assertEquals(await lease(sql, { owner: MINE, seed: SEED }), {
      state: "leased",
      token: { refresh_token: SEED, version: 0 },
    });
  }));

Deno.test("one caller refreshes while the others wait", () =>
  withDatabase("plain", async (sql) => {
    await lease(sql, { owner: MINE, seed: SEED });
    assertEquals(await lease(sql, { owner: THEIRS }), { state: "wait" });
    assertEquals((await lease(sql, { owner: MINE })).state, "leased");
  }));

Deno.test("a stored token is fresh for every caller", () =>
  withDatabase("plain", async (sql) => {
    await lease(sql, { owner: MINE, seed: SEED });
    assertEquals(await store(sql, MINE, "v1:access"), true);
    const { state, token } = await lease(sql, { owner: THEIRS });
    assertEquals(state, "fresh");
    assertEquals([token?.access_token, token?.version, token?.api_domain], [
      "v1:access",
      1,
      "https://www.zohoapis.com",
    ]);
    assertEquals(token?.refresh_token, undefined);
  }));

Deno.test("a token that ends within the margin is refreshed", () =>
  withDatabase("plain", async (sql) => {
    await storeFresh(sql);
    await sql`update zoho_tokens set expires_at = now() + interval '4 minutes' where true`;
    assertEquals((await lease(sql, { owner: THEIRS, margin: 60 })).state, "fresh");
    assertEquals((await lease(sql, { owner: THEIRS })).state, "leased");
  }));

Deno.test("a version that Zoho refused is refreshed before it expires, an older one is not", () =>
  withDatabase("plain", async (sql) => {
    await storeFresh(sql);
    assertEquals((await lease(sql, { owner: THEIRS, refused: 0 })).state, "fresh");
    assertEquals((await lease(sql, { owner: THEIRS, refused: 1 })).state, "leased");
  }));

Deno.test("many callers in several connections: exactly one refreshes", () =>
  withDatabase("plain", async (sql, database) => {
    await storeFresh(sql);
    await sql`update zoho_tokens set expires_at = now() where true`;
    const clients = Array.from({ length: 4 }, () => postgres(database.url, { max: 5, onnotice() {} }));
    const states = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const client = clients[i % clients.length] ?? sql;
        return (await lease(client, { owner: crypto.randomUUID() })).state;
      }),
    );
    await Promise.all(clients.map((client) => client.end()));
    assertEquals(states.filter((state) => state === "leased").length, 1);
    assertEquals(states.filter((state) => state === "wait").length, 49);
  }));

Deno.test("a lease that ran out goes to the next caller, and the loser's token is not stored", () =>
  withDatabase("plain", async (sql) => {
    await lease(sql, { owner: MINE, seed: SEED });
    await sql`update zoho_tokens set lease_until = now() - interval '1 second' where true`;
    assertEquals((await lease(sql, { owner: THEIRS })).state, "leased");

    assertEquals(await store(sql, MINE, "v1:too-late"), false);
    assertEquals(await store(sql, THEIRS, "v1:in-time"), true);
    assertEquals((await lease(sql, { owner: MINE })).token?.access_token, "v1:in-time");
  }));

Deno.test("a failed refresh frees the lease and keeps its code until the next success", () =>
  withDatabase("plain", async (sql) => {
    await lease(sql, { owner: MINE, seed: SEED });
    await rpc(sql, (tx) => tx`select zoho_fail_token(${THEIRS}, 'not_mine') as answer`);
    assertEquals((await lease(sql, { owner: THEIRS })).state, "wait");
    await rpc(sql, (tx) => tx`select zoho_fail_token(${MINE}, 'invalid_code') as answer`);
    assertEquals(await errorCode(sql), "invalid_code");

    assertEquals((await lease(sql, { owner: THEIRS })).state, "leased");
    await store(sql, THEIRS, "v1:access");
    assertEquals(await errorCode(sql), null);
  }));

Deno.test("another refresh token in the secrets replaces the row's", () =>
  withDatabase("plain", async (sql) => {
    await storeFresh(sql);
    const changed = { owner: MINE, fingerprint: "fingerprint-2" };
    assertEquals(await lease(sql, changed), { state: "unseeded" });
    const { state, token } = await lease(sql, { ...changed, seed: "v1:another-refresh" });
    assertEquals([state, token?.refresh_token], ["leased", "v1:another-refresh"]);
  }));

Deno.test("a seed does not replace a token of the same fingerprint", () =>
  withDatabase("plain", async (sql) => {
    await storeFresh(sql);
    const { state, token } = await lease(sql, { owner: THEIRS, seed: "v1:same-token-encrypted-anew" });
    assertEquals([state, token?.access_token], ["fresh", "v1:access"]);
  }));

Deno.test("the plaintext row of the original service is not handed out but taken over with a seed", () =>
  withDatabase("plain", async (sql) => {
    await insertPlainToken(sql, {
      access_token: "1000.plain-access",
      refresh_token: "1000.plain-refresh",
      expires_at: "2030-01-01T00:00:00Z",
    });
    assertEquals(await lease(sql, { owner: MINE }), { state: "unseeded" });
    const { state, token } = await lease(sql, { owner: MINE, seed: SEED });
    assertEquals([state, token?.refresh_token], ["leased", SEED]);
    await store(sql, MINE, "v1:access");

    const rows = await sql`select access_token, refresh_token from zoho_tokens`;
    assertEquals(rows.map((row) => ({ ...row })), [{ access_token: "v1:access", refresh_token: SEED }]);
  }));

Deno.test("an unencrypted token is refused, and so is a plain seed", () =>
  withDatabase("plain", async (sql) => {
    await lease(sql, { owner: MINE, seed: SEED });
    const refused = (step: Promise<unknown>) => step.then(() => "stored", (error) => error.code);
    assertEquals(await refused(store(sql, MINE, "1000.plain-access")), "23514");
    assertEquals(
      await refused(lease(sql, { owner: THEIRS, fingerprint: "other", seed: "1000.plain" })),
      "23514",
    );
  }));

Deno.test("the ninth refresh in ten minutes waits until the first is ten minutes old", () =>
  withDatabase("plain", async (sql) => {
    await lease(sql, { owner: MINE, seed: SEED });
    await store(sql, MINE, "v1:access");
    for (let i = 1; i < 8; i++) {
      assertEquals((await lease(sql, { owner: MINE, refused: i })).state, "leased");
      await store(sql, MINE, "v1:access");
    }
    const { state, retry_in_seconds } = await lease(sql, { owner: MINE, refused: 8 });
    assertEquals(state, "throttled");
    assert(Number(retry_in_seconds) > 540 && Number(retry_in_seconds) <= 600, `${retry_in_seconds} s`);
    // A good token is handed out all the same.
    assertEquals((await lease(sql, { owner: THEIRS })).state, "fresh");

    await sql`
      update zoho_tokens set recent_refreshes = array(select t - interval '10 minutes' from unnest(recent_refreshes) t)
      where true`;
    assertEquals((await lease(sql, { owner: MINE, refused: 8 })).state, "leased");
    const [row] = await sql`select cardinality(recent_refreshes) as count from zoho_tokens`;
    assertEquals(row?.count, 1);
  }));

Deno.test("a stored token ends a pause that a token fault made", () =>
  withDatabase("plain", async (sql) => {
    await sql`select zoho_pause('TOKEN_REVOKED', 'renew it', null, true)`;
    await storeFresh(sql);
    assertEquals(await pauseCode(sql), null);
  }));

Deno.test("a stored token does not end a pause for another reason", () =>
  withDatabase("plain", async (sql) => {
    await sql`select zoho_pause('TOKENS_ARE_NOT_IT', 'slow down')`;
    await storeFresh(sql);
    assertEquals(await pauseCode(sql), "TOKENS_ARE_NOT_IT");
  }));

const OLD = { fingerprint: "old secrets", seed: "v1:old-refresh", startedAt: "2026-11-23T08:00:00Z" };
const NEW = { fingerprint: "new secrets", seed: "v1:new-refresh", startedAt: "2026-11-23T09:00:00Z" };

/** The old isolates' token is stored, then the new ones' seed replaces it and brings one of its own. */
async function rotate(sql: postgres.Sql): Promise<void> {
  assertEquals((await lease(sql, { owner: MINE, ...OLD })).state, "leased");
  await store(sql, MINE, "v1:old-access");
  assertEquals((await lease(sql, { owner: THEIRS, ...NEW })).state, "leased");
  await store(sql, THEIRS, "v1:new-access");
}

Deno.test("an isolate that started before the newest seed cannot put the old one back", () =>
  withDatabase("plain", async (sql) => {
    await rotate(sql);
    const { state, token } = await lease(sql, { owner: MINE, ...OLD });
    assertEquals([state, token?.access_token, token?.version], ["fresh", "v1:old-access", 1]);
    assertEquals((await lease(sql, { owner: THEIRS, ...NEW })).token?.access_token, "v1:new-access");
    const [row] =
      await sql`select refresh_token, cardinality(recent_refreshes) as refreshes from zoho_tokens`;
    // store() writes the same refresh token for every caller; what counts is that no one refreshed again.
    assertEquals(row?.refreshes, 2);
  }));

Deno.test("an older isolate whose token has ended or was refused learns that, and does not refresh", () =>
  withDatabase("plain", async (sql) => {
    await rotate(sql);
    assertEquals(await lease(sql, { owner: MINE, ...OLD, refused: 1 }), { state: "superseded" });
    await sql`update zoho_tokens set previous_expires_at = now() + interval '20 seconds' where true`;
    assertEquals(await lease(sql, { owner: MINE, ...OLD }), { state: "superseded" });
    assertEquals(
      await lease(sql, { owner: MINE, ...OLD, fingerprint: "secrets of two changes ago" }),
      { state: "superseded" },
    );
  }));

Deno.test("restored secrets are those of newer isolates, and take effect at once", () =>
  withDatabase("plain", async (sql) => {
    await rotate(sql);
    const back = { owner: MINE, ...OLD, startedAt: "2026-11-23T10:00:00Z" };
    assertEquals((await lease(sql, back)).state, "leased");
    await store(sql, MINE, "v1:old-access-again");
    assertEquals((await lease(sql, { owner: THEIRS, ...NEW })).token?.access_token, "v1:new-access");
    assertEquals((await lease(sql, { owner: MINE, ...OLD })).token?.access_token, "v1:old-access-again");
  }));

Deno.test("a seed that never got a token leaves the previous token to the isolates that have it", () =>
  withDatabase("plain", async (sql) => {
    await rotate(sql);
    const mistyped = {
      owner: MINE,
      fingerprint: "mistyped",
      seed: "v1:x",
      startedAt: "2026-11-23T10:00:00Z",
    };
    assertEquals((await lease(sql, mistyped)).state, "leased");
    await rpc(sql, (tx) => tx`select zoho_fail_token(${MINE}, 'TOKEN_REFUSED') as answer`);
    const mended = { ...mistyped, fingerprint: "mended", startedAt: "2026-11-23T10:05:00Z" };
    assertEquals((await lease(sql, mended)).state, "leased");
    assertEquals((await lease(sql, { owner: THEIRS, ...NEW })).token?.access_token, "v1:new-access");
  }));

Deno.test("functions of the previous release, which send no start time, still replace a seed", () =>
  withDatabase("plain", async (sql) => {
    await rotate(sql);
    const { state, token } = await lease(sql, {
      owner: MINE,
      fingerprint: "as before",
      seed: "v1:as-before",
    });
    assertEquals([state, token?.refresh_token], ["leased", "v1:as-before"]);
    assertEquals((await lease(sql, { owner: THEIRS, ...NEW })).state, "leased");
  }));

interface Lease {
  state: "fresh" | "leased" | "wait" | "superseded" | "throttled" | "unseeded";
  token?: { access_token?: string; refresh_token?: string; version: number; api_domain?: string };
  retry_in_seconds?: number;
}

interface LeaseOptions {
  owner: string;
  fingerprint?: string;
  seed?: string;
  refused?: number;
  margin?: number;
  /** When the caller's isolate started; left out as the release before did. */
  startedAt?: string;
}

async function lease(sql: postgres.Sql, options: LeaseOptions): Promise<Lease> {
  const { owner, fingerprint = FINGERPRINT, seed = null, refused = null, margin = 300, startedAt } = options;
  return await rpc<Lease>(
    sql,
    (tx) =>
      tx`select zoho_lease_token(${owner}, ${fingerprint}, ${seed}, ${refused}, ${margin}
        ${startedAt === undefined ? tx`` : tx`, p_started_at => ${startedAt}`}) as answer`,
  );
}

async function store(sql: postgres.Sql, owner: string, accessToken: string): Promise<boolean> {
  return await rpc<boolean>(
    sql,
    (tx) =>
      tx`select zoho_store_token(${owner}, ${accessToken}, ${SEED}, 3600, 'ZohoCRM.modules.ALL',
        'https://www.zohoapis.com') as answer`,
  );
}

/** Version 1, good for an hour. */
async function storeFresh(sql: postgres.Sql): Promise<void> {
  await lease(sql, { owner: MINE, seed: SEED });
  await store(sql, MINE, "v1:access");
}

async function errorCode(sql: postgres.Sql): Promise<string | null> {
  const [row] = await sql<{ error_code: string | null }[]>`select error_code from zoho_tokens`;
  return row?.error_code ?? null;
}

async function pauseCode(sql: postgres.Sql): Promise<string | null> {
  const [row] = await sql<{ pause_code: string | null }[]>`select pause_code from zoho_sync_state`;
  return row?.pause_code ?? null;
}

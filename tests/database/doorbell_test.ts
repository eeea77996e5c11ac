import { assert, assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { forgetPromise, forgetRings, hangBell, PROJECT_URL, rings, SYNC_KEY } from "./rings.ts";
import { claim, emptyQueue, onlyChange, queueRows, WORKER } from "./steps.ts";

/** As if a drain had promised to look, so many milliseconds ago. */
const promisedAgo = (sql: postgres.Sql, ms: number) =>
  sql`select setval('zoho_sync.doorbell', zoho_sync.clock_ms() - ${ms}::integer)`;

/** A promise that lasts for as long as the test needs it. */
const promisesLast = (sql: postgres.Sql) =>
  sql`
    create or replace function zoho_sync.promise_ms() returns integer
    language sql immutable set search_path = '' as 'select 3600000'`;

Deno.test("a commit rings once, with the key from Vault and without data", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    await sql.begin((tx) => insertBusiness(tx));

    const [ring, ...more] = await rings(sql);
    assertEquals(more, []);
    assertEquals(ring?.method, "POST");
    assertEquals(ring?.url, `${PROJECT_URL}/functions/v1/zoho-sync`);
    assertEquals(ring?.headers.apikey, SYNC_KEY);
    assertEquals(ring?.body, { reason: "doorbell" });
    assert(Number(ring?.timeout_milliseconds) <= 5_000);
  }));

Deno.test("a project URL with a slash at its end makes the same address", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    await sql`select vault.update_secret(id, ${`${PROJECT_URL}/`}) from vault.secrets where name = 'project_url'`;
    await insertBusiness(sql);
    assertEquals((await rings(sql))[0]?.url, `${PROJECT_URL}/functions/v1/zoho-sync`);
  }));

Deno.test("a commit under a drain's promise does not ring; one after it rings until the next claim", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await forgetRings(sql);
    const ringsAfter = async (edits: number) => {
      for (let i = 0; i < edits; i++) {
        await sql`update contracts set total_contract_value = total_contract_value + 1 where id = ${contract.id}`;
      }
      return (await rings(sql)).length;
    };
    // Nobody has claimed: a commit that rang may still fail, and with it its call, so each rings.
    assertEquals(await ringsAfter(3), 3);
    await promisesLast(sql);
    await sql`select zoho_claim_changes(gen_random_uuid(), 100, 60)`;
    assertEquals(await ringsAfter(20), 3);
    await forgetPromise(sql);
    assertEquals(await ringsAfter(1), 4);
  }));

Deno.test("a transaction that is rolled back neither queues nor rings, nor keeps the next one from ringing", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await forgetRings(sql);
    await assertRejects(() =>
      sql.begin(async (tx) => {
        await tx`update contracts set status = 'active' where id = ${contract.id}`;
        throw new Error("the business changed its mind");
      })
    );
    assertEquals(await queueRows(sql), []);
    assertEquals(await rings(sql), []);

    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    assertEquals((await rings(sql)).length, 1);
  }));

Deno.test("a long transaction rings at its commit, not at its statement", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await forgetRings(sql);
    await sql.begin(async (tx) => {
      // Somebody has just promised to look; by the time of the commit that look is over.
      await sql`select setval('zoho_sync.doorbell', zoho_sync.clock_ms())`;
      await tx`update contracts set status = 'active' where id = ${contract.id}`;
      assertEquals(await rings(tx), []);
      await forgetPromise(sql);
    });
    assertEquals((await rings(sql)).length, 1);
  }));

Deno.test("a promise made by a clock that was set back is ignored", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await forgetRings(sql);
    await sql`select setval('zoho_sync.doorbell', zoho_sync.clock_ms() + 3600000)`;
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    assertEquals((await rings(sql)).length, 1);
  }));

/** A transaction that has trusted a promise and has not committed, while `work` is done. */
async function whileCommitting(
  sql: postgres.Sql,
  work: () => Promise<void>,
): Promise<void> {
  await hangBell(sql);
  const { contract } = await insertBusiness(sql);
  await emptyQueue(sql);
  await promisesLast(sql);
  await promisedAgo(sql, 0);
  await sql`delete from net.http_request_queue where true`;
  await sql.begin(async (tx) => {
    await tx`update contracts set status = 'active' where id = ${contract.id}`;
    // What the commit does first.
    await tx`set constraints all immediate`;
    assertEquals(await rings(tx), []);
    await work();
  });
}

Deno.test("a commit that trusted a promise and takes longer than it lasts is waited for by the drain, and its change is taken", () =>
  withDatabase("plain", async (sql) => {
    await whileCommitting(sql, async () => {
      await promisedAgo(sql, 3_600_001);
      const { changes, look_again_ms } = await claim(sql, { worker: WORKER });
      assertEquals([changes, look_again_ms], [[], 20]);
    });
    assertEquals((await claim(sql, { worker: WORKER })).changes.length, 1);
    await promisedAgo(sql, 3_600_001);
    assertEquals((await claim(sql, { worker: WORKER })).look_again_ms, 0);
  }));

Deno.test("a commit that does not end is left to the sweep, three seconds after the promise", () =>
  withDatabase("plain", async (sql) => {
    await whileCommitting(sql, async () => {
      await promisedAgo(sql, 3_603_001);
      assertEquals((await claim(sql, { worker: WORKER })).look_again_ms, 0);
    });
  }));

Deno.test("a commit during a drain's last look rings, whatever was promised", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await promisesLast(sql);
    await sql.begin(async (drain) => {
      await promisedAgo(sql, 3_600_001);
      await drain`select zoho_claim_changes(gen_random_uuid(), 100, 60)`;
      await promisedAgo(sql, 0);
      await sql`delete from net.http_request_queue where true`;
      await sql`update contracts set status = 'active' where id = ${contract.id}`;
      assertEquals((await rings(sql)).length, 1);
    });
  }));

Deno.test("an edit that queues nothing does not ring", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await forgetRings(sql);
    await sql`update contracts set zoho_deal_id = '1', last_synced_at = now() where id = ${contract.id}`;
    assertEquals(await rings(sql), []);
  }));

Deno.test("an edit while its change is in flight rings: the drain may already have read the old row", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract } = await insertBusiness(sql);
    await sql`select zoho_claim_changes(gen_random_uuid(), 100, 60)`;
    await forgetRings(sql);
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    assertEquals((await rings(sql)).length, 1);
  }));

for (const missing of ["project_url", "zoho_sync_key"]) {
  Deno.test(`without ${missing} in Vault the business commits and the change waits for the sweep`, () =>
    withDatabase("plain", async (sql) => {
      await hangBell(sql);
      await sql`delete from vault.secrets where name = ${missing}`;
      const { contract } = await insertBusiness(sql);
      assertEquals((await onlyChange(sql)).entity_id, contract.id);
      assertEquals(await rings(sql), []);
    }));
}

Deno.test("a pg_net that fails never fails the business transaction", () =>
  withDatabase("plain", async (sql, database) => {
    await hangBell(sql);
    const admin = postgres(database.adminUrl, { max: 1, onnotice() {} });
    await admin`alter function net.http_post rename to http_post_gone`;
    await admin.end();
    const { contract } = await insertBusiness(sql);
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("the doorbell's warning names the missing secret and contains none", () =>
  withDatabase("plain", async (sql, database) => {
    await hangBell(sql);
    await sql`delete from vault.secrets where name = 'project_url'`;
    const notices: string[] = [];
    const listening = postgres(database.url, {
      max: 1,
      onnotice: (notice) => notices.push(notice.message ?? ""),
    });
    await insertBusiness(listening);
    await listening.end();
    assert(notices.some((notice) => notice.includes('"project_url"')), notices.join("\n"));
    assert(!notices.some((notice) => notice.includes(SYNC_KEY)));
  }));

Deno.test("a drain whose budget is spent can ring for the next one", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    await sql`select zoho_ring()`;
    assertEquals((await rings(sql)).map((ring) => ring.body), [{ reason: "spent" }]);
  }));

import { assert, assertEquals } from "@std/assert";
import { openSql } from "../../local/sql.ts";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { holdTransaction, lockedSessions } from "./locks.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import { claim, claimOne, done, queueRows, settle, takeIn } from "./steps.ts";

// What others leave behind or hold: settings of a pooled connection, locks, and each other's order of locks.

for (const left of ["on", "1", "off"]) {
  Deno.test(`a setting that a client left as "${left}" neither hides a change, nor keeps it from ringing, nor fails it`, () =>
    withDatabase("plain", async (sql) => {
      await hangBell(sql);
      const { contract } = await insertBusiness(sql);
      await sql`delete from zoho_sync.outbox where true`;
      await forgetRings(sql);
      const pooled = await sql.reserve();
      try {
        await pooled`select set_config('zoho_sync.noted', ${left}, false)`;
        await pooled`update contracts set status = 'active' where id = ${contract.id}`;
        assertEquals(
          (await sql`select from zoho_sync.outbox where ids = array[${contract.id}::uuid]`).length,
          1,
        );
        assertEquals((await rings(sql)).length, 1);

        await sql`alter table zoho_sync.outbox rename to outbox_away`;
        await pooled`update contracts set status = 'draft' where id = ${contract.id}`;
        const notices = await sql`select kind from zoho_notices`;
        assertEquals(notices.map(({ kind }) => kind), ["trigger_fault"]);
      } finally {
        pooled.release();
      }
    }));
}

Deno.test("a contract that a business trigger changes while a status of another one is taken in is marked", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const worker = crypto.randomUUID();
    const change = await claimOne(sql, worker);
    const other = await insertBusiness(sql);
    await sql.unsafe(`
      create function renewed() returns trigger language plpgsql as $$ begin
        update public.contracts set status = 'expired' where id = '${other.contract.id}'; return null; end $$;
      create trigger renewed after update of status on contracts for each row
        when (new.id = '${contract.id}') execute function renewed()`);
    await sql`delete from zoho_sync.outbox where true`;
    await settle(sql, { worker, results: [{ ...done(change, "501"), take_in: takeIn(change, "active") }] });
    const marked = (await queueRows(sql)).map(({ entity_id }) => entity_id);
    assert(marked.includes(other.contract.id));
  }));

for (const [what, table] of [["pg_net's queue", "net.http_request_queue"], ["Vault", "vault.secrets"]]) {
  Deno.test(`a commit does not wait for a session that holds ${what}`, () =>
    withDatabase("plain", async (sql, database) => {
      await hangBell(sql);
      const { contract } = await insertBusiness(sql);
      await forgetRings(sql);
      const admin = openSql(database.adminUrl, 1);
      const release = await holdTransaction(
        admin,
        (tx) => tx.unsafe(`lock table ${table} in access exclusive mode`),
      );
      try {
        await sql`update contracts set status = 'active' where id = ${contract.id}`;
      } finally {
        await release();
        await admin.end({ timeout: 1 });
      }
      assertEquals(await rings(sql), []);
      assert((await sql`select from zoho_sync.outbox where rings`).length > 0);
    }));
}

Deno.test("a sweep that folds a TRUNCATE and a claim that folds beside it do not deadlock", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await sql`select zoho_sync.fold_outbox()`;
    await sql`truncate rica_submissions`;
    let sweep: Promise<unknown> = Promise.resolve();
    await sql.begin(async (tx) => {
      await tx`select zoho_sync.lock_state()`;
      sweep = sql`select zoho_sync.sweep()`.execute();
      await lockedSessions(sql, 1);
      await tx`select zoho_sync.fold_outbox()`;
    });
    await sweep;
    assertEquals((await sql`select kind from zoho_notices`).map(({ kind }) => kind), ["truncated"]);
  }));

Deno.test("a late settlement and a claim that folds the same contracts do not deadlock", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const worker = crypto.randomUUID();
    const { changes } = await claim(sql, { worker });
    await sql`update zoho_sync_state set concurrency = 5 where id`;
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    await sql.begin(async (tx) => {
      await tx`select zoho_sync.lock_state()`;
      // It waits for nothing that the claim holds.
      await settle(sql, { worker, results: changes.map((change) => done(change)) });
      await tx`select zoho_sync.fold_outbox()`;
    });
    assertEquals((await sql`select from zoho_sync_queue where entity_id = ${contract.id}`).length, 1);
  }));

Deno.test("a renamed column that a fold reads blocks neither claims nor the page, is reported once, and loses no mark", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const other = await insertBusiness(sql);
    await sql`select zoho_sync.fold_outbox()`;
    await sql`alter table customer_invoices rename column customer_id to owner_id`;
    await sql`update zoho_sync_queue set next_attempt_at = 'infinity' where true`;
    await sql`update contracts set status = 'active' where id in (${contract.id}, ${other.contract.id})`;
    const noted = (await sql`select id from zoho_sync.outbox`).length;
    assert(noted > 0);

    await sql`select zoho_sync.sweep()`;
    assertEquals((await claim(sql, { worker: crypto.randomUUID() })).changes, []);
    await sql`select zoho_admin_status()`;
    assertEquals((await sql`select id from zoho_sync.outbox`).length, noted);
    const notices = await sql`select kind, message from zoho_notices`;
    assertEquals(notices.map(({ kind }) => kind), ["fold_fault"]);
    assert(String(notices[0]?.message).includes("customer_id"), notices[0]?.message);

    await sql`alter table customer_invoices rename column owner_id to customer_id`;
    const { changes } = await claim(sql, { worker: crypto.randomUUID() });
    assertEquals(
      changes.map(({ entity_id }) => entity_id).toSorted(),
      [contract.id, other.contract.id].toSorted(),
    );
  }));

Deno.test("a contract whose id changes is marked under the new one, and the old one's record becomes an orphan", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      values ('contract', ${contract.id}, 'Deals', '1')`;
    await sql`select zoho_sync.fold_outbox()`;
    const [moved] =
      await sql`update contracts set id = gen_random_uuid() where id = ${contract.id} returning id`;
    await sql`select zoho_sync.fold_outbox()`;
    const queued = await sql`select entity_id from zoho_sync_queue where entity_type = 'contract'`;
    assertEquals(queued.map(({ entity_id }) => entity_id), [moved?.id]);
    assertEquals((await sql`select state from zoho_entity_mappings`)[0]?.state, "orphaned");
    assertEquals((await sql`select kind from zoho_notices`).map(({ kind }) => kind), ["orphaned"]);
  }));

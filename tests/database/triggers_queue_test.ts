import { assert, assertEquals, assertRejects } from "@std/assert";
import { asRole, withDatabase } from "../support/database.ts";
import { insertAdmin, insertBusiness, insertQuote } from "../support/fixtures.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import { fold } from "../support/fold.ts";
import { emptyQueue, insertContracts, linkContract, onlyChange, queueRows } from "./steps.ts";

// How edits become queue rows.

Deno.test("fifty edits of a contract are one change, and each fold raises its version once", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    for (let i = 1; i <= 50; i++) {
      await sql`update contracts set total_contract_value = ${i} where id = ${contract.id}`;
    }
    const change = await onlyChange(sql);
    assertEquals([change.entity_id, change.version], [contract.id, 1]);
    await sql`update contracts set total_contract_value = 51 where id = ${contract.id}`;
    assertEquals((await onlyChange(sql)).version, 2);
  }));

Deno.test("an edit that is rolled back queues nothing", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await assertRejects(() =>
      sql.begin(async (tx) => {
        await tx`update contracts set status = 'active' where id = ${contract.id}`;
        throw new Error("the business changed its mind");
      })
    );
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("an update of 10,000 contracts is one note, 10,000 changes from one statement, and one ring", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 10_000);
    await emptyQueue(sql);
    await forgetRings(sql);
    await sql.unsafe(`
      create table queue_statements (written_at timestamptz default clock_timestamp());
      create function count_statement() returns trigger language plpgsql as $$
        begin insert into public.queue_statements default values; return null; end $$;
      create trigger count_statement after insert on zoho_sync_queue
        for each statement execute function count_statement();
    `);

    await sql`update contracts set status = 'pending_signature' where true`;
    assertEquals((await sql`select from zoho_sync.outbox`).length, 1);
    await fold(sql);

    await fold(sql);
    const [counts] = await sql`
      select (select count(*)::int from zoho_sync_queue) as changes,
        (select count(*)::int from queue_statements) as statements`;
    assertEquals({ ...counts }, { changes: 10_000, statements: 1 });
    assertEquals((await rings(sql)).length, 1);
  }));

Deno.test("a compliance edit lifts a waiting ordinary change into its lane, and never the other way round", () =>
  withDatabase("plain", async (sql) => {
    const { customer, kyc } = await insertBusiness(sql);
    await emptyQueue(sql);
    const editCustomer = () =>
      sql`update customers set last_name = last_name || 'a' where id = ${customer.id}`;

    await editCustomer();
    assertEquals((await onlyChange(sql)).lane, 1);
    await sql`update kyc_sessions set risk_tier = 'high' where id = ${kyc.id}`;
    assertEquals((await onlyChange(sql)).lane, 0);
    await editCustomer();
    assertEquals((await onlyChange(sql)).lane, 0);
  }));

Deno.test("an edit lifts a contract out of the backfill", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await insertBusiness(sql);
    await emptyQueue(sql);
    await sql`select zoho_enqueue('contract', array[${contract.id}]::uuid[], 2::smallint, 'backfill')`;
    assertEquals((await onlyChange(sql)).lane, 2);
    await sql`update customers set last_name = 'Dlamini' where id = ${customer.id}`;
    assertEquals((await onlyChange(sql)).lane, 1);
  }));

Deno.test("a forced change stays forced when an edit joins it", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await sql`select zoho_enqueue('contract', array[${contract.id}]::uuid[], p_forced => true)`;
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    assertEquals((await onlyChange(sql)).forced, true);
  }));

Deno.test("an id that is no contract is skipped", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    const [row] = await sql`
      select zoho_enqueue('contract', array[${contract.id}, ${crypto.randomUUID()}]::uuid[]) as count`;
    assertEquals(row?.count, 1);
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("a dead letter is queued again by the next edit", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await fold(sql);
    await sql`
      update zoho_sync_queue set status = 'dead', failed_rounds = 5, error_code = 'INVALID_DATA',
        next_attempt_at = now() + interval '6 hours'
      where entity_id = ${contract.id}`;
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    const { status, failed_rounds, due_in_seconds } = await onlyChange(sql);
    assertEquals({ status, failed_rounds }, { status: "pending", failed_rounds: 0 });
    assert(due_in_seconds <= 0);
  }));

Deno.test("an edit makes a change that waits for its retry due at once", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await fold(sql);
    await sql`update zoho_sync_queue set failed_rounds = 3, next_attempt_at = now() + interval '1 hour' where true`;
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    const { failed_rounds, due_in_seconds } = await onlyChange(sql);
    assertEquals(failed_rounds, 0);
    assert(due_in_seconds <= 0, `due in ${due_in_seconds} s`);
  }));

Deno.test("a deleted contract leaves its Deal unchanged: mapping orphaned, notice written, change removed", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "5000000000001", { Contract_Number: contract.contract_number });

    await sql`delete from contracts where id = ${contract.id}`;

    assertEquals(await queueRows(sql), []);
    const [mapping] = await sql`select zoho_id, state from zoho_entity_mappings`;
    assertEquals({ ...mapping }, { zoho_id: "5000000000001", state: "orphaned" });
    const notices = await sql`
      select kind, entity_type, entity_id, zoho_type, zoho_id, message, acknowledged_at from zoho_notices`;
    assertEquals(notices.map((notice) => ({ ...notice })), [{
      kind: "orphaned",
      entity_type: "contract",
      entity_id: contract.id,
      zoho_type: "Deals",
      zoho_id: "5000000000001",
      message: `Contract ${contract.contract_number} was deleted in CircleTel; its Deal was left as it is`,
      acknowledged_at: null,
    }]);
  }));

Deno.test("a deleted contract that never reached Zoho leaves no trace", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql`delete from contracts where id = ${contract.id}`;
    assertEquals(await queueRows(sql), []);
    assertEquals((await sql`select from zoho_notices`).length, 0);
  }));

Deno.test("an admin who may edit contracts needs no right on the queue", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const admin = await insertAdmin(sql);
    await emptyQueue(sql);
    await sql.unsafe(`
      grant update on contracts to authenticated;
      create policy "admins edit contracts" on contracts for update to authenticated
        using ((select zoho_sync.is_active_admin()));
    `);
    await asRole(sql, "authenticated", { sub: admin.id }, (tx) =>
      tx`
      update contracts set status = 'active' where id = ${contract.id}`);
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

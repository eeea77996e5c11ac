import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import {
  claim,
  claimOne,
  done,
  emptyQueue,
  linkContract,
  onlyChange,
  queueRows,
  rpc,
  settle,
} from "./steps.ts";

// What an operator does to one record, as the admin API calls it; and a drain that is at work meanwhile.

const WORKER = crypto.randomUUID();
const dealId = "5000000000001";

async function linked(sql: postgres.Sql) {
  const { contract } = await insertBusiness(sql);
  await emptyQueue(sql);
  await linkContract(sql, contract.id, dealId);
  await sql`update public.contracts set zoho_deal_id = ${dealId} where id = ${contract.id}`;
  await emptyQueue(sql);
  return contract;
}

const named = (...ids: string[]) => JSON.stringify(ids.map((id) => ({ type: "contract", id })));
const drop = (sql: postgres.Sql, ...ids: string[]) =>
  rpc<{ dropped: { id: string }[]; busy: number }>(
    sql,
    (tx) => tx`select public.zoho_drop_changes(${named(...ids)}::text::jsonb) as answer`,
  );
const act = (sql: postgres.Sql, name: "unlink" | "link" | "forget", id: string) =>
  rpc<string>(
    sql,
    (tx) => tx`select ${tx.unsafe(`public.zoho_${name}_record`)}('contract', ${id}) as answer`,
  );
const stateOf = async (sql: postgres.Sql, id: string) =>
  (await sql`select state from public.zoho_entity_mappings where circletel_id = ${id}`)[0]?.state;

Deno.test("a dropped change is removed with its waiting hints, and an operator's request queues it again", () =>
  withDatabase("plain", async (sql) => {
    const contract = await linked(sql);
    await sql`
      insert into public.zoho_webhook_events (source, module, operation, record_id, digest, status, entity_type, entity_id)
      values ('signed', 'Deals', 'update', ${dealId}, ${
      "0".repeat(64)
    }, 'received', 'contract', ${contract.id})`;
    // Noted and not folded yet: it waits as well.
    await sql`update public.contracts set total_contract_value = 7 where id = ${contract.id}`;
    const { dropped, busy } = await drop(sql, contract.id, crypto.randomUUID());
    assertEquals([dropped.map(({ id }) => id), busy, await queueRows(sql)], [[contract.id], 0, []]);
    const [hint] = await sql`select status, reason from public.zoho_webhook_events`;
    assertEquals({ ...hint }, { status: "ignored", reason: "An operator dropped the change" });

    await rpc(sql, (tx) => tx`select public.zoho_look_again(${named(contract.id)}::text::jsonb) as answer`);
    const { look, cause } = await onlyChange(sql);
    assertEquals([look, cause], [true, "asked for by an operator"]);
  }));

Deno.test("a change in flight is neither dropped nor unlinked nor forgotten", () =>
  withDatabase("plain", async (sql) => {
    const contract = await linked(sql);
    await sql`update public.contracts set total_contract_value = 7 where id = ${contract.id}`;
    const change = await claimOne(sql, WORKER);
    assertEquals(await drop(sql, contract.id), { dropped: [], busy: 1 });
    for (const name of ["unlink", "link", "forget"] as const) {
      assertEquals([name, await act(sql, name, contract.id)], [name, "busy"]);
    }
    await settle(sql, { worker: WORKER, results: [done(change, dealId)] });
    assertEquals(await act(sql, "unlink", contract.id), "done");
  }));

Deno.test("unlinking removes the entity's change from the queue, and linking looks at both sides", () =>
  withDatabase("plain", async (sql) => {
    const contract = await linked(sql);
    await sql`update public.contracts set total_contract_value = 7 where id = ${contract.id}`;
    assertEquals(await act(sql, "link", contract.id), "wrong_state");
    assertEquals([await act(sql, "unlink", contract.id), await stateOf(sql, contract.id)], [
      "done",
      "unlinked",
    ]);
    assertEquals(await queueRows(sql), []);
    assertEquals(await act(sql, "unlink", contract.id), "wrong_state");
    assertEquals([await act(sql, "link", contract.id), await stateOf(sql, contract.id)], ["done", "linked"]);
    assertEquals((await onlyChange(sql)).look, true);
    assertEquals(await act(sql, "unlink", crypto.randomUUID()), "no_link");
  }));

Deno.test("a forgotten record leaves no trace in the contract, which is synced as new", () =>
  withDatabase("plain", async (sql) => {
    const contract = await linked(sql);
    assertEquals([await act(sql, "forget", contract.id), await stateOf(sql, contract.id)], [
      "done",
      undefined,
    ]);
    const [row] = await sql`select zoho_deal_id from public.contracts where id = ${contract.id}`;
    assertEquals([row?.zoho_deal_id, (await onlyChange(sql)).look], [null, true]);
  }));

Deno.test("an orphan's link is forgotten and nothing is queued", () =>
  withDatabase("plain", async (sql) => {
    const contract = await linked(sql);
    await sql`delete from public.contracts where id = ${contract.id}`;
    await fold(sql);
    assertEquals(await act(sql, "unlink", contract.id), "orphaned");
    assertEquals(await act(sql, "forget", contract.id), "done");
    assertEquals([await stateOf(sql, contract.id), await queueRows(sql)], [undefined, []]);
  }));

Deno.test("a forgotten Account is looked up again for each of the company's records", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql, { customer: { business_name: "Protea Guest House" } });
    await emptyQueue(sql);
    await sql`select zoho_sync.keep_search()`;
    await sql`
      insert into public.zoho_accounts (account_key, zoho_id, matched_by)
      values ('company:protea guest house', '7000000000001', 'created')`;
    const forget = () =>
      rpc<number | null>(sql, (tx) => tx`select public.zoho_forget_account('7000000000001') as answer`);
    assertEquals(await forget(), 1);
    const change = await onlyChange(sql);
    assertEquals([change.entity_id, change.forced], [contract.id, true]);
    assertEquals(await forget(), null);
  }));

Deno.test("a forgotten Account is looked up again for records that the search does not know yet", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql, { customer: { business_name: "Protea Guest House" } });
    await linkContract(sql, contract.id, dealId, { Account_Name: { id: "7000000000001" } });
    await emptyQueue(sql);
    await sql`delete from zoho_sync.search_due where true`;
    await sql`delete from zoho_sync.search_entries where true`;
    await sql`
      insert into public.zoho_accounts (account_key, zoho_id, matched_by)
      values ('company:protea guest house', '7000000000001', 'created')`;
    const due = await rpc(sql, (tx) => tx`select public.zoho_forget_account('7000000000001') as answer`);
    assertEquals([due, (await onlyChange(sql)).entity_id], [1, contract.id]);
  }));

Deno.test("a hold goes with its entity", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql`select public.zoho_hold_record('contract', ${contract.id}, 'secret key', 'asked by sales')`;
    await sql`delete from public.contracts where id = ${contract.id}`;
    await fold(sql);
    assertEquals([...await sql`select entity_id from zoho_sync.record_holds`], []);
  }));

Deno.test("a held contract waits while others are sent, is not late, and is sent once released or expired", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const other = await insertBusiness(sql);
    const hold = (until: string | null) =>
      rpc<boolean>(sql, (tx) =>
        tx`
        select public.zoho_hold_record('contract', ${contract.id}, 'secret key', 'asked by sales', ${until}) as answer`);
    const release = () =>
      rpc<boolean>(sql, (tx) => tx`select public.zoho_release_record('contract', ${contract.id}) as answer`);
    assertEquals(await hold(null), true);
    const change = await claimOne(sql, WORKER);
    assertEquals(change.entity_id, other.contract.id);
    await settle(sql, { worker: WORKER, results: [done(change, "5000000000002")] });
    assertEquals((await claim(sql, { worker: WORKER })).changes, []);

    const [row] = await sql<{ status: { queue: Record<string, unknown> } }[]>`
      select public.zoho_admin_status() as status`;
    const { held, waiting, oldestUnsentAt } = row?.status.queue ?? {};
    assertEquals([held, waiting, oldestUnsentAt], [1, 1, null]);
    const [{ holds } = { holds: [] }] = await sql<{ holds: { reason: string; by: string }[] }[]>`
      select public.zoho_admin_holds() as holds`;
    assertEquals(holds.map(({ reason, by }) => [reason, by]), [["asked by sales", "secret key"]]);

    assertEquals([await release(), await release()], [true, false]);
    assertEquals((await claimOne(sql, crypto.randomUUID())).entity_id, contract.id);

    await sql`update public.zoho_sync_queue set status = 'pending', lease_owner = null, lease_until = null where true`;
    await sql`update public.zoho_sync_state set drain_owner = null, drain_until = null where id`;
    await hold(new Date(Date.now() + 60_000).toISOString());
    assertEquals((await claim(sql, { worker: WORKER })).changes, []);
    await sql`update zoho_sync.record_holds set until = now() - interval '1 second' where true`;
    assertEquals((await claimOne(sql, WORKER)).entity_id, contract.id);
    const [gone] = await sql`
      select public.zoho_hold_record('contract', ${crypto.randomUUID()}, 'secret key') as held`;
    assertEquals(gone?.held, false);
  }));

Deno.test("settings return the previous values and keep those that are not named", () =>
  withDatabase("plain", async (sql) => {
    const change = (credits: number | null, types: string[] | null) =>
      rpc<{ before: unknown; after: unknown }>(
        sql,
        (tx) => tx`select public.zoho_change_settings(${credits}, ${types}) as answer`,
      );
    const { before, after } = await change(20_000, null);
    assertEquals([before, after], [
      { dailyCredits: 50_000, syncedTypes: ["contract"] },
      { dailyCredits: 20_000, syncedTypes: ["contract"] },
    ]);
    assertEquals((await change(null, ["contract", "quote"])).after, {
      dailyCredits: 20_000,
      syncedTypes: ["contract", "quote"],
    });
  }));

Deno.test("a manual pause ends by itself at its time, and a later fault may pause again", () =>
  withDatabase("plain", async (sql) => {
    const pause = (code: string, seconds: number | null, by: string | null) =>
      sql`select public.zoho_pause(${code}, 'why', ${seconds}, ${seconds === null}, ${by})`;
    const state = async () => {
      const [row] = await sql<
        { state: { code: string; by: string | null; until: string | null; since: string } | null }[]
      >`
        select public.zoho_pause_state() as state`;
      return row?.state ?? null;
    };
    await pause("PAUSED_BY_HAND", 600, "secret key");
    await pause("HTTP_5XX", 30, null);
    const lasting = await state();
    assertEquals([lasting?.code, lasting?.by], ["PAUSED_BY_HAND", "secret key"]);
    assert(lasting?.until && lasting.since);
    await sql`update public.zoho_sync_state set paused_until = now() - interval '1 second' where id`;
    assertEquals(await state(), null);
    await pause("HTTP_5XX", 30, null);
    assertEquals([(await state())?.code, (await state())?.by], ["HTTP_5XX", null]);
  }));

Deno.test("a pause that only a person ends is not cut short by a fault that passes", () =>
  withDatabase("plain", async (sql) => {
    await sql`select public.zoho_pause('UNKNOWN_WRITES', 'x', p_until_resumed => true)`;
    await sql`select public.zoho_pause('TOO_MANY_REQUESTS', 'y', 30)`;
    const state = () =>
      sql`select paused_until = 'infinity' as lasts, pause_code from public.zoho_sync_state`;
    assertEquals((await state()).map((row) => Object.values(row)), [[true, "UNKNOWN_WRITES"]]);
    await sql`select public.zoho_pause('WRONG_ORG', 'z', p_until_resumed => true)`;
    assertEquals((await state()).map((row) => Object.values(row)), [[true, "WRONG_ORG"]]);
  }));

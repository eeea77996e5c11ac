import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import {
  claim,
  type ClaimedChange,
  claimOne,
  done,
  insertContracts,
  linkContract,
  onlyChange,
  queueRows,
  type ResultInput,
  settle,
  settledBaseOf,
} from "./steps.ts";

// What a settled result does to the queue, the mapping and the contract.

const [WORKER, OTHER] = [crypto.randomUUID(), crypto.randomUUID()];
const DEAL = "5000000000001";

Deno.test("a finished change leaves the queue, a mapping with its base and the contract's Deal id", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    const answer = await settle(sql, {
      worker: WORKER,
      results: [done(change, DEAL, { Stage: "Closed Won", RICA_Status: "Approved" })],
    });

    assertEquals(answer, { settled: 1, again: 0, lost: 0, busy: [], taken: 0, left: [] });
    assertEquals(await queueRows(sql), []);
    assertEquals(await mappingOf(sql, contract.id), {
      zoho_type: "Deals",
      zoho_id: DEAL,
      state: "linked",
      snapshot: { Stage: "Closed Won", RICA_Status: "Approved" },
      agreed_status: "draft",
      revision: null,
      loops: {},
    });
    assertEquals(await dealOf(sql, contract.id), { zoho_deal_id: DEAL, is_synced: true });
  }));

Deno.test("a settlement updates the base: fields, agreed status, revision and corrections", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, DEAL, { Stage: "Negotiation/Review", Risk_Tier: "Low" });
    const change = await claimOne(sql, WORKER);
    const loops = { Amount: { value: 10, correctedAtMs: [1], state: "watched" } };
    const record = {
      ...settledBaseOf("Deals", DEAL, { Stage: "Closed Won" }, {
        status: "active",
        revision: "1234560000000001",
      }),
      loops,
    };
    await settle(sql, { worker: WORKER, results: [{ ...done(change), record }] });
    assertEquals(await mappingOf(sql, contract.id), {
      zoho_type: "Deals",
      zoho_id: DEAL,
      state: "linked",
      snapshot: { Stage: "Closed Won", Risk_Tier: "Low" },
      agreed_status: "active",
      revision: "1234560000000001",
      loops,
    });
  }));

Deno.test("a change without a difference is settled without a record, and counts as synced", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, DEAL, { Stage: "Closed Won" });
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [done(change)] });
    assertEquals(await queueRows(sql), []);
    assertEquals((await mappingOf(sql, contract.id))?.snapshot, { Stage: "Closed Won" });
    assertEquals(await dealOf(sql, contract.id), { zoho_deal_id: DEAL, is_synced: true });
  }));

Deno.test("a settlement does not queue its contract again", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [done(change, DEAL)] });
    assertEquals((await claim(sql, { worker: WORKER })).changes, []);
  }));

Deno.test("an edit while its change is in flight leaves it pending and due at once", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    assertEquals((await onlyChange(sql)).status, "in_flight");

    const answer = await settle(sql, {
      worker: WORKER,
      results: [done(change, DEAL, { Stage: "Closed Lost" })],
    });
    assertEquals(answer, { settled: 1, again: 1, lost: 0, busy: [], taken: 0, left: [] });
    const { status, lease_owner, version, due_in_seconds } = await onlyChange(sql);
    assertEquals({ status, lease_owner }, { status: "pending", lease_owner: null });
    assertEquals(version, change.version + 1);
    assert(due_in_seconds <= 0);
    // What Zoho confirmed is true all the same: the next diff starts from it.
    assertEquals((await mappingOf(sql, contract.id))?.snapshot, { Stage: "Closed Lost" });
  }));

Deno.test("an edit in flight also saves the change from a refusal of the old row", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    await settle(sql, { worker: WORKER, results: [failed(change, "dead")] });
    const { status, failed_rounds, due_in_seconds } = await onlyChange(sql);
    assertEquals({ status, failed_rounds }, { status: "pending", failed_rounds: 0 });
    assert(due_in_seconds <= 0);
  }));

Deno.test("a retry waits as long as its result says, counts the attempt and keeps the error", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [{ ...failed(change, "retry"), retry_in_seconds: 300 }] });
    const row = await onlyChange(sql);
    assertEquals([row.status, row.failed_rounds, row.lease_owner], ["pending", 1, null]);
    assertEquals([row.error_code, row.error_field, row.error_message], [
      "INVALID_DATA",
      "Risk_Tier",
      "not a value of the picklist",
    ]);
    assert(row.due_in_seconds > 295 && row.due_in_seconds <= 300, `due in ${row.due_in_seconds} s`);
  }));

Deno.test("a dead letter keeps its error until a person or an edit fixes it", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [failed(change, "dead")] });
    const { status, failed_rounds, error_code } = await onlyChange(sql);
    assertEquals({ status, failed_rounds, error_code }, {
      status: "dead",
      failed_rounds: 1,
      error_code: "INVALID_DATA",
    });
    assertEquals((await claim(sql, { worker: WORKER })).changes, []);
  }));

Deno.test("a released change uses no attempt and is due again", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "release" }] });
    const { status, failed_rounds, error_code } = await onlyChange(sql);
    assertEquals({ status, failed_rounds, error_code }, {
      status: "pending",
      failed_rounds: 0,
      error_code: null,
    });
    assertEquals((await claimOne(sql, WORKER)).entity_id, change.entity_id);
  }));

Deno.test("a retried change keeps its force until it is done", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql`select zoho_enqueue('contract', array[${contract.id}]::uuid[], p_forced => true)`;
    const change = await claimOne(sql, WORKER);
    assertEquals(change.forced, true);
    await settle(sql, { worker: WORKER, results: [failed(change, "retry")] });
    assertEquals((await onlyChange(sql)).forced, true);
  }));

Deno.test("one poison record of a hundred does not delay the other ninety-nine", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 100);
    const { changes } = await claim(sql, { worker: WORKER });
    const results = changes.map((change, i) => i === 42 ? failed(change, "dead") : done(change, `50${i}`));
    const { settled } = await settle(sql, { worker: WORKER, results });
    assertEquals(settled, 100);
    const { entity_id, status } = await onlyChange(sql);
    assertEquals({ entity_id, status }, { entity_id: changes[42]?.entity_id, status: "dead" });
    assertEquals((await sql`select from zoho_entity_mappings`).length, 99);
  }));

Deno.test("a worker that lost its lease changes no snapshot and no queue row", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, DEAL, { Stage: "Closed Won" });
    const change = await loseLease(sql);
    const before = await onlyChange(sql);

    const answer = await settle(sql, {
      worker: WORKER,
      results: [done(change, DEAL, { Stage: "Proposal/Price Quote" })],
    });

    assertEquals([answer.settled, answer.lost], [0, 1]);
    const after = await onlyChange(sql);
    assertEquals([after.status, after.lease_owner], ["in_flight", OTHER]);
    assertEquals(after.version, before.version);
    assertEquals((await mappingOf(sql, contract.id))?.snapshot, { Stage: "Closed Won" });
    assertEquals((await dealOf(sql, contract.id))?.is_synced, false);
  }));

Deno.test("a worker that lost its lease stores the id of the record it made and nothing else", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await loseLease(sql);
    await settle(sql, { worker: WORKER, results: [done(change, DEAL, { Stage: "Closed Won" })] });
    assertEquals(await mappingOf(sql, contract.id), {
      zoho_type: "Deals",
      zoho_id: DEAL,
      state: "linked",
      snapshot: {},
      agreed_status: null,
      revision: null,
      loops: {},
    });
    assertEquals(await dealOf(sql, contract.id), { zoho_deal_id: null, is_synced: false });
    assertEquals((await onlyChange(sql)).lease_owner, OTHER);
  }));

Deno.test("a contract that was deleted in flight leaves no change behind", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await sql`delete from contracts where id = ${contract.id}`;
    const { settled, lost } = await settle(sql, { worker: WORKER, results: [done(change)] });
    assertEquals([settled, lost], [1, 0]);
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("a Deal made while its contract was deleted is an orphan from the start, with a notice", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await sql`delete from contracts where id = ${contract.id}`;
    await settle(sql, { worker: WORKER, results: [done(change, DEAL)] });
    assertEquals((await mappingOf(sql, contract.id))?.state, "orphaned");
    const notices = await sql`select kind, entity_id, zoho_id from zoho_notices`;
    assertEquals(notices.map((notice) => ({ ...notice })), [
      { kind: "orphaned", entity_id: contract.id, zoho_id: DEAL },
    ]);
  }));

function failed(change: ClaimedChange, outcome: "retry" | "dead"): ResultInput {
  const error = { code: "INVALID_DATA", field: "Risk_Tier", message: "not a value of the picklist" };
  return { ...done(change), outcome, error };
}

/** WORKER claims the only change, its lease runs out, and OTHER has it now. */
async function loseLease(sql: postgres.Sql): Promise<ClaimedChange> {
  const change = await claimOne(sql, WORKER);
  await fold(sql);
  await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where true`;
  await sql`update zoho_sync_state set drain_until = now() - interval '1 second' where id`;
  await claimOne(sql, OTHER);
  return change;
}

async function mappingOf(sql: postgres.Sql, id: string) {
  const [row] = await sql<
    {
      zoho_type: string;
      zoho_id: string;
      state: string;
      snapshot: unknown;
      agreed_status: string | null;
      revision: string | null;
      loops: unknown;
    }[]
  >`
    select zoho_type, zoho_id, state, snapshot, agreed_status, revision, loops from zoho_entity_mappings where circletel_id = ${id}`;
  return row && { ...row };
}

async function dealOf(sql: postgres.Sql, id: string) {
  const [row] = await sql<{ zoho_deal_id: string | null; is_synced: boolean }[]>`
    select zoho_deal_id, last_synced_at is not null as is_synced from contracts where id = ${id}`;
  return row && { ...row };
}

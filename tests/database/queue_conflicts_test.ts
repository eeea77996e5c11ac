import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { holdTransaction, lockedSessions } from "./locks.ts";
import {
  claim,
  type ClaimedChange,
  done,
  insertContracts,
  linkContract,
  queueRows,
  settle,
} from "./steps.ts";

// Settling meets business transactions that hold its rows, and records that belong to other entities. Neither may
// block it or fail the rest of the batch. (A step that waits for a lock fails after 5 s: see rpc().)

const WORKER = crypto.randomUUID();

const HELD: { title: string; lock(tx: postgres.TransactionSql, id: string): Promise<unknown> }[] = [
  {
    title: "a contract that a business transaction holds",
    lock: (tx, id) => tx`select from contracts where id = ${id} for update`,
  },
  {
    title: "a queue row that a business transaction holds",
    lock: (tx, id) => tx`select from zoho_sync_queue where entity_id = ${id} for update`,
  },
  {
    title: "a mapping that another transaction holds",
    lock: (tx, id) => tx`select from zoho_entity_mappings where circletel_id = ${id} for update`,
  },
  {
    title: "a contract that a business transaction has edited",
    lock: (tx, id) => tx`update contracts set status = 'active' where id = ${id}`,
  },
  {
    title: "a contract that a business transaction has deleted",
    lock: (tx, id) => tx`delete from contracts where id = ${id}`,
  },
];

for (const { title, lock } of HELD) {
  Deno.test(`${title} is left as busy, and the rest of the batch is settled`, () =>
    withDatabase("plain", async (sql) => {
      const { held, free } = await claimTwo(sql);
      await linkContract(sql, held.entity_id, "501", { Stage: "Closed Lost" });
      await sql.begin(async (tx) => {
        await lock(tx, held.entity_id);
        const answer = await settle(sql, {
          worker: WORKER,
          results: [done(held, "501", { Stage: "Closed Won" }), done(free, "502")],
        });
        assertEquals(answer, { settled: 1, again: 0, lost: 0, busy: [held.entity_id], taken: 0, left: [] });
      });
      const [mapping] = await sql`select snapshot from zoho_entity_mappings where zoho_id = '501'`;
      assertEquals(mapping?.snapshot, { Stage: "Closed Lost" });
    }));
}

Deno.test("a mapping of a deleted contract that a fold holds is left as busy, and the rest of the batch is settled", () =>
  withDatabase("plain", async (sql) => {
    const { held, free } = await claimTwo(sql);
    await linkContract(sql, held.entity_id, "501");
    await sql`delete from contracts where id = ${held.entity_id}`;
    await sql.begin(async (tx) => {
      await tx`select from zoho_entity_mappings where circletel_id = ${held.entity_id} for update`;
      const results = [done(held, "501"), done(free, "502")];
      const answer = await settle(sql, { worker: WORKER, results });
      assertEquals(answer, { settled: 1, again: 0, lost: 0, busy: [held.entity_id], taken: 0, left: [] });
    });
  }));

Deno.test("a busy change can be settled again a little later", () =>
  withDatabase("plain", async (sql) => {
    const { held, free } = await claimTwo(sql);
    const results = [done(held, "501", { Stage: "Closed Won" })];
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${held.entity_id} for update`;
      assertEquals((await settle(sql, { worker: WORKER, results })).busy, [held.entity_id]);
    });
    assertEquals((await settle(sql, { worker: WORKER, results })).settled, 1);
    assertEquals((await queueRows(sql)).map((row) => row.entity_id), [free.entity_id]);
    const [mapping] = await sql`select snapshot from zoho_entity_mappings where zoho_id = '501'`;
    assertEquals(mapping?.snapshot, { Stage: "Closed Won" });
  }));

Deno.test("a busy change that is not settled again returns to the queue when its lease has run out", () =>
  withDatabase("plain", async (sql) => {
    const { held, free } = await claimTwo(sql);
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${held.entity_id} for update`;
      await settle(sql, { worker: WORKER, results: [done(held, "501"), done(free, "502")] });
    });
    assertEquals((await queueRows(sql)).map((row) => [row.entity_id, row.status]), [
      [held.entity_id, "in_flight"],
    ]);
    await fold(sql);
    await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where true`;
    const { changes } = await claim(sql, { worker: WORKER });
    assertEquals(changes.map((change) => change.entity_id), [held.entity_id]);
  }));

Deno.test("a claim does not wait for a queue row that another transaction holds", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const [held = "", free] = await insertContracts(sql, quote.id, 2);
    await fold(sql);
    await sql.begin(async (tx) => {
      await tx`select from zoho_sync_queue where entity_id = ${held} for update`;
      const { changes } = await claim(sql, { worker: WORKER });
      assertEquals(changes.map((change) => change.entity_id), [free]);
    });
  }));

Deno.test("an edit does not wait for a drain that has the change in flight", () =>
  withDatabase("plain", async (sql) => {
    const { held } = await claimTwo(sql);
    await sql.begin(async (tx) => {
      await tx`set local lock_timeout = '1s'`;
      await tx`update contracts set status = 'active' where id = ${held.entity_id}`;
    });
  }));

Deno.test("a record linked to another contract is a dead letter, and the rest of the batch is settled", () =>
  withDatabase("plain", async (sql) => {
    const other = await insertBusiness(sql);
    await fold(sql);
    await sql`delete from zoho_sync_queue where true`;
    await linkContract(sql, other.contract.id, "501", { Stage: "Closed Won" });
    const { held: mistaken, free } = await claimTwo(sql);

    const answer = await settle(sql, {
      worker: WORKER,
      results: [done(mistaken, "501", { Stage: "Closed Lost" }), done(free, "502")],
    });

    assertEquals(answer, { settled: 2, again: 0, lost: 0, busy: [], taken: 1, left: [] });
    const [row] = await queueRows(sql);
    assertEquals([row?.entity_id, row?.status, row?.failed_rounds], [mistaken.entity_id, "dead", 1]);
    assertEquals(row?.error_code, "RECORD_TAKEN");
    assert(row?.error_message?.includes("501"));
    const mappings = await sql`select circletel_id, snapshot from zoho_entity_mappings where zoho_id = '501'`;
    assertEquals(mappings.map((mapping) => ({ ...mapping })), [
      { circletel_id: other.contract.id, snapshot: { Stage: "Closed Won" } },
    ]);
  }));

Deno.test("a Deal that another contract names without a mapping counts as taken too", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql, { contract: { zoho_deal_id: "501" } });
    await fold(sql);
    await sql`delete from zoho_sync_queue where true`;
    await insertContracts(sql, quote.id, 1);
    const { changes: [change] } = await claim(sql, { worker: WORKER });
    const results = change ? [done(change, "501")] : [];
    const { taken } = await settle(sql, { worker: WORKER, results });
    assertEquals(taken, 1);
    assertEquals((await queueRows(sql))[0]?.error_code, "RECORD_TAKEN");
  }));

Deno.test("two contracts of one batch that name the same record: one gets it, the other is a dead letter", () =>
  withDatabase("plain", async (sql) => {
    const { held, free } = await claimTwo(sql);
    const { taken } = await settle(sql, { worker: WORKER, results: [done(held, "501"), done(free, "501")] });
    assertEquals(taken, 1);
    assertEquals((await queueRows(sql)).map((row) => row.error_code), ["RECORD_TAKEN"]);
    assertEquals((await sql`select from zoho_entity_mappings where zoho_id = '501'`).length, 1);
  }));

Deno.test("the same account from two contracts of one batch is one account", () =>
  withDatabase("plain", async (sql) => {
    const account = { account_key: "company:karoo", zoho_id: "601", matched_by: "created" };
    await settle(sql, { worker: WORKER, results: [], accounts: [account, { ...account, zoho_id: "602" }] });
    assertEquals((await sql`select zoho_id from zoho_accounts`).map((row) => row.zoho_id), ["601"]);
  }));

async function claimTwo(sql: postgres.Sql): Promise<{ held: ClaimedChange; free: ClaimedChange }> {
  const quote = await insertQuote(sql);
  await insertContracts(sql, quote.id, 2);
  const { changes: [held, free] } = await claim(sql, { worker: WORKER });
  if (!held || !free) throw new Error("two changes were expected");
  return { held, free };
}

Deno.test("a fold that comes upon a TRUNCATE while it waits for another fold does not deadlock with a claim", () =>
  withDatabase("plain", async (sql) => {
    const noteOf = (operation: string, isExact: boolean) =>
      sql`
      insert into zoho_sync.outbox (source_table, operation, ids, is_exact, rings)
      values ('business_quote_items', ${operation}, ${
        isExact ? [crypto.randomUUID()] : null
      }::uuid[], ${isExact}, false)`;
    await noteOf("UPDATE", true);
    // What a fold holds from its first statement to its end.
    const release = await holdTransaction(
      sql,
      (tx) => tx`select pg_advisory_xact_lock(hashtextextended('zoho_sync.fold_outbox', 0))`,
    );
    const swept = sql`select zoho_sync.fold_outbox()`.then(() => "folded", String);
    await lockedSessions(sql, 1);
    await noteOf("TRUNCATE", false);
    const claimed = claim(sql, { worker: WORKER }).then(() => "claimed", String);
    await lockedSessions(sql, 2);
    await release();
    assertEquals(await Promise.all([swept, claimed]), ["folded", "claimed"]);
  }));

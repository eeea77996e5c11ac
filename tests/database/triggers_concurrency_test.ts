import { assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertContract, insertCustomer, insertQuote } from "../support/fixtures.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import { emptyQueue, insertContracts, onlyChange, queueRows } from "./steps.ts";

// The triggers run inside transactions of the business: they may neither hold one up nor make two of them deadlock.

Deno.test("all edits of a transaction are one change in the most urgent lane, and one ring", () =>
  withDatabase("plain", async (sql) => {
    const { customer, quote, contract, kyc } = await insertBusiness(sql);
    await hangBell(sql);
    await emptyQueue(sql);
    await forgetRings(sql);
    await sql.begin(async (tx) => {
      await tx`update customers set last_name = 'Dlamini' where id = ${customer.id}`;
      await tx`update kyc_sessions set risk_tier = 'high' where id = ${kyc.id}`;
      await tx`update business_quotes set company_name = 'Other' where id = ${quote.id}`;
    });
    const { entity_id, lane } = await onlyChange(sql);
    assertEquals([entity_id, lane], [contract.id, 0]);
    assertEquals((await rings(sql)).length, 1);
  }));

Deno.test("a transaction rolled back to a savepoint queues only what remains", () =>
  withDatabase("plain", async (sql) => {
    const [undone, kept] = [await insertBusiness(sql), await insertBusiness(sql)];
    await emptyQueue(sql);
    await sql.begin(async (tx) => {
      await assertRejects(() =>
        tx.savepoint(async (inner) => {
          await inner`update contracts set status = 'active' where id = ${undone.contract.id}`;
          throw new Error("the business changed its mind");
        })
      );
      await tx`update contracts set status = 'active' where id = ${kept.contract.id}`;
    });
    assertEquals((await onlyChange(sql)).entity_id, kept.contract.id);
  }));

Deno.test("a contract that is edited and deleted in one transaction leaves nothing in the queue", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql.begin(async (tx) => {
      await tx`update contracts set status = 'active' where id = ${contract.id}`;
      await tx`delete from contracts where id = ${contract.id}`;
    });
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("an open transaction on a quote does not delay an edit of its contract", () =>
  withDatabase("plain", async (sql) => {
    const { quote, contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await sql.begin(async (tx) => {
      await tx`update business_quotes set company_name = 'Other' where id = ${quote.id}`;
      await editWithin(sql, "1s", contract.id);
      await tx`update contracts set total_contract_value = 1 where id = ${contract.id}`;
    });
    assertEquals((await onlyChange(sql)).version, 1);
  }));

Deno.test("two enqueues of the same contracts in opposite order do not deadlock", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const ids = await insertContracts(sql, quote.id, 200);
    const backwards = ids.toReversed();
    const enqueue = (list: string[]) => sql`select zoho_enqueue('contract', ${list}::uuid[])`;
    await Promise.all(Array.from({ length: 20 }, (_, i) => enqueue(i % 2 ? ids : backwards)));
    const revisions = new Set((await queueRows(sql)).map((row) => row.version));
    assertEquals([...revisions], [21]);
  }));

Deno.test("two transactions that touch the same contracts in different lanes do not deadlock at their commits", () =>
  withDatabase("plain", async (sql) => {
    const [left, right] = [await insertPortfolio(sql), await insertPortfolio(sql)];
    await emptyQueue(sql);
    // Each edits the contracts of one side (compliance) and the customer of the other (ordinary).
    const edit = (mine: string, theirs: string, both: Meeting) =>
      sql.begin(async (tx) => {
        await tx`update contracts set status = 'active' where customer_id = ${mine}`;
        await tx`update customers set last_name = last_name || 'a' where id = ${theirs}`;
        await both.arrive();
      });
    const both = meeting(2);
    await Promise.all([edit(left, right, both), edit(right, left, both)]);
    assertEquals((await queueRows(sql)).length, 2 * PORTFOLIO);
  }));

// Large enough that the two commits certainly overlap.
const PORTFOLIO = 2_000;

/** A customer with that many contracts. */
async function insertPortfolio(sql: postgres.Sql): Promise<string> {
  const customer = await insertCustomer(sql);
  const quote = await insertQuote(sql);
  const { contract_number } = await insertContract(sql, quote.id, { customer_id: customer.id });
  await sql`
    insert into contracts (contract_number, quote_id, customer_id, contract_type, contract_term_months)
    select ${`${String(contract_number)}-`} || i, ${quote.id}, ${customer.id}, 'fibre', 24
    from generate_series(2, ${PORTFOLIO}::int) i`;
  return customer.id;
}

async function editWithin(sql: postgres.Sql, lockTimeout: string, contractId: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select set_config('lock_timeout', ${lockTimeout}, true)`;
    await tx`update contracts set status = 'active' where id = ${contractId}`;
  });
}

interface Meeting {
  arrive(): Promise<void>;
}

/** Releases all when the last one has arrived. */
function meeting(count: number): Meeting {
  const { promise, resolve } = Promise.withResolvers<void>();
  let missing = count;
  return {
    arrive() {
      if (--missing === 0) resolve();
      return promise;
    },
  };
}

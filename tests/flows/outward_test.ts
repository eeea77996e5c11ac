import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { type Db, insertContract, insertQuote, type Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { dealOf, dealsOf, sell, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import {
  dealAttempts,
  drainEnded,
  letLeasesRunOut,
  queueRow,
  settled,
  sweep,
  undrained,
} from "../support/queue.ts";

// From a commit to the Deal, through the real doorbell, with the ways in which it goes wrong on our side of the wire.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    instances: 2,
    functions: ["zoho-sync"],
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

const setAmount = (contract: Row, amount: number) =>
  stack.sql`update public.contracts set total_contract_value = ${amount} where id = ${contract.id}`;

const isInFlight = async (contract: Row) => (await queueRow(stack, contract))?.status === "in_flight";

Deno.test("a committed contract becomes a Deal, and each later change arrives by itself", async () => {
  const { sql } = stack;
  const { contract, kyc } = await sell(stack, {
    kyc: { status: "in_progress", verification_result: null, risk_tier: null, completed_at: null },
    rica: null,
  });
  const { id, KYC_Status } = await settledDeal(stack, contract);
  assertEquals(KYC_Status, "In Progress");
  const [row] =
    await sql`select zoho_deal_id, last_synced_at from public.contracts where id = ${contract.id}`;
  assertEquals(row?.zoho_deal_id, id);
  assert(row?.last_synced_at);

  const mark = await bookmark(stack);
  await sql`
    update public.kyc_sessions
    set status = 'completed', verification_result = 'approved', risk_tier = 'high', completed_at = '2026-11-22T08:00:00Z'
    where id = ${kyc?.id ?? null}
  `;
  await settled(stack, contract);
  assertEquals(await writesOf(stack, id, mark), [
    { KYC_Status: "Completed", KYC_Verified_Date: "2026-11-22", Risk_Tier: "High" },
  ]);
});

Deno.test("our own write-backs cause no call to Zoho", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  const mark = await bookmark(stack);
  await stack.sql`
    update public.contracts set last_synced_at = now(), updated_at = now() where id = ${contract.id}
  `;
  assertEquals(await queueRow(stack, contract), undefined);
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("fifty edits in one transaction are one write", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  const mark = await bookmark(stack);
  await stack.sql.begin(async (tx) => {
    for (let edit = 1; edit <= 50; edit++) {
      await tx`update public.contracts set total_contract_value = ${1000 + edit} where id = ${contract.id}`;
    }
  });
  await settled(stack, contract);
  assertEquals((await writesOf(stack, id, mark)).map(({ Amount }) => Amount), [1050]);
  assertEquals(await zohoCallsSince(stack, mark), ["PUT /Deals"]);
});

Deno.test("an edit reverted before the drain makes no call", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  const mark = await bookmark(stack);
  await stack.sql.begin(async (tx) => {
    await tx`update public.contracts set status = 'terminated' where id = ${contract.id}`;
    await tx`update public.contracts set status = 'draft' where id = ${contract.id}`;
  });
  await settled(stack, contract);
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a change while its contract is in flight is written after it", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  const mark = await bookmark(stack);
  await stack.zoho.addFaults({
    match: { method: "PUT", module: "Deals" },
    kind: "latency",
    ms: 300,
    times: 1,
  });
  await setAmount(contract, 1);
  await until(() => isInFlight(contract), { what: "the change in flight" });
  await setAmount(contract, 2);
  const deal = await settledDeal(stack, contract);
  assertEquals(deal.Amount, 2);
  assertEquals((await writesOf(stack, id, mark)).map(({ Amount }) => Amount), [1, 2]);
});

Deno.test("two drains rung at once write no record twice", async () => {
  const { sql } = stack;
  const contracts = await withoutDoorbell(async () => {
    const quote = await insertQuote(sql);
    return await sql.begin((tx) =>
      Promise.all(Array.from({ length: 30 }, () => insertContract(tx, quote.id)))
    );
  });
  const mark = await bookmark(stack);
  const answers = await Promise.all(Array.from({ length: 6 }, () => stack.invoke("zoho-sync", {})));
  assertEquals(answers.map(({ status }) => status), answers.map(() => 202));
  await settled(stack, contracts);
  for (const contract of contracts) {
    const { id } = await dealOf(stack, contract);
    assertEquals((await writesOf(stack, id, mark)).length, 1);
  }
  assertEquals((await zohoCallsSince(stack, mark)).filter((call) => call.includes("Deals")).length, 1);
});

Deno.test("a lost doorbell is replaced by the sweep", async () => {
  const sale = await withoutDoorbell(() => sell(stack));
  assertEquals((await queueRow(stack, sale.contract))?.status, "pending");
  assertEquals(await dealsOf(stack, sale.contract), []);
  await sweep(stack);
  assertEquals((await settledDeal(stack, sale.contract)).Contract_Number, sale.contract.contract_number);
});

Deno.test("an isolate killed while it waits for Zoho loses nothing and leaves its attempt as evidence", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await stack.zoho.addFaults({ match: { method: "PUT", module: "Deals" }, kind: "hang", times: 1 });
  await setAmount(contract, 77);
  await until(async () => (await stack.zoho.faults()).some(({ hits }) => hits > 0), {
    what: "the call that hangs",
  });

  await stack.functions.kill("zoho-sync");
  await stack.zoho.clearFaults();
  await stack.functions.restart("zoho-sync");
  // Until they run out, the leases of the dead keep the change from being worked twice.
  assertEquals((await queueRow(stack, contract))?.status, "in_flight");
  await letLeasesRunOut(stack);
  await sweep(stack);
  assertEquals(pickIdAndAmount(await settledDeal(stack, contract)), { id, Amount: 77 });
  const [, killed, mended] = await dealAttempts(stack, contract);
  assertEquals([killed?.status, mended?.status], ["failed", "success"]);
  assertMatch(killed?.error_message ?? "", /^INTERRUPTED/);
});

Deno.test("an isolate killed after Zoho made the Deal, and before it knew, doubles nothing", async () => {
  // Zoho writes after the wait, whether or not its caller is still there.
  await stack.zoho.addFaults({
    match: { method: "POST", path: "/Deals" },
    kind: "latency",
    ms: 400,
    times: 1,
  });
  const { contract } = await sell(stack);
  await until(async () => (await stack.zoho.faults()).some(({ hits }) => hits > 0), {
    what: "the call in flight",
  });
  await stack.functions.kill("zoho-sync");
  const made = await until(async () => (await dealsOf(stack, contract))[0], { what: "the Deal of the dead" });

  await stack.functions.restart("zoho-sync");
  await stack.zoho.clearFaults();
  await letLeasesRunOut(stack);
  await sweep(stack);
  const deal = await settledDeal(stack, contract);
  assertEquals(deal.id, made.id);
  assertEquals((await dealAttempts(stack, contract)).map(({ status }) => status), ["failed"]);
  const [linked] = await stack.sql`select error_message from public.zoho_sync_logs
    where entity_id = ${contract.id} and response_payload ->> 'outcome' = 'linked'`;
  assertMatch(String(linked?.error_message), /^The record already existed in Zoho/);
});

Deno.test("250 contracts in one commit are three calls, and every Deal is right", async () => {
  const { sql } = stack;
  const mark = await bookmark(stack);
  const quote = await insertQuote(sql, { company_name: "Wholesale Fibre" });
  const contracts = await sql<(Row & { contract_number: string })[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months, start_date,
      total_contract_value, status)
    select 'CT-2026-W' || i, ${quote.id}, 'fibre', 24, '2026-12-01', 1000 + i,
      case when i % 2 = 0 then 'active' else 'draft' end
    from generate_series(1, 250) i
    returning *
  `;
  await settled(stack, contracts);
  const calls = (await stack.zoho.calls(mark.calls)).filter(({ path }) => path.includes("/Deals"));
  assertEquals(calls.map(({ records }) => records).sort(), [100, 100, 50]);
  const deals = new Map((await stack.zoho.records("Deals")).map((deal) => [deal.Contract_Number, deal]));
  for (const { contract_number: number } of contracts) {
    const index = Number(number.replace("CT-2026-W", ""));
    const deal = deals.get(number);
    assertEquals([number, deal?.Amount, deal?.Stage], [
      number,
      1000 + index,
      index % 2 === 0 ? "Closed Won" : "Proposal/Price Quote",
    ]);
  }
  const [logged] = await sql`
    select count(*)::int as rows, count(*) filter (where status = 'success')::int as good
    from public.zoho_sync_logs where zoho_entity_type = 'Deals' and entity_id = any (${
    contracts.map(({ id }) => id)
  })
  `;
  assertEquals({ ...logged }, { rows: 250, good: 250 });
});

Deno.test("a deleted contract leaves its Deal unchanged, marks the mapping and writes a notice", async () => {
  const { sql } = stack;
  const { contract } = await sell(stack);
  const before = await settledDeal(stack, contract);
  const mark = await bookmark(stack);
  await sql`delete from public.contracts where id = ${contract.id}`;
  await settled(stack, contract);

  assertEquals(await dealOf(stack, contract), before);
  assertEquals(await zohoCallsSince(stack, mark), []);
  const [mapping] =
    await sql`select state from public.zoho_entity_mappings where circletel_id = ${contract.id}`;
  assertEquals(mapping?.state, "orphaned");
  const notices = await sql`
    select kind, zoho_type, zoho_id, message, acknowledged_at from public.zoho_notices where entity_id = ${contract.id}
  `;
  assertEquals(
    notices.map((
      { kind, zoho_type, zoho_id, acknowledged_at },
    ) => [kind, zoho_type, zoho_id, acknowledged_at]),
    [
      ["orphaned", "Deals", before.id, null],
    ],
  );
  assertMatch(String(notices[0]?.message), new RegExp(String(contract.contract_number)));
});

Deno.test("a contract deleted in flight leaves nothing in the queue", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  await stack.zoho.addFaults({
    match: { method: "PUT", module: "Deals" },
    kind: "latency",
    ms: 300,
    times: 1,
  });
  await setAmount(contract, 5);
  await until(() => isInFlight(contract), { what: "the change in flight" });
  await stack.sql`delete from public.contracts where id = ${contract.id}`;
  await drainEnded(stack);
  assertEquals(await queueRow(stack, contract), undefined);
  const [mapping] = await stack.sql`
    select state from public.zoho_entity_mappings where circletel_id = ${contract.id}
  `;
  assertEquals(mapping?.state, "orphaned");
});

Deno.test("a contract deleted while its Deal is being made writes a notice about the Deal too", async () => {
  await stack.zoho.addFaults({
    match: { method: "POST", path: "/Deals" },
    kind: "latency",
    ms: 300,
    times: 1,
  });
  const { contract } = await sell(stack);
  await until(async () => (await stack.zoho.faults()).some(({ hits }) => hits > 0), {
    what: "the call in flight",
  });
  await stack.sql`delete from public.contracts where id = ${contract.id}`;
  const deal = await until(async () => (await dealsOf(stack, contract))[0], { what: "the Deal" });
  await drainEnded(stack);
  const [mapping] = await stack.sql`
    select state, zoho_id from public.zoho_entity_mappings where circletel_id = ${contract.id}
  `;
  const notices = await stack.sql`select kind from public.zoho_notices where entity_id = ${contract.id}`;
  assertEquals([mapping?.state, mapping?.zoho_id, notices.map(({ kind }) => kind)], ["orphaned", deal.id, [
    "orphaned",
  ]]);
});

Deno.test("a contract that a business transaction locks in flight is settled when it is released", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  await putsTake(300);
  await setAmount(contract, 11);
  await until(() => hasHit(), { what: "the call in flight" });
  await using business = beginBusiness((tx) =>
    tx`select from public.contracts where id = ${contract.id} for update`
  );
  await until(async () => (await dealOf(stack, contract)).Amount === 11, { what: "the written Deal" });
  assertEquals((await queueRow(stack, contract))?.status, "in_flight");
  await business.commit();
  await settled(stack, contract);
  assertEquals((await dealAttempts(stack, contract)).map(({ status }) => status), ["success", "success"]);
});

const businesses: { title: string; holds: (tx: Db, contract: Row) => Promise<unknown>; amount: number }[] = [
  {
    title: "a contract that is locked for longer",
    holds: (tx, { id }) => tx`select from public.contracts where id = ${id} for update`,
    amount: 21,
  },
  {
    title: "a contract that is edited in a transaction that stays open",
    holds: (tx, { id }) => tx`update public.contracts set total_contract_value = 22 where id = ${id}`,
    amount: 22,
  },
];

for (const { title, holds, amount } of businesses) {
  Deno.test(`${title} delays no others and ends up correct`, async () => {
    const [held, free] = [await sell(stack), await sell(stack)];
    await settled(stack, [held.contract, free.contract]);
    await putsTake(200);
    await editTogether(held.contract, free.contract);
    await until(() => hasHit(), { what: "the call in flight" });
    await using business = beginBusiness((tx) => holds(tx, held.contract));
    await settled(stack, free.contract);
    await drainEnded(stack);
    assertEquals(await isInFlight(held.contract), true);
    await business.commit();
    await letLeasesRunOut(stack);
    await sweep(stack);
    assertEquals((await settledDeal(stack, held.contract)).Amount, amount);
  });
}

Deno.test("a contract deleted in an open transaction delays no others", async () => {
  const [gone, free] = [await sell(stack), await sell(stack)];
  await settled(stack, [gone.contract, free.contract]);
  await putsTake(200);
  await editTogether(gone.contract, free.contract);
  await until(() => hasHit(), { what: "the call in flight" });
  await using business = beginBusiness((tx) =>
    tx`delete from public.contracts where id = ${gone.contract.id}`
  );
  await settled(stack, free.contract);
  await business.commit();
  await settled(stack, gone.contract);
  assertEquals((await mappingOf(gone.contract))?.state, "orphaned");
});

const betweenClaimAndCall: {
  title: string;
  holds: (tx: Db, contract: Row) => Promise<unknown>;
  amount: number | null;
}[] = [
  {
    title: "edited",
    holds: (tx, { id }) => tx`update public.contracts set total_contract_value = 22 where id = ${id}`,
    amount: 22,
  },
  {
    title: "deleted",
    holds: (tx, { id }) => tx`delete from public.contracts where id = ${id}`,
    amount: null,
  },
];

for (const { title, holds, amount } of betweenClaimAndCall) {
  Deno.test(`a contract that is ${title} between its claim and its call, in an open transaction, delays no others`, async () => {
    const [held, free] = [await sell(stack), await sell(stack)];
    await settled(stack, [held.contract, free.contract]);
    // A customer's new name makes a call for the Contact before the one for the Deals.
    await stack.zoho.addFaults({
      match: { method: "PUT", module: "Contacts" },
      kind: "latency",
      ms: 200,
      times: 1,
    });
    await stack.sql.begin(async (tx) => {
      await tx`update public.customers set last_name = 'Renamed' where id = ${free.customer?.id ?? null}`;
      for (const { contract } of [held, free]) {
        await tx`update public.contracts set total_contract_value = 21 where id = ${contract.id}`;
      }
    });
    await until(() => hasHit(), { what: "the call in flight" });
    await using business = beginBusiness((tx) => holds(tx, held.contract));
    await settled(stack, free.contract);
    await business.commit();
    await drainEnded(stack);
    await letLeasesRunOut(stack);
    await sweep(stack);
    await settled(stack, held.contract);
    if (amount === null) assertEquals((await mappingOf(held.contract))?.state, "orphaned");
    else assertEquals((await dealOf(stack, held.contract)).Amount, amount);
  });
}

Deno.test("a rolled-back change does not ring and makes no call", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  const mark = await bookmark(stack);
  await stack.sql.begin(async (tx) => {
    await tx`update public.contracts set status = 'terminated' where id = ${contract.id}`;
    throw new Error("changed my mind");
  }).catch(() => {});
  await sweep(stack);
  assertEquals(await queueRow(stack, contract), undefined);
  assertEquals(await zohoCallsSince(stack, mark), []);
});

/** Changes in between ring, and no function hears it. */
function withoutDoorbell<T>(work: () => Promise<T>): Promise<T> {
  return undrained(stack, async () => {
    const result = await work();
    await stack.sql`delete from net.http_request_queue`;
    return result;
  });
}

function pickIdAndAmount({ id, Amount }: { id: string; Amount?: unknown }) {
  return { id, Amount };
}

async function mappingOf({ id }: Row): Promise<{ state: string; zoho_id: string } | undefined> {
  const [mapping] = await stack.sql<{ state: string; zoho_id: string }[]>`
    select state, zoho_id from public.zoho_entity_mappings where circletel_id = ${id}
  `;
  return mapping;
}

const putsTake = (ms: number) =>
  stack.zoho.addFaults({ match: { method: "PUT", module: "Deals" }, kind: "latency", ms, times: 1 });

const hasHit = async () => (await stack.zoho.faults()).some(({ hits }) => hits > 0);

async function editTogether(...contracts: Row[]): Promise<void> {
  const ids = contracts.map(({ id }) => id);
  await stack.sql`update public.contracts set total_contract_value = 21 where id = any (${ids})`;
}

/** A transaction that does something and stays open until it is released. */
function beginBusiness(work: (tx: Db) => Promise<unknown>): AsyncDisposable & { commit(): Promise<void> } {
  const told = Promise.withResolvers<void>();
  const transaction = stack.sql.begin(async (tx) => {
    await work(tx);
    await told.promise;
  });
  const commit = async () => {
    told.resolve();
    await transaction;
  };
  return { commit, [Symbol.asyncDispose]: commit };
}

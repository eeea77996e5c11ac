import { assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { Row } from "../support/fixtures.ts";
import { contractRow, mappingOf, statusOf } from "../support/linked.ts";
import {
  letPausePass,
  queueEmpty,
  queueRow,
  settled,
  sweep,
  syncState,
  untilPausedBy,
} from "../support/queue.ts";
import { dealOf, dealsOf, sell, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { unnoticed } from "../support/unnoticed.ts";
import { until } from "../support/until.ts";
import { tellChanges, webhookEnv } from "../support/webhook.ts";

// Rows of the field reports in which one side's word was lost or overwritten: each of them once, end to end.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-webhook"],
    functionEnv: { ...webhookEnv, ZOHO_TIMEOUT_MS: "2000" },
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.beforeEach(async () => {
  const { zoho, sql } = stack;
  await zoho.clearFaults();
  await zoho.changeSettings({ workflow: null, fieldUpdates: [] });
  await sql`select public.zoho_resume()`;
});

/** A contract and its Deal in step, and Zoho's clock well past the Deal's last second. */
async function inStep(status: string): Promise<{ contract: Row; dealId: string }> {
  const { contract } = await sell(stack, { contract: { status } });
  const { id: dealId } = await settledDeal(stack, contract);
  await queueEmpty(stack);
  await stack.zoho.advanceClock(3_000);
  return { contract, dealId };
}

async function setStatus({ id }: Row, status: string): Promise<void> {
  await stack.sql`update public.contracts set status = ${status} where id = ${id}`;
}

const questionsOf = async ({ id }: Row) =>
  (await stack.sql`select kind, field, ours, theirs, asks from public.zoho_questions
    where entity_id = ${id} and closed_at is null order by kind`).map((row) => ({ ...row }));

/** Zoho answers, but for the call that carries this contract. */
async function blamedFor(contract: Row, code: string): Promise<void> {
  await until(async () => {
    const row = await queueRow(stack, contract);
    return row?.status === "pending" && row.error_code === code;
  }, { what: `a round that ended in ${code}`, seen: () => queueRow(stack, contract) });
}

/** The next round goes on where a fault of Zoho stopped the last one. */
async function goOn(): Promise<void> {
  await stack.sql`update public.zoho_sync_queue set next_attempt_at = now() where status = 'pending'`;
  await stack.zoho.clearFaults();
  await stack.zoho.advanceClock(3_000);
  await letPausePass(stack);
  await sweep(stack);
}

Deno.test("a seller's move after a create with a lost answer is taken in", async () => {
  await stack.zoho.addFaults({ match: { method: "POST", path: "Deals" }, kind: "drop_reply", times: 3 });
  const { contract } = await sell(stack, { contract: { status: "draft" } });
  await blamedFor(contract, "NETWORK");
  const { id } = await dealOf(stack, contract);
  await stack.zoho.edit("Deals", id, { Stage: "Closed Won" });
  await goOn();
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
});

Deno.test("a seller's move after an update with a lost answer is taken in", async () => {
  const { contract, dealId } = await inStep("draft");
  await stack.zoho.addFaults({ match: { method: "PUT", path: "Deals" }, kind: "drop_reply", times: 3 });
  await setStatus(contract, "pending_signature");
  await blamedFor(contract, "NETWORK");
  assertEquals((await dealOf(stack, contract)).Stage, "Negotiation/Review");
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Lost" });
  await goOn();
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "terminated");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Lost");
});

Deno.test("a seller's move after an update with a lost answer, refused when retried, is taken in", async () => {
  const { contract, dealId } = await inStep("draft");
  // The first try is carried out and its answer lost; so the second finds a Deal that was modified since the look.
  await stack.zoho.addFaults({ match: { method: "PUT", path: "Deals" }, kind: "drop_reply", times: 1 });
  await stack.zoho.addFaults({
    match: { method: "GET", path: "Deals" },
    kind: "latency",
    ms: 1_500,
    times: 2,
  });
  await setStatus(contract, "pending_signature");
  await until(async () => (await dealOf(stack, contract)).Stage === "Negotiation/Review", {
    what: "our write",
  });
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
  assertEquals(await questionsOf(contract), []);
});

Deno.test("a termination wins over a seller's move that is reported after it, and a person may take Zoho's side", async () => {
  const { contract, dealId } = await inStep("pending_signature");
  await stack.sql`select public.zoho_pause('PAUSED_BY_HAND', 'a test', null, true)`;
  await setStatus(contract, "terminated");
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await stack.sql`select public.zoho_resume()`;
  await goOn();
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "terminated");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Lost");
  assertEquals(await questionsOf(contract), [
    { kind: "conflict", field: "Stage", ours: "terminated", theirs: "Closed Won", asks: "active" },
  ]);

  await stack.zoho.advanceClock(3_000);
  await stack.sql`select public.zoho_answer_questions(
    array(select q.id from public.zoho_questions q where q.entity_id = ${contract.id}), 'zoho', 'a test')`;
  await sweep(stack);
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
  assertEquals(await questionsOf(contract), []);
});

Deno.test("a workflow that rewrites a field is corrected three times in an hour, then raises one question; KYC still arrives", async () => {
  await stack.zoho.changeSettings({ fieldUpdates: [{ module: "Deals", set: { Amount: 1 } }] });
  const before = (await stack.zoho.changes()).lastSeq;
  const { contract, kyc } = await sell(stack, { contract: { status: "draft", total_contract_value: 5000 } });
  const { id } = await settledDeal(stack, contract);
  // Zoho reports a workflow's update or not; each hint is one more chance for a loop.
  for (let look = 0; look < 8; look++) await lookAt(contract);
  const { changes } = await stack.zoho.changes({ since: before, module: "Deals" });
  const ours = changes.filter((change) =>
    change.id === id && change.by === "api" && "Amount" in change.fields
  );
  assertEquals(ours.length, 4);
  assertEquals(await questionsOf(contract), [
    { kind: "contested", field: "Amount", ours: 5000, theirs: 1, asks: null },
  ]);

  await stack.sql`update public.kyc_sessions set risk_tier = 'high' where id = ${kyc?.id ?? null}`;
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Risk_Tier, "High");
  assertEquals((await questionsOf(contract)).length, 1);
});

/** A hint, a replay or a reconcile. */
async function lookAt({ id }: Row): Promise<void> {
  await stack
    .sql`select public.zoho_enqueue('contract', array[${id}::uuid], 1::smallint, 'a test', false, true)`;
  await sweep(stack);
  await queueEmpty(stack);
}

Deno.test("a restored database terminates nothing through its own forgotten write, and resumes when a person says so", async () => {
  const { contract } = await inStep("active");
  const backup = {
    contract: await contractRow(stack, contract.id),
    mapping: await mappingOf(stack, contract),
  };
  await setStatus(contract, "terminated");
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Lost");

  const { Amount: amount } = await dealOf(stack, contract);
  await restore(contract, backup);
  await tellChanges(stack);
  await stack.zoho.advanceClock(3_000);
  await stack.sql`update public.contracts set total_contract_value = 7 where id = ${contract.id}`;
  // A process that starts, or a quarter of an hour, finds it before anything is written.
  await untilPausedBy(stack, "UNKNOWN_WRITES");
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Amount, amount);

  await stack.sql`select public.zoho_adopt_revisions()`;
  await stack
    .sql`select public.zoho_enqueue('contract', array[${contract.id}::uuid], 1::smallint, 'a test', false, true)`;
  await sweep(stack);
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await questionsOf(contract)).map(({ kind, ours, theirs }) => [kind, ours, theirs]), [
    ["unknown_write", "active", "Closed Lost"],
  ]);
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Lost");

  await stack.zoho.advanceClock(3_000);
  await stack.sql`select public.zoho_answer_questions(
    array(select q.id from public.zoho_questions q where q.entity_id = ${contract.id}), 'circletel', 'a test')`;
  await sweep(stack);
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
  assertEquals(await questionsOf(contract), []);
});

interface Backup {
  contract: Row;
  mapping: Row;
}

/** As a backup of before would: the contract, its base, its attempts and the count of writes. */
async function restore({ id }: Row, { contract, mapping }: Backup): Promise<void> {
  const { sql } = stack;
  const [status, snapshot] = [String(contract.status), JSON.stringify(mapping.snapshot)];
  const [agreed, revision] = [String(mapping.agreed_status), String(mapping.revision)];
  await queueEmpty(stack);
  await unnoticed(sql, (tx) => tx`update public.contracts set status = ${status} where id = ${id}`);
  await sql`
    update public.zoho_entity_mappings
    set snapshot = ${snapshot}::text::jsonb, agreed_status = ${agreed}, revision = ${revision} where circletel_id = ${id}`;
  await sql`delete from public.zoho_sync_logs where entity_id = ${id} and revision::numeric > ${revision}::numeric`;
  await sql`update public.zoho_sync_state set last_revision = ${Number(revision.slice(-10))}`;
  await sql`update public.zoho_sync_state set revisions_checked_at = now() - interval '1 hour'`;
}

Deno.test("a reissued number overwrites no other company's Deal, and raises a question", async () => {
  const first = await inStep("active");
  const number = first.contract.contract_number;
  const before = await dealOf(stack, first.contract);
  // A restore forgot the contract and its mapping, and the number went to another customer.
  await stack.sql`delete from public.contracts where id = ${first.contract.id}`;
  await queueEmpty(stack);
  await stack.sql`delete from public.zoho_entity_mappings where circletel_id = ${first.contract.id}`;
  await stack.sql`delete from public.zoho_accounts where zoho_id = ${
    (before.Account_Name as { id: string }).id
  }`;
  const { contract } = await sell(stack, {
    contract: { contract_number: number, status: "draft" },
    quote: { company_name: "Somebody Else (Pty) Ltd" },
  });
  await settled(stack, contract);
  assertEquals((await dealsOf(stack, contract)).length, 1);
  assertEquals((await dealOf(stack, contract)).Stage, before.Stage);
  assertEquals((await dealOf(stack, contract)).Account_Name, before.Account_Name);
  assertEquals((await questionsOf(contract)).map(({ kind }) => kind), ["record_found"]);
});

Deno.test("a Deal that sales merged into another is followed by its number, and gets the pending change", async () => {
  const { contract, dealId } = await inStep("active");
  const master = await stack.zoho.create("Deals", { Deal_Name: "From the fair", Stage: "Qualification" });
  await stack.zoho.merge("Deals", master, [dealId]);
  const held = await stack.zoho.record("Deals", master);
  await stack.zoho.edit("Deals", master, { Contract_Number: String(contract.contract_number) });
  await stack.zoho.advanceClock(3_000);
  await stack.sql`update public.contracts set total_contract_value = 4321 where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals((await mappingOf(stack, contract)).zoho_id, master, JSON.stringify(held));
  assertEquals((await stack.zoho.record("Deals", master)).Amount, 4321);
  assertEquals((await dealsOf(stack, contract)).length, 1);
});

Deno.test("a Deal that is deleted and restored is written again, whatever hints report the deletion", async () => {
  const { contract, dealId } = await inStep("active");
  await tellChanges(stack);
  await stack.zoho.delete("Deals", dealId);
  await until(async () => (await questionsOf(contract)).some(({ kind }) => kind === "record_gone"), {
    what: "the question",
  });
  await stack.zoho.restore("Deals", dealId);
  await stack.sql`select public.zoho_mark_hints(p_from => now() - interval '1 hour', p_to => now())`;
  await sweep(stack);
  await queueEmpty(stack);
  assertEquals((await mappingOf(stack, contract)).state, "linked");
  assertEquals(await questionsOf(contract), []);
  await stack.sql`update public.contracts set total_contract_value = 99 where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Amount, 99);
});

Deno.test("a status that the database refuses is that contract's dead letter, and the Deal keeps its stage", async () => {
  const { contract, dealId } = await inStep("pending_signature");
  await stack.sql.unsafe(
    `create or replace function public.refuse_active() returns trigger language plpgsql as $$
    begin if new.id = '${contract.id}' and new.status = 'active' then raise exception 'not signed'; end if; return new; end $$`,
  );
  await stack.sql.unsafe(
    `create trigger refuse_active before update on public.contracts for each row execute function public.refuse_active()`,
  );
  try {
    await tellChanges(stack);
    await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
    await until(
      async () =>
        (await stack
          .sql`select error_code from public.zoho_sync_queue where entity_id = ${contract.id} and status = 'dead'`)
          .length === 1,
      { what: "the problem" },
    );
    const [row] = await stack
      .sql`select error_code, error_message from public.zoho_sync_queue where entity_id = ${contract.id}`;
    assertEquals(row?.error_code, "STATUS_REFUSED");
    assertMatch(String(row?.error_message), /docs\/errors\/STATUS_REFUSED\.md/);
    assertEquals(await statusOf(stack, contract), "pending_signature");
    assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
    assertEquals((await syncState(stack)).pause_code, null);
  } finally {
    await stack.sql`drop trigger refuse_active on public.contracts`;
    // Mended, the contract follows, and nothing is left to the next test.
    await lookAt(contract);
    assertEquals(await statusOf(stack, contract), "active");
  }
  await lookAt(contract);
  assertEquals(await statusOf(stack, contract), "active");
});

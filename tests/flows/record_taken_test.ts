import { assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row } from "../support/fixtures.ts";
import { mappingOf } from "../support/linked.ts";
import { dealAttempts, queueEmpty, queueRow, settled } from "../support/queue.ts";
import { dealOf, dealsOf, type Sale, type SaleValues, sell, settledDeal } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";

// A record that carries the number and is another entity's: never written, never linked, asked about.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, cron: false, net: quickNet, functions: ["zoho-sync"] });
});
Deno.test.afterAll(() => stack.stop());

async function linked(values: SaleValues = {}): Promise<Sale & { dealId: string }> {
  const sale = await sell(stack, values);
  const { id: dealId } = await settledDeal(stack, sale.contract);
  await queueEmpty(stack);
  return { ...sale, dealId };
}

interface Asked {
  id: string;
  kind: string;
  ours: unknown;
  theirs: unknown;
  answers: string[];
  closed_because: string | null;
}

async function questionsOf({ id }: Row): Promise<Asked[]> {
  const rows = await stack.sql<Asked[]>`
    select id, kind, ours, theirs, answers, closed_because from public.zoho_questions
    where entity_id = ${id} order by asked_at, id`;
  return rows.map((row) => ({ ...row }));
}

async function openQuestion(contract: Row): Promise<Asked> {
  const open = (await questionsOf(contract)).filter(({ closed_because }) => closed_because === null);
  const [question] = open;
  if (question === undefined || open.length > 1) throw new Error(`${open.length} questions are open`);
  return question;
}

async function tryAgain(contract: Row): Promise<void> {
  const { id } = await openQuestion(contract);
  await stack.sql`select public.zoho_answer_questions(array[${id}]::uuid[], 'try_again', 'admin@circletel')`;
  await queueEmpty(stack);
}

let numbers = 0;
function newNumber(): string {
  return `CT-TAKEN-${++numbers}`;
}

/** A contract whose number a seller had typed into another contract's Deal. */
async function taken(): Promise<{ owner: Sale & { dealId: string }; contract: Row }> {
  const owner = await linked({ contract: { status: "active" } });
  const contract_number = newNumber();
  await stack.zoho.edit("Deals", owner.dealId, { Contract_Number: contract_number });
  const { contract } = await sell(stack, { contract: { contract_number } });
  await settled(stack, contract);
  return { owner, contract };
}

Deno.test("a number held by another contract's Deal raises a question, and nothing is written there", async () => {
  const { owner, contract } = await taken();
  const { contract_number } = contract;
  const { id: _, ...question } = await openQuestion(contract);
  assertEquals(question, {
    kind: "record_taken",
    ours: { id: null, Contract_Number: contract_number },
    theirs: {
      id: owner.dealId,
      Contract_Number: contract_number,
      linked_to: `contract ${owner.contract.contract_number}`,
    },
    answers: ["try_again"],
    closed_because: null,
  });
  assertEquals((await stack.zoho.record("Deals", owner.dealId)).Stage, "Closed Won");
  assertEquals((await mappingOf(stack, owner.contract)).zoho_id, owner.dealId);
  assertEquals(await queueRow(stack, contract), undefined, "nothing is tried again by itself");
});

Deno.test("a sync by hand of a contract whose record is taken says so", async () => {
  const { contract } = await taken();
  const { body } = await stack.invoke("zoho-sync", { entity: "contract", id: contract.id });
  const { success, error } = body as { success: boolean; error: string };
  assertEquals(success, false);
  assertMatch(error, /^QUESTION: .*another entity's\. .*Problems\.$/);
});

Deno.test("an answer looks again: a record still taken raises a new question, a corrected number gets its Deal", async () => {
  const { owner, contract } = await taken();
  const first = await openQuestion(contract);
  await tryAgain(contract);
  const again = await openQuestion(contract);
  assertEquals([again.kind, again.id === first.id], ["record_taken", false]);

  await stack.zoho.edit("Deals", owner.dealId, { Contract_Number: String(owner.contract.contract_number) });
  await tryAgain(contract);
  assertEquals((await mappingOf(stack, contract)).zoho_id, (await dealOf(stack, contract)).id);
  assertEquals((await questionsOf(contract)).map(({ closed_because }) => closed_because), [
    "answered",
    "answered",
  ]);
  assertEquals((await dealAttempts(stack, contract)).at(-1)?.status, "success");
});

Deno.test("a corrected number closes the question at the next look", async () => {
  const { contract } = await taken();
  const contract_number = newNumber();
  await stack.sql`update public.contracts set contract_number = ${contract_number} where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals((await questionsOf(contract)).map(({ closed_because }) => closed_because), ["over"]);
  await dealOf(stack, { ...contract, contract_number });
});

Deno.test("a number that differs from another contract's by case alone raises a question", async () => {
  const number = newNumber();
  const owner = await linked({ contract: { contract_number: `${number}A` } });
  const { contract } = await sell(stack, { contract: { contract_number: `${number}a` } });
  await settled(stack, contract);
  const { kind, theirs } = await openQuestion(contract);
  assertEquals([kind, theirs], ["record_taken", {
    id: owner.dealId,
    Contract_Number: `${number}A`,
    linked_to: `contract ${number}A`,
  }]);
  assertEquals((await dealsOf(stack, contract)).length, 0);
});

Deno.test("a Deal whose contract was deleted is not linked to the next contract of its number before it is unlinked", async () => {
  const first = await linked({ contract: { status: "active" } });
  const { contract_number } = first.contract;
  await stack.sql`delete from public.contracts where id = ${first.contract.id}`;
  await queueEmpty(stack);
  const before = await stack.zoho.record("Deals", first.dealId);
  const { contract } = await sell(stack, {
    contract: { contract_number, status: "active", total_contract_value: 77 },
    quote: { company_name: first.quote.company_name },
  });
  await settled(stack, contract);
  const { kind, theirs } = await openQuestion(contract);
  assertEquals([kind, theirs], ["record_taken", {
    id: first.dealId,
    Contract_Number: contract_number,
    linked_to: `contract ${contract_number}, which was deleted in CircleTel`,
  }]);
  assertEquals(await stack.zoho.record("Deals", first.dealId), before);

  await stack
    .sql`delete from public.zoho_entity_mappings where zoho_id = ${first.dealId} and state = 'orphaned'`;
  await tryAgain(contract);
  assertEquals((await mappingOf(stack, contract)).zoho_id, first.dealId);
  assertEquals((await stack.zoho.record("Deals", first.dealId)).Amount, 77);
});

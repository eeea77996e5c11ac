import type { Stack } from "../../local/stack.ts";
import type { Row } from "./fixtures.ts";
import { settled } from "./queue.ts";
import { type SaleValues, sell, sellAll, settledDeal } from "./sale.ts";
import { until } from "./until.ts";
import { fold } from "./fold.ts";

// Contracts whose Deal Zoho has, and both sides of them.

export async function contractRow({ sql }: Stack, id: string): Promise<Row> {
  const [row] = await sql<Row[]>`select * from public.contracts where id = ${id}`;
  if (!row) throw new Error(`there is no contract ${id}`);
  return row;
}

export async function statusOf(stack: Stack, contract: { id: string }): Promise<unknown> {
  return (await contractRow(stack, contract.id)).status;
}

export async function mappingOf({ sql }: Stack, contract: { id: string }): Promise<Row> {
  const [row] = await sql<Row[]>`
    select * from public.zoho_entity_mappings where circletel_id = ${contract.id}
  `;
  if (!row) throw new Error(`contract ${contract.id} has no mapping`);
  return row;
}

/**
 * Waits until nothing of these Deals is queued, under way or waiting to be applied: every change of Zoho's was told
 * (or lost), and no queue row is left.
 */
export async function quiet(
  stack: Stack,
  deals: LinkedDeal[],
): Promise<void> {
  const seen = () => openWorkOf(stack, deals);
  await until(async () => await seen() === null, { what: "nothing open", seen });
}

interface LinkedDeal {
  contract: { id: string };
  dealId: string;
}

/** What is queued, untold or not applied yet of these Deals; null when there is nothing. */
export async function openWorkOf(stack: Stack, deals: LinkedDeal[]): Promise<Record<string, unknown> | null> {
  const ids = deals.map(({ dealId }) => dealId);
  const contracts = deals.map(({ contract }) => contract.id);
  const count = async () => (await stack.zoho.changes()).changes.filter(({ id }) => ids.includes(id)).length;
  const told = await count() + await toldTwice(stack);
  const arrived = (await stack.zoho.deliveries()).filter((each) => ids.includes(each.ids[0] ?? "")).length;
  await fold(stack.sql);
  const queued = await stack.sql`
      select status, error_code from public.zoho_sync_queue where entity_id = any (${contracts})
    `;
  const open = await stack.sql`
      select reason from public.zoho_webhook_events where record_id = any (${ids}) and status = 'received'
    `;
  const isOver = arrived >= told && queued.length === 0 && open.length === 0 &&
    await count() + await toldTwice(stack) === told;
  return isOver ? null : { told, arrived, queued: [...queued], open: open.length };
}

/** Deliveries that a fault has doubled; the other Deals are quiet. */
async function toldTwice({ zoho }: Stack): Promise<number> {
  const doublings = (await zoho.faults()).filter(({ kind }) => kind === "callback_duplicate");
  return doublings.reduce((sum, { hits }) => sum + hits, 0);
}

export interface InStep {
  contract: Row;
  dealId: string;
}

/** A sale whose Deal a drain has made, a while ago by Zoho's clock. */
export async function inStep(stack: Stack, values: SaleValues = {}): Promise<InStep> {
  const [sale] = await allInStep(stack, [values]);
  if (!sale) throw new Error("nothing was sold");
  return sale;
}

export async function allInStep(stack: Stack, values: SaleValues[]): Promise<InStep[]> {
  const contracts = (await sellAll(stack.sql, values)).map(({ contract }) => contract);
  await settled(stack, contracts);
  // Zoho's times count seconds: what the test does next must not be of the second of the making.
  await stack.zoho.advanceClock(5_000);
  return await Promise.all(contracts.map(async ({ id }) => {
    const contract = await contractRow(stack, id);
    return { contract, dealId: String(contract.zoho_deal_id) };
  }));
}

/** A sale whose Deal is made, with whatever its making was told done with. */
export async function soldAndTold(
  stack: Stack,
  values: SaleValues = {},
): Promise<{ contract: Row; dealId: string }> {
  const { contract } = await sell(stack, values);
  const { id: dealId } = await settledDeal(stack, contract);
  const isTold = async () => (await stack.zoho.deliveries()).some(({ ids }) => ids.includes(dealId));
  await until(isTold, { what: "the Deal's making told" });
  await quiet(stack, [{ contract, dealId }]);
  // Zoho's times count seconds: what the test does next must not be of the second of the making.
  await stack.zoho.advanceClock(2_000);
  return { contract, dealId };
}

export interface QuestionRow {
  id: string;
  kind: string;
  field: string;
  ours: unknown;
  theirs: unknown;
  asks: string | null;
  answers: string[];
  changed_by: string | null;
  changed_at: string | null;
  closed_because: string | null;
}

/** What was asked about a contract, oldest first. */
export async function openQuestionsOf({ sql }: Stack, contract: { id: string }): Promise<QuestionRow[]> {
  const rows = await sql<QuestionRow[]>`
    select * from public.zoho_questions where entity_id = ${contract.id} order by asked_at, id
  `;
  return [...rows];
}

let deals = 0;
export const nextDealId = () => `4876876000009${String(++deals).padStart(6, "0")}`;

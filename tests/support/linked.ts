import type postgres from "postgres";
import type { Stack } from "../../local/stack.ts";
import { insertContract, insertQuote, type Row, type Values } from "./fixtures.ts";
import { type SaleValues, sell, settledDeal } from "./sale.ts";
import { until } from "./until.ts";
import { at } from "./webhook.ts";
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

export interface Linked {
  contract: Row;
  dealId: string;
  /** What Zoho last confirmed of the Deal. */
  snapshot: Values;
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

let deals = 0;
export const nextDealId = () => `4876876000009${String(++deals).padStart(6, "0")}`;

/**
 * A contract whose Deal was confirmed at second 0 and of which nothing is queued: what a drain leaves behind, put
 * there by hand so that the test can say what Zoho held.
 */
export async function link(
  stack: Stack,
  values: { status?: string; stage?: string; snapshot?: Values; mapping?: Values } = {},
): Promise<Linked> {
  const { sql } = stack;
  const dealId = nextDealId();
  const quote = await insertQuote(sql);
  const contract = await insertContract(sql, quote.id, { status: values.status ?? "draft" });
  const snapshot = {
    Deal_Name: `Contract ${contract.contract_number}`,
    Contract_Number: contract.contract_number,
    Amount: 49476,
    Stage: values.stage ?? "Proposal/Price Quote",
    Closing_Date: "2026-12-01",
    Type: "New Business",
    KYC_Status: "Completed",
    KYC_Verified_Date: "2026-11-20",
    Risk_Tier: "Low",
    RICA_Status: "Approved",
    ...values.snapshot,
  };
  const mapping = {
    circletel_type: "contract",
    circletel_id: contract.id,
    zoho_type: "Deals",
    zoho_id: dealId,
    snapshot: sql.json(snapshot as postgres.JSONValue),
    zoho_modified_at: at(0),
    agreed_status: values.status ?? "draft",
    ...values.mapping,
  };
  await sql`insert into public.zoho_entity_mappings ${sql(mapping)}`;
  await sql`update public.contracts set zoho_deal_id = ${dealId} where id = ${contract.id}`;
  await fold(sql);
  await sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
  return { contract: await contractRow(stack, contract.id), dealId, snapshot };
}

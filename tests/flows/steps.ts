import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import {
  insertContract,
  insertCustomer,
  insertKycSession,
  insertQuote,
  insertRicaSubmission,
} from "../support/fixtures.ts";
import type { Db, Row, Values } from "../support/fixtures.ts";
import { until } from "../support/until.ts";

// What the end-to-end tests do and look at: rows on this side, records on Zoho's, and what lies between.

/** pg_net's second of rest between batches is tested elsewhere; here it would only be waited for. */
export const quickNet = { pauseMs: 5 };

export interface Sale {
  customer: Row | null;
  quote: Row;
  kyc: Row | null;
  contract: Row;
  rica: Row | null;
}

/** As a good sale, and null leaves a part out. */
export interface SaleValues {
  customer?: Values | null;
  quote?: Values;
  kyc?: Values | null;
  contract?: Values;
  rica?: Values | null;
}

/** A customer with an accepted quote, approved KYC, a draft contract and an approved RICA submission. */
export async function insertSale(db: Db, values: SaleValues = {}): Promise<Sale> {
  const customer = values.customer === null ? null : await insertCustomer(db, values.customer);
  const quote = await insertQuote(db, { customer_id: customer?.id, ...values.quote });
  const kyc = values.kyc === null ? null : await insertKycSession(db, quote.id, values.kyc);
  const contract = await insertContract(db, quote.id, {
    customer_id: customer?.id,
    kyc_session_id: kyc?.id,
    ...values.contract,
  });
  const rica = kyc === null || values.rica === null
    ? null
    : await insertRicaSubmission(db, kyc.id, values.rica);
  return { customer, quote, kyc, contract, rica };
}

/** The same in one transaction: one commit, one ring, and no drain sees half of it. */
export async function sell({ sql }: Stack, values: SaleValues = {}): Promise<Sale> {
  const [sale] = await sellAll(sql, [values]);
  if (!sale) throw new Error("nothing was sold");
  return sale;
}

export async function sellAll(sql: Stack["sql"], all: SaleValues[]): Promise<Sale[]> {
  const sales: Sale[] = [];
  await sql.begin(async (tx) => {
    for (const values of all) sales.push(await insertSale(tx, values));
  });
  return sales;
}

export async function queueRow({ sql }: Stack, contract: Row): Promise<Record<string, unknown> | undefined> {
  const [row] = await sql<Row[]>`select * from public.zoho_sync_queue where entity_id = ${contract.id}`;
  return row;
}

/** Waits until the queue holds none of the contracts any more; a dead letter would be waited for in vain. */
export async function settled(stack: Stack, contracts: Row | Row[], timeoutMs = 10_000): Promise<void> {
  const ids = [contracts].flat().map(({ id }) => id);
  let left: Record<string, unknown>[] = [];
  const isOver = async () => {
    left = await stack.sql`
      select status, attempts, error_code, error_message, next_attempt_at > now() as later
      from public.zoho_sync_queue where entity_id = any (${ids})
    `;
    return left.every(({ status }) => status === "dead");
  };
  await until(isOver, { timeoutMs, what: "an empty queue" }).catch(() => {});
  if (left.length === 0) return;
  throw new Error(`still queued: ${JSON.stringify({ left, state: await syncState(stack) })}`);
}

export async function dealsOf({ zoho }: Stack, contract: Row): Promise<ZohoRecord[]> {
  const deals = await zoho.records("Deals");
  return deals.filter((deal) => deal.Contract_Number === contract.contract_number);
}

/** The one Deal of a contract. */
export async function dealOf(stack: Stack, contract: Row): Promise<ZohoRecord> {
  const deals = await dealsOf(stack, contract);
  const [deal] = deals;
  if (deals.length !== 1 || !deal) throw new Error(`${contract.contract_number} has ${deals.length} Deals`);
  return deal;
}

/** The one Deal of a contract, once nothing of it is queued. */
export async function settledDeal(stack: Stack, contract: Row): Promise<ZohoRecord> {
  await settled(stack, contract);
  return await dealOf(stack, contract);
}

/** The id of a lookup; null when it is empty. */
export function idOf(lookup: unknown): string | null {
  const hasId = typeof lookup === "object" && lookup !== null && "id" in lookup;
  return hasId && typeof lookup.id === "string" ? lookup.id : null;
}

/** Some fields of a record. */
export function pick(record: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}

export interface LogRow {
  id: string;
  status: string;
  attempt_number: number;
  error_message: string | null;
  request_payload: Record<string, unknown>;
  response_payload: Record<string, unknown> | null;
  zoho_entity_id: string | null;
}

/** The attempts at a contract's Deal, oldest first. */
export async function dealAttempts({ sql }: Stack, contract: Row): Promise<LogRow[]> {
  return await sql<LogRow[]>`
    select * from public.zoho_sync_logs
    where entity_id = ${contract.id} and zoho_entity_type = 'Deals' order by created_at, attempt_number
  `;
}

/** A bookmark in what the simulator has seen. */
export async function bookmark({ zoho }: Stack): Promise<{ calls: number; changes: number }> {
  return {
    calls: (await zoho.calls()).at(-1)?.seq ?? 0,
    changes: (await zoho.changes()).lastSeq,
  };
}

/** The calls of Zoho's API since a bookmark as "POST /Deals/upsert"; token calls are not among them. */
export async function callsSince({ zoho }: Stack, mark: { calls: number }): Promise<string[]> {
  const calls = await zoho.calls(mark.calls);
  return calls.filter(({ path }) => path.startsWith("/crm/"))
    .map(({ method, path }) => `${method} ${path.replace(/^\/crm\/v\d+/, "")}`);
}

/** The fields that each write of a record touched since a bookmark. */
export async function writesOf(
  { zoho }: Stack,
  id: string,
  mark: { changes: number },
): Promise<Record<string, unknown>[]> {
  const { changes } = await zoho.changes({ since: mark.changes });
  return changes.filter((change) => change.id === id).map(({ fields }) =>
    Object.fromEntries(Object.entries(fields).map(([name, { after }]) => [name, after]))
  );
}

/** The row of who drains and whether it is paused. */
export async function syncState({ sql }: Stack): Promise<Record<string, unknown>> {
  const [state] = await sql<Record<string, unknown>[]>`
    select *, paused_until > now() as is_paused, paused_until = 'infinity' as until_resumed,
      extract(epoch from paused_until - now())::float8 as pause_seconds
    from public.zoho_sync_state
  `;
  if (!state) throw new Error("zoho_sync_state is empty");
  return state;
}

/** Waits until the drain has paused itself and gone. */
export async function pausedBy(
  stack: Stack,
  code: string,
  timeoutMs = 15_000,
): Promise<Record<string, unknown>> {
  return await until(async () => {
    const state = await syncState(stack);
    return state.pause_code === code && state.is_paused === true && state.drain_owner === null && state;
  }, { timeoutMs, what: `a pause for ${code}` });
}

/** As if the pause's time had passed. */
export async function letPausePass({ sql }: Stack): Promise<void> {
  await sql`update public.zoho_sync_state set paused_until = now() - interval '1 second' where paused_until is not null`;
}

/** As if the worker that holds them had been gone for long. */
export async function letLeasesRunOut({ sql }: Stack): Promise<void> {
  await sql`update public.zoho_sync_state set drain_until = now() - interval '1 second' where drain_until is not null`;
  await sql`
    update public.zoho_sync_queue set lease_until = now() - interval '1 second' where status = 'in_flight'
  `;
}

/** pg_cron's sweep, now. */
export async function sweep({ cron }: Stack): Promise<void> {
  const { status, message } = await cron.runJobNow("zoho-sync-sweep");
  assertEquals(status, "succeeded", message);
}

/** Everything the sync's tables hold, as text to search in. */
export async function dumpOf({ sql }: Stack, tables: string[]): Promise<string> {
  const dumps = await Promise.all(
    tables.map(async (table) => {
      const rows = await sql<{ row: string }[]>`select t::text as row from ${sql(`public.${table}`)} t`;
      return rows.map(({ row }) => `${table}: ${row}`);
    }),
  );
  return dumps.flat().join("\n");
}

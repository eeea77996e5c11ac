import type postgres from "postgres";
import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { BackfillAnswer } from "../../supabase/functions/_shared/backfill/answer.ts";
import { adminCall } from "./admin_calls.ts";
import { unnoticed } from "./unnoticed.ts";
import { until } from "./until.ts";

// What the backfill tests do: data that was there before the sync was, and runs that are started as an operator does.

export interface OldContracts {
  count: number;
  /** Contracts of one company, and of one customer. */
  perCompany?: number;
  perCustomer?: number;
  prefix?: string;
}

/**
 * Contracts with their quotes and customers, by set-based inserts, and nothing queued. The oldest is number 1. Companies
 * are called by something of their own: names that begin alike are looked up in each other's company.
 */
export async function insertOldContracts(
  sql: postgres.Sql,
  { count, perCompany = 1, perCustomer = 1, prefix = "CT-OLD" }: OldContracts,
): Promise<void> {
  await unnoticed(sql, (tx) =>
    tx`
    with people as (
      insert into public.customers (first_name, last_name, email, phone, account_type, business_name)
      select 'Thandi', 'Nkosi ' || n, lower(${prefix}::text) || '.' || n || '@example.co.za', '0', 'business', null
      from generate_series(1, ${Math.ceil(count / perCustomer)}::int) n
      returning id, substring(last_name from 7)::int as n),
    companies as (
      insert into public.business_quotes (company_name, contact_name, contact_email, contact_phone,
        service_address, status, valid_until)
      select substr(md5(${prefix}::text || n), 1, 12) || ' Trading ' || n, 'x', 'x', 'x', 'x', 'accepted', '2026-12-31'
      from generate_series(1, ${Math.ceil(count / perCompany)}::int) n
      returning id, substring(company_name from ' ([0-9]+)$')::int as n)
    insert into public.contracts (contract_number, quote_id, customer_id, contract_type, contract_term_months,
      start_date, total_contract_value, status, created_at)
    select ${prefix}::text || '-' || i, c.id, p.id, 'fibre', 24, '2026-12-01', 1000 + i, 'active',
      timestamptz '2025-01-01T00:00:00Z' + i * interval '1 minute'
    from generate_series(1, ${count}::int) i
    join companies c on c.n = (i - 1) / ${perCompany}::int + 1
    join people p on p.n = (i - 1) / ${perCustomer}::int + 1`);
}

export async function startRun(
  stack: Stack,
  asked: { entity?: string; dryRun?: boolean; since?: string } = {},
): Promise<BackfillAnswer> {
  const { status, body } = await adminCall(stack, "POST /backfill", { entity: "contract", ...asked });
  assertEquals(status, 202, JSON.stringify(body));
  return body.run as BackfillAnswer;
}

export async function runOf(stack: Stack, id: string): Promise<BackfillAnswer> {
  const { status, body } = await adminCall(stack, `GET /backfill?run=${id}`);
  assertEquals(status, 200, JSON.stringify(body));
  return body.run as BackfillAnswer;
}

/** Watches as the command does: asks, and rings for the next step. */
export async function finishedRun(
  stack: Stack,
  id: string,
  { ceilingMs, rings = true }: { ceilingMs?: number; rings?: boolean } = {},
): Promise<BackfillAnswer> {
  let last: BackfillAnswer | undefined;
  const isOver = async () => {
    last = await runOf(stack, id);
    if (last.status === "finished") return last;
    if (rings) await adminCall(stack, "POST /backfill/step").catch(() => {});
  };
  return await until(isOver, {
    everyMs: 200,
    what: "the end of the backfill",
    seen: () => last,
    ...(ceilingMs === undefined ? {} : { ceilingMs }),
  });
}

/** Starts a run and waits for its end. */
export async function completeBackfill(
  stack: Stack,
  asked: { entity?: string; dryRun?: boolean; since?: string } = {},
): Promise<BackfillAnswer> {
  const { id } = await startRun(stack, asked);
  return await finishedRun(stack, id);
}

export async function dealsMade({ zoho }: Stack): Promise<number> {
  return (await zoho.state()).records.Deals ?? 0;
}

/** As if the step that was killed had been gone for long. */
export async function letStepRunOut({ sql }: Stack): Promise<void> {
  await sql`update public.zoho_backfill_runs set step_until = now() - interval '1 second'
    where step_until is not null`;
}

/** One Deal for each of the old contracts, and each contract knows its own. */
export async function expectOneDealEach(
  { sql, zoho }: Stack,
  count: number,
  prefix = "CT-OLD",
): Promise<void> {
  const deals = await zoho.records("Deals");
  const byNumber = new Map(deals.map((deal) => [String(deal.Contract_Number), deal.id]));
  assertEquals([deals.length, byNumber.size], [count, count]);
  const rows = await sql<{ number: string; deal: string | null; mapped: string | null }[]>`
    select c.contract_number as number, c.zoho_deal_id as deal, m.zoho_id as mapped from public.contracts c
    left join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = c.id
    where c.contract_number like ${`${prefix}-%`}`;
  assertEquals(rows.length, count);
  assertEquals(
    rows.filter(({ number, deal, mapped }) => deal !== byNumber.get(number) || mapped !== deal),
    [],
  );
}

import type postgres from "postgres";
import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { BackfillAnswer } from "../../supabase/functions/_shared/backfill/runs.ts";
import { adminCall } from "../functions/admin_calls.ts";
import { until } from "../support/until.ts";

// What the backfill tests do: data that was there before the sync was, and runs that are asked for as an operator does.

/** As if these rows had been written before the sync was installed: nothing of them is queued. */
export async function unnoticed<T>(
  sql: postgres.Sql,
  write: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const result = await sql.begin(async (tx) => {
    await tx`select set_config('zoho_sync.inward', 'on', true)`;
    return { value: await write(tx) };
  });
  return (result as { value: T }).value;
}

export interface OldContracts {
  count: number;
  /** Contracts of one company, and of one customer. */
  perCompany?: number;
  perCustomer?: number;
  prefix?: string;
}

/** Contracts with their quotes and customers, by set-based inserts, and nothing queued. The oldest is number 1. */
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
      select ${prefix}::text || ' Traders ' || n, 'x', 'x', 'x', 'x', 'accepted', '2026-12-31'
      from generate_series(1, ${Math.ceil(count / perCompany)}::int) n
      returning id, substring(company_name from ' ([0-9]+)$')::int as n)
    insert into public.contracts (contract_number, quote_id, customer_id, contract_type, contract_term_months,
      start_date, total_contract_value, status, created_at)
    select ${prefix}::text || '-' || n, c.id, p.id, 'fibre', 24, '2026-12-01', 1000 + n, 'active',
      timestamptz '2025-01-01T00:00:00Z' + n * interval '1 minute'
    from generate_series(1, ${count}::int) n
    join companies c on c.n = (n - 1) / ${perCompany}::int + 1
    join people p on p.n = (n - 1) / ${perCustomer}::int + 1`);
}

export async function startRun(
  stack: Stack,
  asked: { dryRun?: boolean; since?: string; bulkAbove?: number } = {},
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
  { timeoutMs = 60_000, rings = true }: { timeoutMs?: number; rings?: boolean } = {},
): Promise<BackfillAnswer> {
  let last: BackfillAnswer | undefined;
  const isOver = async () => {
    last = await runOf(stack, id);
    if (last.status === "finished") return last;
    if (rings) await adminCall(stack, "POST /backfill/step").catch(() => {});
  };
  return await until(isOver, { timeoutMs, everyMs: 200, what: "the end of the backfill" }).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
}

/** Starts a run and waits for its end. */
export async function backfill(
  stack: Stack,
  asked: { dryRun?: boolean; since?: string; bulkAbove?: number } = {},
  timeoutMs = 60_000,
): Promise<BackfillAnswer> {
  const { id } = await startRun(stack, asked);
  return await finishedRun(stack, id, { timeoutMs });
}

/** What the simulator has charged since a bookmark. */
export async function creditsSince({ zoho }: Stack, mark: { calls: number }): Promise<number> {
  const calls = await zoho.calls(mark.calls);
  return calls.filter(({ path }) => path.startsWith("/crm/")).reduce((sum, { credits }) => sum + credits, 0);
}

import type { Stack } from "../../local/stack.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { queueEmpty } from "../support/queue.ts";

/** Wall clock with fractions, comparable with the simulator's `atMs`. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Contracts in their usual shape, `perCompany` of them for each company, in Zoho already: what a benchmark changes.
 * Inserted by SQL from one good example.
 */
export async function contractsInZoho(stack: Stack, count: number, perCompany = 10): Promise<void> {
  const { quote, customer, kyc, contract } = await insertBusiness(stack.sql);
  // Its KYC session is that of all of them: it would be one more than what is counted.
  await stack.sql`delete from public.contracts where id = ${contract.id}`;
  const companies = Math.ceil(count / perCompany);
  await stack.sql`
    with companies as (
      insert into public.business_quotes (customer_id, company_name, contact_name, contact_email, contact_phone,
        service_address, status, valid_until)
      select ${customer.id}, 'Bench Company ' || n, 'x', 'x', 'x', 'x', 'accepted', '2026-12-31'
      from generate_series(1, ${companies}) n returning id)
    insert into public.contracts (contract_number, quote_id, customer_id, kyc_session_id, contract_type,
      contract_term_months, start_date, total_contract_value, status)
    select 'CT-BENCH-' || row_number() over (), c.id, ${customer.id}, ${kyc.id}, 'fibre', 24, '2026-12-01', 1000,
      'pending_signature'
    from companies c cross join generate_series(1, ${perCompany}) limit ${count}`;
  await queueEmpty(stack);
  void quote;
}

/** Calls of our SQL functions through the Data API so far: each is one database request of an edge function. */
export async function databaseRequests(admin: Stack["sql"]): Promise<number> {
  const [row] = await admin`
    select coalesce(sum(calls), 0)::int as calls from pg_stat_user_functions
    where schemaname = 'public' and funcname like 'zoho\_%'
      and funcname not in ('zoho_tokens_touch', 'zoho_entity_mappings_touch')`;
  return row?.calls ?? 0;
}

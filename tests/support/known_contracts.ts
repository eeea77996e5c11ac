import type { Stack } from "../../local/stack.ts";
import { deal } from "../../supabase/functions/_shared/mapping/deal.ts";
import { project } from "../../supabase/functions/_shared/mapping/record_type.ts";
import { firstStageOf } from "../../supabase/functions/_shared/mapping/stage.ts";
import type { ContractSource } from "../../supabase/functions/_shared/mapping/deal.ts";
import { insertBusiness } from "./fixtures.ts";
import { queueEmpty } from "./queue.ts";
import { unnoticed } from "./unnoticed.ts";

const perCompany = 10;
const perStep = 5_000;
const timeZone = "Africa/Johannesburg";

/**
 * Contracts CT-ENGINE-0000001 and on that Zoho knows already, `perCompany` of them for each company: made by SQL here
 * and by the control API there, and the mappings say what both hold. Nothing is queued afterwards.
 */
export async function contractsKnownInZoho(stack: Stack, count: number): Promise<void> {
  const { sql } = stack;
  const { customer, kyc } = await insertBusiness(sql);
  // The customer's Contact is made by the engine itself.
  await queueEmpty(stack);
  const quoteIds = await insertCompanies(stack, customer.id, Math.ceil(count / perCompany));
  await queueEmpty(stack);
  await unnoticed(sql, (tx) =>
    tx`
      insert into public.contracts (contract_number, quote_id, customer_id, kyc_session_id, contract_type,
        contract_term_months, start_date, total_contract_value, status)
      select 'CT-ENGINE-' || lpad(n::text, 7, '0'), (${quoteIds}::uuid[])[(n - 1) / ${perCompany} + 1],
        ${customer.id}, ${kyc.id}, 'fibre', 24, '2026-12-01', 1000, 'pending_signature'
      from generate_series(1, ${count}::int) n`);
  await sql`analyze public.contracts, public.business_quotes`;
  for (let from = 0; from < count; from += perStep) await linkDeals(stack, from, from + perStep);
  await sql`analyze public.contracts, public.zoho_entity_mappings, public.zoho_accounts`;
}

async function insertCompanies({ sql, zoho }: Stack, customerId: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `Engine Company ${index + 1}`);
  const accountIds: string[] = [];
  for (let from = 0; from < count; from += perStep) {
    const records = names.slice(from, from + perStep).map((name) => ({ Account_Name: name }));
    accountIds.push(...await zoho.bulkCreate("Accounts", records));
  }
  const rows = await sql<{ id: string }[]>`
    insert into public.business_quotes (customer_id, company_name, contact_name, contact_email, contact_phone,
      service_address, status, valid_until)
    select ${customerId}, n.name, 'x', 'x', 'x', 'x', 'accepted', '2026-12-31'
    from unnest(${names}::text[]) n (name) returning id`;
  await sql`
    insert into public.zoho_accounts (account_key, zoho_id, matched_by)
    select zoho_sync.account_key(n.name, null, null), n.id, 'found'
    from unnest(${names}::text[], ${accountIds}::text[]) n (name, id)`;
  return rows.map(({ id }) => id);
}

/** The Deals hold what the projection gives, so that an edit of one column is one field to send. */
async function linkDeals({ sql, zoho }: Stack, from: number, to: number): Promise<void> {
  const rows = await sql<{ source: ContractSource }[]>`
    select s.source from zoho_sync.contract_sources(array(
      select c.id from public.contracts c
      where c.contract_number > ${numberOf(from)} and c.contract_number <= ${numberOf(to)})) s`;
  const snapshots = rows.map(({ source }) => {
    const links = {
      accountId: source.account_id,
      contactId: source.contact?.zoho_id ?? null,
      productIds: new Map<string, string>(),
    };
    return { ...project(deal, source, { links, timeZone }), Stage: firstStageOf(source.contract) };
  });
  const ids = await zoho.bulkCreate("Deals", snapshots);
  const links = rows.map(({ source }, index) => ({
    id: source.contract.id,
    zoho_id: ids[index],
    snapshot: snapshots[index],
  }));
  await sql`
    with links as (
      select * from jsonb_to_recordset(${
    JSON.stringify(links)
  }::text::jsonb) l (id uuid, zoho_id text, snapshot jsonb)),
    mapped as (
      insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, agreed_status)
      select 'contract', l.id, 'Deals', l.zoho_id, l.snapshot, 'pending_signature' from links l)
    update public.contracts c set zoho_deal_id = l.zoho_id from links l where c.id = l.id`;
}

/** The nth contract's number. */
export function numberOf(nth: number): string {
  return `CT-ENGINE-${String(nth).padStart(7, "0")}`;
}

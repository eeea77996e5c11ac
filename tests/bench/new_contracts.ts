import type { Stack } from "../../local/stack.ts";
import { ZohoControl } from "../../local/zoho/mod.ts";
import { queueEmpty } from "../support/queue.ts";
import { until } from "../support/until.ts";
import type { Figure } from "../support/figures.ts";

/** How 1,000 companies are called; `%` is a word of the company's own. */
const namings = [
  ["new contracts of new customers and companies", "%bank Trading"],
  ["the same, with an apostrophe in the company's name", "%bank's Trading"],
  ["the same, with an apostrophe in its first two letters", "O'%bank Trading"],
] as const;

const contracts = 1_000;

/** Calls and credits for 1,000 new contracts, each of a customer and a company that Zoho does not know. */
export async function callsForNewContracts(stack: Stack): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  // What Zoho documents: an apostrophe in a query is doubled, and nothing else is understood.
  await zoho.changeSettings({ coqlQuote: "doubled" });
  const figures: Figure[] = [];
  for (const [index, [what, naming]] of namings.entries()) {
    const before = (await zoho.calls()).at(-1)?.seq ?? 0;
    await insertNewContracts(stack, `CT-NEW-${index}`, naming);
    const made = (index + 1) * contracts;
    await until(async () => (await zoho.state()).records.Deals === made, { what: `${made} Deals` });
    await queueEmpty(stack);
    const calls = (await zoho.calls(before)).filter(({ path }) => !path.startsWith("/oauth"));
    const credits = calls.reduce((sum, call) => sum + call.credits, 0);
    figures.push({
      what: `calls / credits per 1,000 ${what}`,
      measured: `${calls.length} / ${credits}`,
      beside: figures[0]?.measured ?? "",
    });
  }
  return figures;
}

/** One statement, so that one drain works it. */
async function insertNewContracts({ sql }: Stack, prefix: string, naming: string): Promise<void> {
  const [before, after] = naming.split("%");
  await sql`
    with people as (
      insert into public.customers (first_name, last_name, email, phone, account_type, business_name)
      select 'Thandi', 'Nkosi ' || n, lower(${prefix}::text) || '.' || n || '@example.co.za', '0', 'business', null
      from generate_series(1, ${contracts}::int) n
      returning id, substring(last_name from 7)::int as n),
    companies as (
      insert into public.business_quotes (company_name, contact_name, contact_email, contact_phone,
        service_address, status, valid_until)
      select ${
    before ?? ""
  }::text || translate(substr(md5(${prefix}::text || n), 1, 10), '0123456789', 'ghijklmnop') ||
        ${after ?? ""}::text, 'x', 'x', n::text, 'x', 'accepted', '2026-12-31'
      from generate_series(1, ${contracts}::int) n
      returning id, contact_phone::int as n)
    insert into public.contracts (contract_number, quote_id, customer_id, contract_type, contract_term_months,
      start_date, total_contract_value, status)
    select ${prefix}::text || '-' || p.n, c.id, p.id, 'fibre', 24, '2026-12-01', 1000, 'active'
    from people p join companies c on c.n = p.n`;
}

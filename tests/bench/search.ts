import type postgres from "postgres";
import { startStack } from "../../local/stack.ts";
import { fillSearch } from "../support/fill_admin.ts";
import { type Figure, goal, median, ms } from "../support/figures.ts";
import type { Bench } from "./bench.ts";

/** While typing: a later answer is noticeable. */
const goalMs = 100;
const warmRounds = 2;
const rounds = 20;

/** What is typed, from what every row holds to what none does. */
const typed: Record<string, string> = {
  "a whole number": "CT-2026-004242",
  "its last digits": "4242",
  "two digits": "42",
  "a prefix that every contract has": "ct-2026",
  "a company": "karoo traders 4242",
  "a part of a company, in capitals": "TRADERS 42",
  "a word that every company has": "karoo",
  "a name": "nkosi 4242",
  "a whole Zoho id": "5000000000000004242",
  "a part of a Zoho id": "0000004242",
  "a link into Zoho": "https://crm.zoho.com/crm/org20061234567/tab/Potentials/5000000000000004242",
  "what is nowhere": "zzyzx road",
};

/** So many contracts, each with its quote, customer, invoice and Deal; and what a search takes over HTTP. */
export async function searches(bench: Bench, contracts: number): Promise<Figure[]> {
  const stack = await startStack({
    clusterUrl: bench.clusterUrl,
    cron: false,
    net: false,
    zoho: false,
    functions: ["zoho-admin"],
  });
  bench.started.defer(() => stack.stop());
  await fillForSearch(stack.sql, contracts);
  const walk = await walkTimes(stack.sql);
  const search = async (text: string): Promise<void> => {
    const url = `${stack.apiUrl}/functions/v1/zoho-admin/search?text=${encodeURIComponent(text)}`;
    const response = await fetch(url, { headers: { apikey: stack.secretKey } });
    if (!response.ok) throw new Error(`${text}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
  };
  const figures: Figure[] = [{
    what: `filling it, ${(contracts * 4).toLocaleString("en")} rows`,
    measured: `${walk.length} runs of the schedule, slowest ${ms(Math.max(...walk))}`,
    beside: `${ms(walk.reduce((sum, each) => sum + each, 0))} of work`,
  }];
  for (const [what, text] of Object.entries(typed)) {
    const took: number[] = [];
    for (let round = 0; round < warmRounds + rounds; round++) {
      const startedAtMs = performance.now();
      await search(text);
      if (round >= warmRounds) took.push(performance.now() - startedAtMs);
    }
    figures.push({
      what,
      measured: `${ms(median(took))}, slowest ${ms(Math.max(...took))}`,
      beside: goal(median(took) < goalMs, `< ${goalMs} ms`),
    });
  }
  return figures;
}

async function fillForSearch(sql: postgres.Sql, contracts: number): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      insert into public.customers (id, first_name, last_name, email, phone, account_type, business_name)
      select md5('customer ' || n)::uuid, 'Thandi', 'Nkosi ' || n, 'thandi.' || n || '@example.co.za', '+27 82 000 0000',
        'business', 'Karoo Traders ' || n from generate_series(1, ${contracts}::int) n`;
    await tx`
      insert into public.business_quotes (id, quote_number, customer_id, customer_type, company_name, contact_name,
        contact_email, contact_phone, service_address, valid_until)
      select md5('quote ' || n)::uuid, 'BQ-2026-' || lpad(n::text, 6, '0'), md5('customer ' || n)::uuid, 'smme',
        'Karoo Traders ' || n, 'Thandi', 'thandi@example.co.za', '+27 82 000 0000', '1 Long Street', '2026-12-31'
      from generate_series(1, ${contracts}::int) n`;
    await tx`
      insert into public.contracts (id, contract_number, quote_id, customer_id, contract_type, contract_term_months)
      select md5('contract ' || n)::uuid, 'CT-2026-' || lpad(n::text, 6, '0'), md5('quote ' || n)::uuid,
        md5('customer ' || n)::uuid, 'fibre', 24 from generate_series(1, ${contracts}::int) n`;
    await tx`
      insert into public.customer_invoices (id, customer_id, invoice_number)
      select md5('invoice ' || n)::uuid, md5('customer ' || n)::uuid, 'INV-2026-' || lpad(n::text, 6, '0')
      from generate_series(1, ${contracts}::int) n`;
    await tx`
      insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      select 'contract', md5('contract ' || n)::uuid, 'Deals', (5000000000000000000 + n)::text
      from generate_series(1, ${contracts}::int) n`;
    // What is measured is the walk and the search: none of these rows is to be queued.
    await tx`delete from zoho_sync.outbox where true`;
    await tx`delete from zoho_sync.search_due where true`;
  });
  await sql`vacuum (analyze)`;
}

/** Every run of the schedule until all is in it. */
async function walkTimes(sql: postgres.Sql): Promise<number[]> {
  const took: number[] = [];
  await fillSearch(sql, (ms) => took.push(ms));
  return took;
}

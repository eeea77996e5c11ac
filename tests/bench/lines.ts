import type { Stack } from "../../local/stack.ts";
import { type CallEntry, ZohoControl } from "../../local/zoho/mod.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { type Figure, goal, ms } from "../support/figures.ts";
import { queueEmpty, sweep } from "../support/queue.ts";
import { until } from "../support/until.ts";
import { tellEchoes } from "./inward.ts";
import { cpuMs } from "./process.ts";

const count = 1_000;

/** Sellers' edits that a comparison has to find. */
const edits = 10;

/** Calls and credits for 1,000 quotes of three lines and 1,000 invoices: what is read of line items, and how often. */
export async function callsForLines(stack: Stack): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  const figures: Figure[] = [];
  const measure = async (what: string, mostCalls: number | null, work: () => Promise<unknown>) => {
    // A process makes its check of revisions before its first write: counted with the rest.
    const before = (await zoho.calls()).at(-1)?.seq ?? 0;
    const answer = await work();
    await queueEmpty(stack);
    const calls = (await zoho.calls(before)).filter(({ path }) => !path.startsWith("/oauth"));
    const credits = calls.reduce((sum, call) => sum + call.credits, 0);
    figures.push({
      what: `calls / credits for ${what}`,
      measured: `${calls.length} / ${credits}`,
      beside: mostCalls === null
        ? kindsOf(calls)
        : `${goal(calls.length <= mostCalls, `≤ ${mostCalls} calls`)}: ${kindsOf(calls)}`,
    });
    return answer;
  };

  await measure(
    "1,000 new quotes and 1,000 new invoices of one company",
    null,
    () => insertQuotesAndInvoices(stack),
  );
  const editPrices = () =>
    stack
      .sql`update public.business_quote_items set monthly_price = monthly_price + 1 where service_name = 'Static IP'`;
  await measure("1,000 quotes with one line's price edited", 130, editPrices);
  await measure(
    "1,000 invoices whose last write has an unknown outcome",
    40,
    () => leaveInvoicesInDoubt(stack),
  );
  const quotes = { type: "quote", module: "Quotes", reference: "Quote_Reference" };
  await measure("1,000 echoes of our own writes of quotes", null, () => tellEchoes(stack, count, quotes));
  await editRows(stack, zoho);
  const compare = async (what: string, expected: number) => {
    const [pid] = stack.functions.pids("zoho-admin");
    if (pid === undefined) throw new Error("zoho-admin is not running");
    const cpuBeforeMs = cpuMs(pid);
    const differed = await measure(`a comparison of 1,000 quotes, ${what}`, null, () => compareQuotes(stack));
    const cpu = cpuMs(pid) - cpuBeforeMs;
    figures.push({
      what: "the same: differences found; processor time of a page of 200",
      measured: `${differed}; ${ms(cpu / (count / 200))}`,
      beside: goal(differed === expected, `${expected}`),
    });
  };
  await compare(`${edits} with a change that keeps the sum`, edits);
  await stack.zoho.changeSettings({ lineModules: "hidden" });
  await stack.functions.restart("zoho-sync");
  await compare("where the org refuses the query", edits);
  await measure(
    "1,000 quotes with one line's price edited, where the org refuses the query",
    null,
    editPrices,
  );
  return figures;
}

/** How many of each: "20 queries of lines, 10 writes". */
function kindsOf(calls: CallEntry[]): string {
  const kinds = Map.groupBy(calls, ({ method, path, query }) => {
    if (query !== null) return query.includes("_Items") ? "queries of lines" : "other queries";
    if (method !== "GET") return "writes";
    return /\d$/.test(path) ? "single reads" : "lists";
  });
  return [...kinds].map(([kind, some]) => `${some.length} ${kind}`).join(", ");
}

/** Quotes of two items, one of them with an installation, and invoices, all of one customer. */
async function insertQuotesAndInvoices({ sql }: Stack): Promise<void> {
  const { customer } = await insertBusiness(sql);
  await sql`
    with quotes as (
      insert into public.business_quotes (quote_number, customer_id, company_name, contact_name, contact_email,
        contact_phone, service_address, status, contract_term, valid_until)
      select 'BQ-BENCH-' || n, ${customer.id}, 'Bench Company', 'x', 'x', 'x', 'x', 'sent', 24, '2026-12-31'
      from generate_series(1, ${count}::int) n returning id)
    insert into public.business_quote_items (quote_id, item_type, quantity, monthly_price, installation_price,
      service_name, service_type, display_order)
    select q.id, 'primary', 1, i.monthly, i.once, i.name, 'fibre', i.place
    from quotes q cross join (values ('BizFibre', 1999, 1500, 0), ('Static IP', 50, 0, 1)) i (name, monthly, once, place)`;
  await sql`
    insert into public.customer_invoices (customer_id, invoice_number, invoice_date, due_date, total_amount, status)
    select ${customer.id}, 'INV-BENCH-' || n, '2026-11-01', '2026-11-30', 1999, 'sent'
    from generate_series(1, ${count}::int) n`;
}

/**
 * As lost answers leave them: Zoho has the last write, the log has an unknown outcome, and base is older. Then the next
 * drain looks at them.
 */
async function leaveInvoicesInDoubt(stack: Stack): Promise<void> {
  const { sql } = stack;
  await sql.begin(async (tx) => {
    await tx`
      update public.zoho_sync_logs l set outcome = 'unknown', status = 'failed'
      where l.entity_type = 'invoice' and l.zoho_entity_type = 'Invoices'`;
    await tx`
      update public.zoho_entity_mappings set snapshot = snapshot || '{"Due_Date": "2026-11-29"}'
      where circletel_type = 'invoice'`;
    await tx`
      select zoho_sync.mark(array_agg('invoice'::text), array_agg(i.id), array_agg(1::smallint), array_agg('bench'::text),
        false, null, false)
      from public.customer_invoices i`;
  });
  await sweep(stack);
}

/** A seller moves a rand from one row to another. */
async function editRows({ sql }: Stack, zoho: ZohoControl): Promise<void> {
  const mapped = await sql<{ id: string }[]>`
    select m.zoho_id as id from public.zoho_entity_mappings m
    where m.circletel_type = 'quote' and m.zoho_type = 'Estimates' order by m.zoho_id limit ${edits}`;
  for (const { id } of mapped) {
    const rows: unknown = (await zoho.record("Quotes", id)).Quoted_Items;
    const moved = [rows].flat().slice(0, 2).map((row, index) => ({
      id: String(Object(row).id),
      List_Price: Number(Object(row).List_Price) + (index === 0 ? 1 : -1),
    }));
    await zoho.edit("Quotes", id, { Quoted_Items: moved });
  }
}

/** How many differ. */
async function compareQuotes(stack: Stack): Promise<unknown> {
  const { body } = await stack.invoke("zoho-admin/reconcile", { kind: "full", entity: "quote" });
  const { run } = body as { run: string };
  return await until(async () => {
    const [row] = await stack.sql`
      select differs from public.zoho_reconcile_runs where id = ${run} and status = 'finished'`;
    return row?.differs;
  }, { ceilingMs: 5 * 60_000, everyMs: 50, what: "the end of the run" });
}

import type postgres from "postgres";
import { migrate } from "../../local/migrate.ts";
import {
  type Business,
  insertBusiness,
  insertQuoteItem,
  type Row,
  type Values,
} from "../support/fixtures.ts";
import { withBareDatabase } from "./bare_database.ts";
import { buildProduction } from "../support/production_shape.ts";

/** Gives the test CircleTel's production database with our migrations, every kind of record switched on. */
export async function withProduction<T>(test: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  return await withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);
    await sql`update public.zoho_sync_state set synced_types = '{contract,quote,customer,invoice}' where id`;
    return await test(sql);
  });
}

export interface SourceColumn {
  table: string;
  column: string;
  isNullable: boolean;
}

/** The columns of the tables that the source functions read, as the catalog has them. */
export async function sourceColumns(sql: postgres.Sql): Promise<SourceColumn[]> {
  return [
    ...await sql<SourceColumn[]>`
      select w.source_table as table, a.attname::text as column, not a.attnotnull as "isNullable"
      from zoho_sync.watched_tables() w
      join pg_attribute a on a.attrelid = to_regclass(format('public.%I', w.source_table))
      where a.attnum > 0 and not a.attisdropped
      order by w.source_table, a.attnum`,
  ];
}

export interface ProductionSource {
  type: "contract" | "quote" | "customer" | "invoice";
  id: string;
  source: unknown;
}

/** What the drain would read of every row there is. */
export async function allSources(db: postgres.ISql): Promise<ProductionSource[]> {
  return [
    ...await db<ProductionSource[]>`
      with entities as materialized (
        select 'contract' as type, id from public.contracts
        union all select 'quote', id from public.business_quotes
        union all select 'customer', id from public.customers
        union all select 'invoice', id from public.customer_invoices)
      select s.entity_type as type, s.entity_id as id, s.source
      from zoho_sync.sources(array(select type from entities order by id), array(select id from entities order by id)) s
      order by s.entity_type, s.entity_id`,
  ];
}

const undone = new Error("undone");

/** Does the work in a transaction that is rolled back, and answers what the work answers. */
export async function rolledBack<T>(
  sql: postgres.Sql,
  work: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const answers: T[] = [];
  const transaction = sql.begin(async (tx) => {
    answers.push(await work(tx));
    throw undone;
  });
  await transaction.catch((error) => {
    if (error !== undone) throw error;
  });
  const [answer] = answers;
  if (answer === undefined) throw new Error("the work answered nothing");
  return answer;
}

/** A business with every column that CircleTel fills, and its invoice. */
export async function insertBilledBusiness(
  db: postgres.ISql,
  values: Parameters<typeof insertBusiness>[1] = {},
): Promise<Business & { invoice: Row }> {
  const business = await insertBusiness(db, values);
  await insertQuoteItem(db, business.quote.id, { service_name: "Static IP", quantity: 4, display_order: 1 });
  const invoice = await insertProductionInvoice(db, business.customer, { contract_id: business.contract.id });
  return { ...business, invoice };
}

export async function insertProductionInvoice(
  db: postgres.ISql,
  customer: Row,
  values: Values = {},
): Promise<Row> {
  const invoice = {
    customer_id: customer.id,
    invoice_number: `INV-${crypto.randomUUID().slice(0, 8)}`,
    invoice_date: "2026-11-01",
    due_date: "2026-11-30",
    subtotal: 1999,
    tax_amount: 299.85,
    total_amount: 2298.85,
    status: "sent",
    ...values,
  };
  const [row] = await db<Row[]>`insert into public.customer_invoices ${db(invoice)} returning *`;
  if (!row) throw new Error("no invoice was inserted");
  return row;
}

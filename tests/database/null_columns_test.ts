import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { lineRows } from "../../supabase/functions/_shared/mapping/lines.ts";
import { recordTypes } from "../../supabase/functions/_shared/mapping/record_types.ts";
import type { Fields } from "../../supabase/functions/_shared/mapping/types.ts";
import { productCodes, projectEntity } from "../../supabase/functions/_shared/sync/records/projection.ts";
import { plainRules } from "../support/agreement.ts";
import { insertQuote } from "../support/fixtures.ts";
import {
  allSources,
  insertBilledBusiness,
  type ProductionSource,
  rolledBack,
  sourceColumns,
  withProduction,
} from "./production_database.ts";

// Production allows NULL in most columns that a record is made of. Whatever is NULL, the drain reads the row, and what it
// would send is what Zoho takes.

/** Without its number a record has nothing that it could be found by: these wait, and the others must not. */
const waiting: Record<string, ProductionSource["type"]> = {
  "business_quotes.quote_number": "quote",
  "customer_invoices.invoice_number": "invoice",
};

/** Fields without which Zoho refuses the record, or that a seller misses at once. */
const needed: Record<ProductionSource["type"], string[]> = {
  contract: ["Deal_Name", "Contract_Number", "Stage", "Closing_Date", "KYC_Status"],
  quote: ["Subject", "Quote_Reference", "Quote_Stage", "Valid_Till", "KYC_Status", "Quoted_Items"],
  invoice: ["Subject", "Invoice_Reference", "Status", "Invoiced_Items"],
  customer: ["Last_Name", "Email"],
};

const dateFields = new Set(
  Object.values(recordTypes).flatMap(({ fields }) =>
    Object.entries(fields).flatMap(([name, { data_type }]) => data_type === "date" ? [name] : [])
  ),
);

Deno.test("every nullable column of production may be NULL: its source is read and Zoho accepts the record", () =>
  withRows(async (sql) => {
    const columns = (await sourceColumns(sql)).filter(({ isNullable }) => isNullable);
    assert(columns.length > 60, `only ${columns.length} nullable columns were found`);
    const all = entityKeys(await allSources(sql));
    const faults: Record<string, string[]> = {};
    for (const { table, column } of columns) {
      const name = `${table}.${column}`;
      const sources = await sourcesWith(sql, [`update public.${table} set ${column} = null where true`]);
      const absent = all.filter((key) => !entityKeys(sources).includes(key));
      const unexpected = absent.filter((key) => !key.startsWith(`${waiting[name]} `));
      const found = [...sources.flatMap(faultsOf), ...unexpected.map((key) => `${key} has no source`)];
      if (found.length > 0) faults[name] = found;
    }
    assertEquals(faults, {});
  }));

Deno.test("a row may have NULL in every nullable column but its number, and so may all rows", () =>
  withRows(async (sql) => {
    const columns = (await sourceColumns(sql))
      .filter(({ table, column, isNullable }) => isNullable && !(`${table}.${column}` in waiting));
    const updates = [...Map.groupBy(columns, ({ table }) => table)].map(([table, its]) =>
      `update public.${table} set ${its.map(({ column }) => `${column} = null`).join(", ")} where true`
    );
    const contracts = (await allSources(sql)).filter(({ type }) => type === "contract").length;
    for (const each of [...updates.map((update) => [update]), updates]) {
      const sources = await sourcesWith(sql, each);
      assertEquals(sources.flatMap(faultsOf), [], each.join("; "));
      assertEquals(sources.filter(({ type }) => type === "contract").length, contracts);
    }
  }));

/** Two businesses, a quote without items, and no trigger that would fill in what is NULL. */
async function withRows(test: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  await withProduction(async (sql) => {
    await insertBilledBusiness(sql);
    const { customer } = await insertBilledBusiness(sql, {
      contract: { start_date: null, kyc_session_id: null, customer_id: null },
    });
    await insertQuote(sql, { customer_id: customer.id });
    for (const table of new Set((await sourceColumns(sql)).map(({ table }) => table))) {
      await sql`alter table ${sql(`public.${table}`)} disable trigger user`;
    }
    await test(sql);
  });
}

/** The sources as they are after these statements, which are undone. */
function sourcesWith(sql: postgres.Sql, statements: string[]): Promise<ProductionSource[]> {
  return rolledBack(sql, async (tx) => {
    for (const statement of statements) await tx.unsafe(statement);
    return await allSources(tx);
  });
}

function entityKeys(sources: ProductionSource[]): string[] {
  return sources.map(({ type, id }) => `${type} ${id}`);
}

/** Why the drain could not send the record of this source. */
function faultsOf({ type, source }: ProductionSource): string[] {
  const codes = productCodes(type, source);
  const known = {
    source,
    snapshot: {},
    productIds: new Map(codes.map((code) => [code, `id of ${code}`])),
    rules: plainRules,
  };
  const { fields, problem } = projectEntity(type, known);
  if (fields === null) return [`${type}: ${problem}`];
  const missing = needed[type].filter((field) => (fields[field] ?? null) === null);
  return [
    ...missing.map((field) => `${type}: ${field} is missing`),
    ...Object.entries(fields).flatMap(([field, value]) => valueFault(field, value) ?? []),
    ...lineFaults(fields),
  ];
}

function valueFault(field: string, value: Fields[string]): string | null {
  if (value === undefined) return `${field} is undefined`;
  if (typeof value === "number" && !Number.isFinite(value)) return `${field} is ${value}`;
  if (typeof value !== "string") return null;
  if (/\b(null|undefined|NaN)\b/.test(value)) return `${field} reads ${value}`;
  return dateFields.has(field) && !/^\d{4}-\d\d-\d\d$/.test(value) ? `${field} is no date: ${value}` : null;
}

function lineFaults(fields: Fields): string[] {
  const text = fields.Quoted_Items ?? fields.Invoiced_Items;
  if (typeof text !== "string") return [];
  const rows = lineRows(text);
  if (rows.length === 0) return ["there is no line item"];
  return rows.flatMap(([, quantity, price]) =>
    quantity > 0 && price >= 0 ? [] : [`a line item has quantity ${quantity} and price ${price}`]
  );
}

import { assertEquals } from "@std/assert";
import {
  columnNames,
  columnsOf,
  isColumn,
  type Shape,
} from "../../supabase/functions/_shared/mapping/columns.ts";
import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { kinds } from "../../supabase/functions/_shared/sync/claim/kinds.ts";
import { allSources, insertBilledBusiness, withProduction } from "./production_database.ts";

// The columns that the record types declare, beside those that the database answers and those that its triggers compare.

/** The customer and company of an entity come with every source (zoho_sync.parties). */
const party = [
  "account_id",
  "account_key",
  "contact",
  "contact_answer",
  "contact_merged",
  "customer_change",
  "internal_test",
];
const customer = kinds.customer.source.customer ?? {};

/** What the original service wrote, and what never changes. */
const uncompared = [
  "contracts.id",
  "contracts.zoho_deal_id",
  "business_quotes.id",
  "customers.id",
  "customer_invoices.id",
];

Deno.test("a source has exactly the columns that its record type declares, and its trigger compares each of them", () =>
  withProduction(async (sql) => {
    await insertBilledBusiness(sql);
    for (const { type, source } of await allSources(sql)) {
      const declared = namesOf({ ...kinds[type].source, customer });
      assertEquals(answered(source), [...declared, ...party].toSorted(), type);
    }
    const watched = await sql<{ name: string }[]>`
      select w.source_table || '.' || c.name as name
      from zoho_sync.watched_tables() w, unnest(w.compared) c (name)`;
    const compared = new Set(watched.map(({ name }) => name));
    const declared = Object.values(kinds).flatMap(({ source }) => columnNames(source)).filter((name) =>
      name.includes(".")
    );
    assertEquals(
      [...new Set(declared)].filter((name) => !compared.has(name)).toSorted(),
      uncompared.toSorted(),
    );
  }));

function namesOf(shape: Shape): string[] {
  return Object.entries(shape).flatMap(([name, part]) =>
    isColumn(part) ? [name] : Object.keys(columnsOf(part)).map((column) => `${name}.${column}`)
  );
}

/** The columns of an answer, of rows those of the first. */
function answered(source: unknown): string[] {
  return Object.entries(isRecord(source) ? source : {}).flatMap(([name, value]) => {
    const row: unknown = Array.isArray(value) ? value[0] : value;
    return isRecord(row) && !party.includes(name)
      ? Object.keys(row).map((column) => `${name}.${column}`)
      : [name];
  }).toSorted();
}

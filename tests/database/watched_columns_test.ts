import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import {
  insertContract,
  insertCustomer,
  insertKycSession,
  insertQuote,
  insertQuoteItem,
  insertRicaSubmission,
} from "../support/fixtures.ts";
import { readOtherValues } from "./other_values.ts";
import {
  allSources,
  insertBilledBusiness,
  insertProductionInvoice,
  rolledBack,
  sourceColumns,
  withProduction,
} from "./production_database.ts";

// Whatever changes what the drain reads of an entity has to mark it. Every column of every table that a source is made of
// is changed, row by row, in CircleTel's production shape, and what the sources say before and after is compared with
// what the outbox would mark.

/** What CircleTel's own rows do not decide: the drain writes it, and reads it only when a record has no mapping yet. */
const writtenBack = "contracts.zoho_deal_id";

interface Trial {
  /** What was tried: "contracts.status = 'active'". */
  name: string;
  statement: string;
}

interface Outcome {
  /** False: refused by a constraint, or the row was as wanted already. */
  hasHappened: boolean;
  /** Entities whose source is another one now, or gone. */
  changed: string[];
  /** Of those that still have one, which the outbox does not mark. Of the others nothing goes to Zoho any more. */
  unmarked: string[];
}

Deno.test("every column of production that a source reads marks its entities when it changes", () =>
  withRows(async (sql) => {
    const { escaped, changed, tried, columns } = await tryColumns(sql);
    const isWrittenBack = (name: string) => name.startsWith(writtenBack);
    assertEquals(Object.entries(escaped).filter(([name]) => !isWrittenBack(name)), []);
    assert(Object.keys(escaped).some(isWrittenBack), `${writtenBack} is in no source any more`);
    assertEquals(columns.filter((column) => !tried.has(column)), [], "no other value was found for these");
    // Those of the watched tables that no source reads, such as a phone number, change nothing.
    assert(changed.size > 40, `only ${[...changed].join(", ")} changed a source`);
  }));

Deno.test("a column that a trigger does not compare is found and named", () =>
  withRows(async (sql) => {
    await sql.unsafe(`
      create or replace function zoho_sync.watched_tables()
      returns table (source_table text, lane smallint, owners text[], compared text[])
      language sql immutable set search_path = '' as $$
        values ('kyc_sessions', 0::smallint, '{quote_id}'::text[],
          '{status,verification_result,completed_at,quote_id,created_at}'::text[])
      $$;
      select zoho_sync.watch_tables();`);
    const { escaped } = await tryColumns(sql);
    const names = Object.keys(escaped).map((name) => name.split(" ")[0]);
    assertEquals([...new Set(names)], ["kyc_sessions.risk_tier"]);
  }));

Deno.test("a new row, and one that is deleted, mark every entity whose source they change", () =>
  withRows(async (sql) => {
    const escaped: Record<string, string[]> = {};
    const seen = new Set<string>();
    const before = await sourceTexts(sql);
    for (const { name, statement } of await insertsAndDeletes(sql)) {
      const { hasHappened, changed, unmarked } = await attempt(sql, before, statement);
      if (hasHappened && changed.length > 0) seen.add(name);
      if (unmarked.length > 0) escaped[name] = unmarked;
    }
    assertEquals(escaped, {});
    const tables = [...new Set((await sourceColumns(sql)).map(({ table }) => table))];
    const wanted = tables.flatMap((table) => [`${table} insert`, `${table} delete`]);
    assertEquals(wanted.filter((name) => ![...seen].some((each) => each.startsWith(name))), []);
  }));

interface Found {
  /** Entities that a change left unmarked, by the change. */
  escaped: Record<string, string[]>;
  /** Columns that changed a source. */
  changed: Set<string>;
  /** Columns that were changed at all. */
  tried: Set<string>;
  columns: string[];
}

async function tryColumns(sql: postgres.Sql): Promise<Found> {
  const otherValues = await readOtherValues(sql);
  const columns = await sourceColumns(sql);
  const found: Found = {
    escaped: {},
    changed: new Set(),
    tried: new Set(),
    columns: columns.map(({ table, column }) => `${table}.${column}`),
  };
  const before = await sourceTexts(sql);
  for (const { table, column } of columns) {
    const rows = await sql<{ id: string }[]>`select id from ${sql(`public.${table}`)} order by id`;
    for (const value of otherValues(table, column)) {
      for (const { id } of rows) {
        const name = `${table}.${column} = ${value}`;
        const { hasHappened, changed, unmarked } = await attempt(
          sql,
          before,
          `update public.${table} t set ${column} = ${value}
            where t.id = '${id}' and t.${column}::text is distinct from (${value})::text`,
        );
        if (hasHappened) found.tried.add(`${table}.${column}`);
        if (changed.length > 0) found.changed.add(`${table}.${column}`);
        if (unmarked.length > 0) found.escaped[name] = [...(found.escaped[name] ?? []), ...unmarked];
      }
    }
  }
  return found;
}

async function insertsAndDeletes(sql: postgres.Sql): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const table of new Set((await sourceColumns(sql)).map(({ table }) => table))) {
    const uniques = await sql<{ column: string }[]>`
      select a.attname::text as column from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = ${`public.${table}`}::regclass and i.indisunique and a.atttypid = 'text'::regtype`;
    const rows = await sql<{ id: string }[]>`select id from ${sql(`public.${table}`)} order by id`;
    for (const { id } of rows) {
      trials.push({ name: `${table} delete`, statement: `delete from public.${table} where id = '${id}'` });
      for (const made of ["2001-01-01", "2041-01-01"]) {
        const own = {
          created_at: made,
          ...Object.fromEntries(uniques.map(({ column }) => [column, "other"])),
        };
        trials.push({
          name: `${table} insert`,
          statement: `insert into public.${table}
            select n.* from public.${table} t cross join lateral jsonb_populate_record(t,
              '${JSON.stringify(own)}'::jsonb || jsonb_build_object('id', gen_random_uuid())) n
            where t.id = '${id}'`,
        });
      }
    }
  }
  return trials;
}

/** The texts of all sources, by "contract <id>". */
async function sourceTexts(db: postgres.ISql): Promise<Map<string, string>> {
  const sources = await allSources(db);
  return new Map(sources.map(({ type, id, source }) => [`${type} ${id}`, JSON.stringify(source)]));
}

/** Which sources the statement changes, and which of those the outbox does not mark. It is undone. */
async function attempt(
  sql: postgres.Sql,
  before: Map<string, string>,
  statement: string,
): Promise<Outcome> {
  return await rolledBack(sql, async (tx): Promise<Outcome> => {
    const { count } = await tx.unsafe(statement);
    if (count === 0) return { hasHappened: false, changed: [], unmarked: [] };
    const after = await sourceTexts(tx);
    const changed = [...new Set([...before.keys(), ...after.keys()])]
      .filter((key) => before.get(key) !== after.get(key));
    const marks = await tx<{ key: string }[]>`
      select m.entity_type || ' ' || m.entity_id as key
      from zoho_sync.marks_of(array(select o from zoho_sync.outbox o order by o.id)) m`;
    const marked = new Set(marks.map(({ key }) => key));
    const unmarked = changed.filter((key) => after.has(key) && !marked.has(key));
    return { hasHappened: true, changed, unmarked };
  }).catch((error) => {
    // A constraint of CircleTel's: a referenced id does not change, a quote with a contract is not deleted.
    if (!String(error.code).startsWith("23")) throw error;
    return { hasHappened: false, changed: [], unmarked: [] };
  });
}

/** Rows of every relation that a source follows, each in more than one state. */
async function withRows(test: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  await withProduction(async (sql) => {
    await insertRows(sql);
    await sql`delete from zoho_sync.outbox where true`;
    await test(sql);
  });
}

async function insertRows(sql: postgres.Sql): Promise<void> {
  await insertBilledBusiness(sql);
  // The contract is judged by the newest of two sessions, and of two submissions; it closes when its quote lapses.
  const second = await insertBilledBusiness(sql, {
    kyc: { created_at: "2026-11-01T08:00:00Z", risk_tier: "medium" },
    rica: { created_at: "2026-11-01T08:00:00Z", status: "rejected" },
    contract: { kyc_session_id: null, customer_id: null, start_date: null, created_at: null },
  });
  const newest = await insertKycSession(sql, second.quote.id, { created_at: "2026-11-02T08:00:00Z" });
  await insertRicaSubmission(sql, newest.id, { created_at: "2026-11-02T08:00:00Z", status: "pending" });
  const internal = await insertCustomer(sql, { account_type: "internal_test" });
  await insertContract(sql, (await insertQuote(sql, { customer_id: internal.id })).id);

  // A consumer is billed under the company of the newest of two quotes.
  const person = await insertCustomer(sql, { account_type: "personal", business_name: null });
  const older = await insertQuote(sql, { customer_id: person.id, created_at: "2026-11-01T08:00:00Z" });
  await insertQuote(sql, { customer_id: person.id, created_at: "2026-11-02T08:00:00Z" });
  await insertContract(sql, older.id, { customer_id: person.id });
  await insertProductionInvoice(sql, person);

  // One who is in the CRM by a contract only, one by a quote only, and one not at all.
  const byContract = await insertCustomer(sql, { account_type: "personal", business_name: null });
  await insertContract(sql, second.quote.id, { customer_id: byContract.id });
  await insertProductionInvoice(sql, byContract);
  const byQuote = await insertCustomer(sql, { account_type: null, business_name: null });
  await insertQuote(sql, { customer_id: byQuote.id });
  await insertProductionInvoice(sql, byQuote);
  await insertProductionInvoice(
    sql,
    await insertCustomer(sql, { account_type: "personal", business_name: null }),
  );

  // What hangs on nothing, so that its id may change.
  await insertCustomer(sql);
  const alone = await insertQuote(sql);
  await insertQuoteItem(sql, alone.id);
  await insertKycSession(sql, alone.id);
  await insertQuote(sql, { quote_number: null });
  await insertRicaSubmission(sql, null, { order_id: crypto.randomUUID() });
}

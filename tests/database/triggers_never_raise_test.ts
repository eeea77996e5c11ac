import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertInvoice, insertQuoteItem } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";

// CircleTel's migrations stay free, and whatever is broken on our side, the business commits: its rows are marked, or a
// notice says why they are not. Each case runs in a transaction that is rolled back.

interface Watched {
  source_table: string;
  owners: string[];
  compared: string[];
}

/** An edit of one watched column; another one where that is the column that is broken. */
const EDITS: Record<string, [column: string, value: string][]> = {
  contracts: [["status", "'active'"], ["contract_number", "'CT-2026-777'"]],
  kyc_sessions: [["status", "'declined'"], ["risk_tier", "'high'"]],
  rica_submissions: [["status", "'rejected'"], ["created_at", "now() - interval '1 day'"]],
  business_quotes: [["company_name", "'Other'"], ["valid_until", "'2027-06-30'"]],
  business_quote_items: [["service_name", "'Other'"], ["quantity", "7"]],
  customers: [["last_name", "'Other'"], ["email", "'other@example.co.za'"]],
  customer_invoices: [["status", "'paid'"], ["total_amount", "7"]],
};

/** What a migration might make of a column. */
const RETYPES: Record<string, string> = {
  uuid: "text",
  text: "varchar(500)",
  "character varying": "text",
  numeric: "double precision",
  integer: "bigint",
  date: "timestamptz",
  "timestamp with time zone": "date",
  "USER-DEFINED": "text",
};

const ACTS: Record<string, (table: string, column: string, type: string) => string> = {
  renamed: (table, column) => `alter table public.${table} rename column ${column} to ${column}_before`,
  retyped: (table, column, type) =>
    `alter table public.${table} alter column ${column} type ${RETYPES[type]} using ${column}::${
      RETYPES[type]
    }`,
  dropped: (table, column) => `alter table public.${table} drop column ${column} cascade`,
};

async function insertEverything(sql: postgres.Sql): Promise<void> {
  const { customer, quote } = await insertBusiness(sql);
  await insertQuoteItem(sql, quote.id);
  await insertInvoice(sql, customer);
  // Their own constraints between the tables would refuse to retype a key; their migration would drop those first.
  await sql.unsafe(`
    do $$ declare c record; begin
      for c in select conrelid::regclass as on_table, conname from pg_constraint
        where contype = 'f' and connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'zoho%'
      loop execute format('alter table %s drop constraint %I', c.on_table, c.conname); end loop;
    end $$;
    alter table public.business_quotes alter column status drop default;`);
}

/** Runs the statements in one transaction, its deferred triggers included, and says what it left; keeps nothing. */
interface Left {
  marked: boolean;
  exact: boolean;
  notices: string[];
}

async function leftBy(sql: postgres.Sql, statements: string[], id: string): Promise<Left> {
  const found: Left[] = [];
  await sql.begin(async (tx) => {
    await tx`delete from zoho_sync.outbox where true`;
    for (const statement of statements) await tx.unsafe(statement);
    await tx.unsafe("set constraints all immediate");
    const notes = await tx<{ ids: string[] | null; is_exact: boolean }[]>`
      select ids, is_exact from zoho_sync.outbox`;
    const notices = await tx<{ message: string }[]>`select message from public.zoho_notices`;
    found.push({
      marked: notes.some(({ ids }) => ids?.includes(id)),
      exact: notes.every(({ is_exact }) => is_exact),
      notices: notices.map(({ message }) => message),
    });
    throw new Undo();
  }).catch((error) => {
    if (!(error instanceof Undo)) throw error;
  });
  const [left] = found;
  if (!left) throw new Error("the transaction left nothing");
  return left;
}

class Undo extends Error {}

for (const table of Object.keys(EDITS)) {
  Deno.test(`${table}: with a column renamed, retyped or dropped the business commits, and the row is marked or a notice says why not`, () =>
    withDatabase("plain", async (sql) => {
      await insertEverything(sql);
      const [watched] = await sql<Watched[]>`
        select source_table, owners, compared from zoho_sync.watched_tables() where source_table = ${table}`;
      const types = Object.fromEntries(
        (await sql`select column_name, data_type from information_schema.columns
          where table_schema = 'public' and table_name = ${table}`).map((
          row,
        ) => [row.column_name, row.data_type]),
      );
      const [row] = await sql`select id from ${sql(`public.${table}`)} limit 1`;
      const id = String(row?.id);
      const columns = new Set(["id", ...watched?.owners ?? [], ...watched?.compared ?? []]);
      assert(columns.size > 3);

      for (const column of columns) {
        for (const [what, act] of Object.entries(ACTS)) {
          const title = `${table}.${column} ${what}`;
          const [edited, value] = EDITS[table]?.find(([name]) => name !== column) ?? [];
          const left = await leftBy(sql, [
            act(table, column, String(types[column])),
            `update public.${table} set ${edited} = ${value} where true`,
          ], id);
          // Without its id nothing can be named.
          if (column === "id" && what !== "retyped") {
            assertEquals(left.marked, false, title);
            assert(left.notices.some((message) => message.includes(table)), title);
          } else {
            assertEquals(left.marked, true, title);
            if (!left.exact) assertEquals(left.notices.length, 1, title);
          }
          if (what === "renamed" && column !== "id") {
            assertEquals(left.exact, false, title);
            assert(
              left.notices[0]?.includes(`column`) && left.notices[0].includes("marked"),
              left.notices[0],
            );
          }
        }
      }
    }));
}

Deno.test("a renamed key of the owner still marks the rows themselves, on insert and delete as on update", () =>
  withDatabase("plain", async (sql) => {
    await insertEverything(sql);
    const [session] = await sql`select id from kyc_sessions limit 1`;
    const left = await leftBy(sql, [
      "alter table public.kyc_sessions rename column quote_id to quote",
      `delete from public.kyc_sessions where id = '${session?.id}'`,
    ], String(session?.id));
    assertEquals([left.marked, left.exact, left.notices.length], [true, false, 1]);
  }));

for (const extension of ["pg_net", "pg_cron", "supabase_vault"]) {
  Deno.test(`the business commits without ${extension}, and its rows are marked`, () =>
    withDatabase("plain", async (sql) => {
      await insertEverything(sql);
      const [contract] = await sql`select id from contracts`;
      const left = await leftBy(sql, [
        `drop extension ${extension} cascade`,
        "update public.contracts set status = 'active' where true",
      ], String(contract?.id));
      assertEquals(left, { marked: true, exact: true, notices: [] });
    }));
}

Deno.test("the business commits whichever right the owner loses, and the row is marked or a notice says why not", () =>
  withDatabase("plain", async (sql) => {
    await insertEverything(sql);
    const [contract] = await sql`select id from contracts`;
    const rights = await sql<{ revoke: string }[]>`
      select 'revoke all on schema zoho_sync from postgres, public' as revoke
      union all
      select format('revoke all on function %s from postgres, public', p.oid::regprocedure)
      from pg_proc p where p.pronamespace = 'zoho_sync'::regnamespace
      union all
      select format('revoke all on %s %s from postgres', case c.relkind when 'S' then 'sequence' else '' end, c.oid::regclass)
      from pg_class c
      where c.relkind in ('r', 'v', 'S') and (c.relnamespace = 'zoho_sync'::regnamespace
        or (c.relnamespace = 'public'::regnamespace and c.relname like 'zoho%'))`;
    assert(rights.length > 100);
    for (const { revoke } of rights) {
      // What the test itself reads and empties is given back before it looks.
      const left = await leftBy(sql, [
        revoke,
        "update public.contracts set status = 'active' where true",
        "grant all on schema zoho_sync to postgres",
        "grant all on zoho_sync.outbox, public.zoho_notices to postgres",
      ], String(contract?.id));
      assert(left.marked || left.notices.length > 0, revoke);
    }
  }));

Deno.test("the business commits with a notice when the outbox accepts no row", () =>
  withDatabase("plain", async (sql) => {
    await insertEverything(sql);
    for (
      const [broken, mended] of [
        [
          "alter table zoho_sync.outbox rename to outbox_away",
          "alter table zoho_sync.outbox_away rename to outbox",
        ],
        [
          "alter table zoho_sync.outbox add column more integer not null",
          "alter table zoho_sync.outbox drop column more",
        ],
      ] as const
    ) {
      const left = await leftBy(
        sql,
        [broken, "update public.contracts set status = 'active' where true", mended],
        crypto.randomUUID(),
      );
      assertEquals([left.marked, left.notices.length], [false, 1], broken);
      assert(left.notices[0]?.includes("full reconcile"), left.notices[0]);
    }
  }));

Deno.test("a missing state row loses no mark: the fold recreates it", () =>
  withDatabase("plain", async (sql) => {
    await insertEverything(sql);
    await sql`delete from zoho_sync_state where true`;
    await sql`update contracts set status = 'active' where true`;
    await sql`select zoho_sync.fold_outbox()`;
    assertEquals((await sql`select from zoho_sync_queue where entity_type = 'contract'`).length, 1);
    assertEquals((await sql`select from zoho_sync_state`).length, 1);
  }));

Deno.test("TRUNCATE of a watched table makes the next reconcile a full one, orphans its records, and reports it once", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      values ('contract', ${contract.id}, 'Deals', '1')`;
    await sql`
      insert into zoho_reconcile_runs (kind, entity_types, actor, status) values ('full', '{contract}', 'x', 'finished')`;
    const start = async () => {
      const [row] = await sql`select zoho_reconcile_start('incremental', '{contract}', 'schedule') as answer`;
      const [run] = await sql`
        update zoho_reconcile_runs set status = 'finished' where id = ${row?.answer.id} returning kind`;
      return run?.kind;
    };
    assertEquals(await start(), "incremental");

    await sql`truncate contracts cascade`;
    await sql`select zoho_sync.fold_outbox()`;
    assertEquals((await sql`select state from zoho_entity_mappings`)[0]?.state, "orphaned");
    const notices = await sql`select kind, message from zoho_notices`;
    assertEquals(notices.map(({ kind }) => kind), ["truncated"]);
    assert(String(notices[0]?.message).startsWith("contracts was emptied"));
    assertEquals(await start(), "full");
    assertEquals(await start(), "incremental");
  }));

Deno.test("a text of any length is CircleTel's to write, and holds neither the search nor the accounts up", () =>
  withDatabase("plain", async (sql) => {
    const { customer, quote } = await insertBusiness(sql);
    // Digits that no compression makes short enough for an index row.
    const long = Array.from({ length: 400 }, () => crypto.getRandomValues(new Uint32Array(8)).join("")).join(
      " ",
    );
    await sql`update business_quotes set company_name = ${long}, registration_number = ${long}, vat_number = ${long}
      where true`;
    await sql`update customers set business_name = ${long}, business_registration = ${long}, tax_number = ${long}
      where true`;
    const invoice = await insertInvoice(sql, customer);
    // As in production, where the number has no limit.
    await sql`alter table customer_invoices alter column invoice_number type varchar`;
    await sql`update customer_invoices set invoice_number = ${long} where id = ${invoice.id}`;
    await fold(sql);
    await sql`select zoho_sync.keep_search()`;
    const [entry] = await sql`
      select account_key, length(company) as letters from zoho_sync.search_entries where entity_id = ${quote.id}`;
    assertEquals(entry?.letters, 200);
    const companies = JSON.stringify([{ account_key: entry?.account_key, normalised_name: "long" }]);
    const [unknown] = await sql`select zoho_unknown_companies(${companies}::text::jsonb) as answer`;
    assertEquals(unknown?.answer.companies.map(({ vats }: { vats: string[] }) => vats), [[long]]);
  }));

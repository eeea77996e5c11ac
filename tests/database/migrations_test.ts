import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { migrate } from "../../local/migrate.ts";
import { asRole } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { withBareDatabase, withForeignPostgres } from "./bare_database.ts";
import { CORE_TABLES, describeTables, ourFunctions, publicTables, rowsOf } from "./catalog.ts";
import { fold } from "../support/fold.ts";
import { buildProduction, CONTRACT_ID, ORIGINAL_VERSION, QUOTE_ID } from "../support/production_shape.ts";

const SYNC_TABLES = ["zoho_tokens", "zoho_sync_logs", "zoho_entity_mappings"];

Deno.test("all migrations apply to an empty database", () =>
  withBareDatabase(async (sql, url) => {
    const applied = await migrate(url);

    assertArrayIncludes(applied, ["20251103000000", ORIGINAL_VERSION]);
    assertArrayIncludes(await publicTables(sql), [...CORE_TABLES, ...SYNC_TABLES, "zoho_sync_queue"]);
    const { contract } = await insertBusiness(sql);
    assertEquals(await queuedContracts(sql), [contract.id]);
  }));

Deno.test("a second run on an empty database applies nothing", () =>
  withBareDatabase(async (sql, url) => {
    await migrate(url);
    const before = await describeEverything(sql);

    assertEquals(await migrate(url), []);
    assertEquals(await describeEverything(sql), before);
  }));

Deno.test("production keeps every column, constraint, policy, trigger, right and row of its core tables", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    const shape = await describeTables(sql, CORE_TABLES);
    const rows = await coreRows(sql);

    await migrate(url);

    const shapeAfter = await describeTables(sql, CORE_TABLES);
    assertEquals(shape.filter((line) => !shapeAfter.includes(line)), []);
    assertEquals(await coreRows(sql), rows);
    // What is new there is ours: triggers that enqueue, and the indexes that were missing for them.
    const added = shapeAfter.filter((line) => !shape.includes(line));
    assertEquals(added.filter((line) => !/ trigger zoho_sync_| index CREATE INDEX /.test(line)), []);
    assert(
      !added.some((line) => line.includes("contracts (quote_id)")),
      "a second index on contracts.quote_id",
    );
  }));

Deno.test("production's own version 20251103000001 is not run again and its rows stay", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    const applied = await migrate(url);

    assert(!applied.includes(ORIGINAL_VERSION));
    const [token] = await sql`select access_token, refresh_token, seed_fingerprint from zoho_tokens`;
    assertEquals({ ...token }, {
      access_token: "1000.plain-access",
      refresh_token: "1000.plain-refresh",
      seed_fingerprint: null,
    });
    const [mapping] = await sql`select circletel_id, zoho_id, snapshot, state from zoho_entity_mappings`;
    assertEquals({ ...mapping }, {
      circletel_id: CONTRACT_ID,
      zoho_id: "5000000000001",
      snapshot: {},
      state: "linked",
    });
    assertEquals((await sql`select from zoho_sync_logs`).length, 1);
  }));

Deno.test("existing sync tables without a recorded version are adopted", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "unrecorded");
    const applied = await migrate(url);

    assert(applied.includes(ORIGINAL_VERSION));
    assertEquals((await sql`select from zoho_entity_mappings where state = 'linked'`).length, 1);
  }));

Deno.test("CircleTel's squashed history leaves no duplicate trigger, index or function", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "unrecorded");
    await sql.unsafe(`
      create index idx_zoho_logs_entity on public.zoho_sync_logs (entity_type, entity_id, created_at desc);
      create index idx_zoho_logs_created on public.zoho_sync_logs (created_at desc);
      create index idx_customers_by_number on public.customer_invoices (invoice_number, status);
      create schema if not exists supabase_migrations;
      create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
      insert into supabase_migrations.schema_migrations (version, name) values ('20260523000000', 'baseline_squash');
    `);

    const applied = await migrate(url);
    assertArrayIncludes(applied, ["20251103000000", ORIGINAL_VERSION]);

    const doubled = await sql`
      select i.indrelid::regclass::text as on_table, count(*)::int
      from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
      group by i.indrelid, i.indkey::text, i.indoption::text, i.indclass::text,
        coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), coalesce(pg_get_expr(i.indpred, i.indrelid), '')
      having count(*) > 1`;
    assertEquals([...doubled], []);
    const touches = await sql`
      select tgrelid::regclass::text as on_table, tgname as name from pg_trigger
      where not tgisinternal and tgtype & 2 > 0 and tgrelid::regclass::text ~ '^zoho_(tokens|entity_mappings)$'
      order by 1`;
    assertEquals(touches.map((row) => ({ ...row })), [
      { on_table: "zoho_entity_mappings", name: "zoho_mappings_last_synced" },
      { on_table: "zoho_tokens", name: "zoho_tokens_updated_at" },
    ]);
    assertEquals([...await sql`select proname from pg_proc where proname like 'zoho%touch'`], []);
    // An index that begins with the same column serves as well.
    assertEquals(
      [...await sql`select from pg_class where relname = 'customer_invoices_invoice_number_idx'`],
      [],
    );
  }));

Deno.test("core tables without sync tables get them", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "absent");
    await migrate(url);
    assertArrayIncludes(await publicTables(sql), SYNC_TABLES);
  }));

Deno.test("a second run on production changes nothing", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);
    const before = await describeEverything(sql);
    const rows = await coreRows(sql);

    assertEquals(await migrate(url), []);
    assertEquals(await describeEverything(sql), before);
    assertEquals(await coreRows(sql), rows);
  }));

Deno.test("a log row may name an Account whatever the old check was called, and no unknown entity", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);
    const log = (zohoType: string) =>
      sql`
        insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, attempt_number)
        values ('contract', ${CONTRACT_ID}, ${zohoType}, 'pending', 1)
      `.then(() => "stored", (error: postgres.PostgresError) => error.code);

    assertEquals(await log("Accounts"), "stored");
    assertEquals(await log("Horses"), "23514");
  }));

Deno.test("the always-true policies and those on the broken helper are gone from the sync tables", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);

    const suspects = await sql`
      select tablename, policyname from pg_policies
      where tablename like 'zoho%' and (coalesce(qual, '') || coalesce(with_check, '') like '%user_is_admin%'
        or (coalesce(qual, with_check) = 'true' and roles <> '{service_role}'))
    `;
    assertEquals([...suspects], []);
  }));

Deno.test("production's original helpers still work", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);

    const answer = await asRole(sql, "service_role", {}, async (tx) => {
      const [row] = await tx`
        select get_zoho_id('contract', ${CONTRACT_ID}) as zoho_id,
          get_circletel_id('Deals', '5000000000001') as circletel_id,
          is_entity_synced('contract', ${CONTRACT_ID}) as is_synced`;
      return { ...row };
    });
    assertEquals(answer, { zoho_id: "5000000000001", circletel_id: CONTRACT_ID, is_synced: true });
  }));

Deno.test("production: only the service role may run our functions", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    const theirs = new Set((await ourFunctions(sql)).map((f) => f.signature));
    const helpers = /^public\.(get_zoho_id|get_circletel_id|is_entity_synced)\(/;
    await migrate(url);

    const ours = (await ourFunctions(sql)).filter((f) =>
      !theirs.has(f.signature) || helpers.test(f.signature)
    );
    const open = ours.filter((f) => f.executable_by.some((role) => role !== "service_role"));
    assertEquals(open.map((f) => f.signature), ["zoho_sync.is_active_admin()"]);
  }));

Deno.test("production: the sync tables are closed to anon", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);

    const reachable = await sql`
      select c.relname, p.privilege from pg_class c
      cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate']) p (privilege)
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname like 'zoho%'
        and has_table_privilege('anon', c.oid, p.privilege)
    `;
    assertEquals([...reachable], []);
  }));

Deno.test("approving a quote in production still starts KYC, and its contract is queued once", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);

    await sql`update business_quotes set status = 'approved' where id = ${QUOTE_ID}`;

    const [session] = await sql`select from kyc_sessions where didit_session_id = ${`pending_${QUOTE_ID}`}`;
    assert(session);
    assertEquals(await queuedContracts(sql), [CONTRACT_ID]);
  }));

Deno.test("a contract numbered by production's own trigger is queued", () =>
  withBareDatabase(async (sql, url) => {
    await buildProduction(sql, "recorded");
    await migrate(url);

    const [contract] = await sql<{ id: string; contract_number: string }[]>`
      insert into contracts (quote_id, contract_type, contract_term_months)
      values (${QUOTE_ID}, 'fibre', 24) returning id, contract_number`;
    assertEquals(contract?.contract_number, "CT-2026-042");
    assertEquals(await queuedContracts(sql), [contract?.id]);
  }));

Deno.test("a plain Postgres without net, cron and Vault queues changes, and sweeping does no harm", () =>
  withForeignPostgres(async (sql, url) => {
    await migrate(url);
    const { contract } = await insertBusiness(sql);
    await sql`select zoho_sync.sweep(), zoho_sync.refresh_token_ahead(), zoho_sync.purge_expired()`;
    assertEquals(await queuedContracts(sql), [contract.id]);
  }));

async function queuedContracts(sql: postgres.Sql): Promise<string[]> {
  await fold(sql);
  const rows = await sql<{ entity_id: string }[]>`
    select entity_id from zoho_sync_queue where entity_type = 'contract' order by entity_id`;
  return rows.map((row) => row.entity_id);
}

async function coreRows(sql: postgres.Sql): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const table of CORE_TABLES) rows[table] = await rowsOf(sql, table);
  return rows;
}

async function describeEverything(sql: postgres.Sql): Promise<unknown> {
  const jobs = await sql`select jobname, schedule, command, active from cron.job order by 1`;
  return {
    tables: await describeTables(sql, await publicTables(sql)),
    functions: await ourFunctions(sql).then((all) => all.map(({ signature, source }) => [signature, source])),
    jobs: jobs.map((job) => ({ ...job })),
    state: await rowsOf(sql, "zoho_sync_state"),
  };
}

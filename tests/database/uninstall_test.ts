import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertAdmin, insertBusiness } from "../support/fixtures.ts";
import { asRole } from "../support/database.ts";
import { claimOne, done, settle } from "./steps.ts";

// Leaving: what the sync brought is gone, and what CircleTel and the original service had is there.

const WORKER = crypto.randomUUID();

/** The command of docs/cut-over.md, which may be run again. */
const leave = (sql: postgres.Sql) =>
  sql.unsafe(`do $$ begin
    if to_regprocedure('zoho_sync.uninstall()') is not null then perform zoho_sync.uninstall(); end if;
  end $$`);

Deno.test("the list of tables that an uninstall drops is every one of ours in public", () =>
  withDatabase("plain", async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname like 'zoho\\_%'
        and c.relname not in ('zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings') order by 1`;
    const [row] = await sql<{ own: string[] }[]>`select zoho_sync.own_tables() as own`;
    assertEquals(row?.own.toSorted(), tables.map(({ name }) => name));
  }));

Deno.test("an uninstall leaves CircleTel's rows, mappings and log, and nothing else of the sync; again it does nothing", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, {
      worker: WORKER,
      results: [done(change, "5000000000001", { Stage: "Negotiation/Review" })],
    });
    const before = await business(sql);

    await leave(sql);
    await leave(sql);

    assertEquals(await business(sql), before);
    const [mapping] = await sql`select zoho_id from zoho_entity_mappings where circletel_id = ${contract.id}`;
    assertEquals(mapping?.zoho_id, "5000000000001");
    const left = await sql<{ what: string }[]>`
      select 'schema ' || nspname as what from pg_namespace where nspname = 'zoho_sync'
      union all select 'table ' || relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and relname like 'zoho\\_%'
      union all select 'function ' || proname from pg_proc
        where pronamespace = 'public'::regnamespace and proname like 'zoho\\_%'
      union all select 'job ' || jobname from cron.job where jobname like 'zoho-%' order by 1`;
    assertEquals(left.map(({ what }) => what), [
      "function zoho_entity_mappings_touch",
      "function zoho_tokens_touch",
      "table zoho_entity_mappings",
      "table zoho_sync_logs",
      "table zoho_tokens",
    ]);
    await sql`update public.contracts set total_contract_value = 8 where id = ${contract.id}`;
    await sql`insert into public.zoho_tokens (access_token, refresh_token, expires_at) values ('plain', 'plain', now())`;
  }));

Deno.test("active admins still read the original tables after an uninstall, and no one else does", () =>
  withDatabase("plain", async (sql) => {
    const admin = await insertAdmin(sql);
    const former = await insertAdmin(sql, { is_active: false });
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, {
      worker: WORKER,
      results: [done(change, "5000000000001", { Stage: "Negotiation/Review" })],
    });
    await leave(sql);
    const seenBy = async (id: unknown) =>
      (await asRole(
        sql,
        "authenticated",
        { sub: String(id) },
        (tx) => tx`select 1 from public.zoho_entity_mappings`,
      )).length;
    assert(await seenBy(admin.id) > 0);
    assertEquals(await seenBy(former.id), 0);
  }));

Deno.test("the service role cannot uninstall", () =>
  withDatabase("plain", async (sql) => {
    const [row] =
      await sql`select has_function_privilege('service_role', 'zoho_sync.uninstall()', 'execute') as may`;
    assertEquals(row?.may, false);
  }));

async function business(sql: postgres.Sql): Promise<unknown> {
  const rows = await sql`
    select (select count(*)::int from public.customers) as customers, (select count(*)::int from public.contracts) as contracts,
      (select jsonb_agg(to_jsonb(c)) from public.contracts c) as all_contracts,
      (select count(*)::int from public.business_quotes) as quotes`;
  return rows[0];
}

import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { asRole, type Role, withDatabase } from "../support/database.ts";
import { insertAdmin } from "../support/fixtures.ts";
import { type FunctionFacts, ourFunctions } from "./catalog.ts";

const REFUSED = "42501";

Deno.test("PUBLIC, anon and authenticated may execute nothing of ours but the admin check of the policies", () =>
  withDatabase("plain", async (sql) => {
    const open = (await ourFunctions(sql))
      .map(({ signature, executable_by }) => ({
        signature,
        by: executable_by.filter((role) => role !== "service_role"),
      }))
      .filter(({ by }) => by.length > 0);
    assertEquals(open, [{ signature: "zoho_sync.is_active_admin()", by: ["authenticated"] }]);
  }));

Deno.test("every function resolves names independently of the caller's search_path", () =>
  withDatabase("plain", async (sql) => {
    const functions = await ourFunctions(sql);
    assert(functions.length > 20);
    const loose = functions.filter(({ settings }) => !settings.includes('search_path=""'));
    assertEquals(loose.map((f) => f.signature), []);
  }));

Deno.test("functions with their owner's rights are out of the Data API's reach, in schema zoho_sync", () =>
  withDatabase("plain", async (sql) => {
    const exposed = (await ourFunctions(sql)).filter((f) =>
      f.security_definer && !f.name.startsWith("zoho_sync.")
    );
    assertEquals(exposed.map((f) => f.signature), []);
  }));

// The platform's API sessions load pg-safeupdate, which refuses such a statement inside a function, too:
// "UPDATE requires a WHERE clause" (21000). https://github.com/estuary/flow/pull/3076 learned it the hard way.
Deno.test("no function updates or deletes without a WHERE clause", () =>
  withDatabase("plain", async (sql) => {
    const unfiltered = (await ourFunctions(sql)).flatMap(({ signature, source }) =>
      writesOf(source).filter((text) => !/\bwhere\b/i.test(text)).map((text) => `${signature}: ${text}`)
    );
    assertEquals(unfiltered, []);
  }));

Deno.test("every table in public has row-level security and rights of its own, none for PUBLIC or anon", () =>
  withDatabase("plain", async (sql) => {
    const tables = await sql<{ name: string; has_rls: boolean; grantees: string[] }[]>`
      select c.relname as name, c.relrowsecurity as has_rls,
        array(select distinct coalesce(r.rolname, 'PUBLIC') from aclexplode(c.relacl) a
          left join pg_roles r on r.oid = a.grantee order by 1)::text[] as grantees
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
    `;
    assert(tables.length >= 15);
    assertEquals(tables.filter((t) => !t.has_rls).map((t) => t.name), []);
    assertEquals(tables.filter((t) => !t.grantees.includes("service_role")).map((t) => t.name), []);
    const wide = tables.filter((t) => t.grantees.includes("PUBLIC") || t.grantees.includes("anon"));
    assertEquals(wide.map((t) => t.name), []);
  }));

Deno.test("no row-level policy is open to every role", () =>
  withDatabase("plain", async (sql) => {
    const open = await sql`
      select tablename, policyname from pg_policies
      where schemaname = 'public' and ('public' = any (roles) or 'anon' = any (roles)
        or (coalesce(qual, with_check) = 'true' and roles <> '{service_role}'))
    `;
    assertEquals([...open], []);
  }));

Deno.test("anon may not use schema zoho_sync, and no role of the API may create in it", () =>
  withDatabase("plain", async (sql) => {
    const rights = await sql`
      select r.role, has_schema_privilege(r.role, 'zoho_sync', 'usage') as enters,
        has_schema_privilege(r.role, 'zoho_sync', 'create') as creates
      from unnest(array['anon', 'authenticated', 'service_role']) r (role)
    `;
    assertEquals(rights.map((row) => ({ ...row })), [
      { role: "anon", enters: false, creates: false },
      { role: "authenticated", enters: true, creates: false },
      { role: "service_role", enters: true, creates: false },
    ]);
  }));

Deno.test("the tables of schema zoho_sync are closed to the API's roles, but for what the drain itself keeps", () =>
  withDatabase("plain", async (sql) => {
    const reachable = await sql`
      select r.role, c.relname from pg_class c
      cross join unnest(array['anon', 'authenticated', 'service_role']) r (role)
      where c.relnamespace = 'zoho_sync'::regnamespace and c.relkind in ('r', 'v')
        and has_table_privilege(r.role, c.oid, 'select, insert, update, delete')
      order by c.relname`;
    assertEquals([...reachable], [
      // Companies by normalised name, and what waits for an answer about them.
      { role: "service_role", relname: "account_names" },
      { role: "service_role", relname: "account_waits" },
      // Where alerts go, sealed.
      { role: "service_role", relname: "alert_channels" },
      // Counts, which the status reads.
      { role: "service_role", relname: "attempt_hours" },
      // What a backfill would make.
      { role: "service_role", relname: "backfill_links" },
      // Who was erased, by id; written by the definer function that erases.
      { role: "service_role", relname: "erased_people" },
      // What was known of another org.
      { role: "service_role", relname: "former_rows" },
      // Whose database this is; no row is added or deleted.
      { role: "service_role", relname: "identity" },
      // Every pause, written by a trigger and the sweep, read by the page.
      { role: "service_role", relname: "incidents" },
      // Modules of Zoho that rest.
      { role: "service_role", relname: "module_holds" },
      // What the fold reads and deletes.
      { role: "service_role", relname: "outbox" },
      // What the running reconcile has seen.
      { role: "service_role", relname: "reconcile_seen" },
      // What persons hold.
      { role: "service_role", relname: "record_holds" },
      // Our own calls, and since when jobs are scheduled: written by definer functions only.
      { role: "service_role", relname: "rings" },
      { role: "service_role", relname: "scheduled_jobs" },
      // What a search finds, which of it is out of date, and how far it is filled.
      { role: "service_role", relname: "search_due" },
      { role: "service_role", relname: "search_entries" },
      { role: "service_role", relname: "search_walk" },
      { role: "service_role", relname: "settled_waits" },
    ]);
  }));

Deno.test("only the service role may read or move the doorbell's promise", () =>
  withDatabase("plain", async (sql) => {
    const rights = await sql<{ role: string }[]>`
      select r.role from unnest(array['anon', 'authenticated', 'service_role']) r (role)
      where has_sequence_privilege(r.role, 'zoho_sync.doorbell', 'usage, select, update')
    `;
    assertEquals(rights.map((row) => row.role), ["service_role"]);
  }));

const CALLERS: { title: string; role: Role; isAdmin?: boolean }[] = [
  { title: "anon", role: "anon" },
  { title: "a customer", role: "authenticated" },
  { title: "an active admin", role: "authenticated", isAdmin: true },
];

for (const { title, role, isAdmin } of CALLERS) {
  Deno.test(`${title} is refused every function of the queue and of the tokens`, () =>
    withDatabase("plain", async (sql) => {
      const admin = isAdmin ? await insertAdmin(sql) : undefined;
      const claims = { sub: admin?.id ?? crypto.randomUUID() };
      const functions = await rpcFunctions(sql);

      const accepted: string[] = [];
      for (const target of functions) {
        const code = await asRole(sql, role, claims, (tx) => tx.unsafe(callWithNulls(target)))
          .then(() => "accepted", (error: postgres.PostgresError) => error.code);
        if (code !== REFUSED) accepted.push(`${target.signature}: ${code}`);
      }
      assertEquals(accepted, []);
    }));
}

Deno.test("the service role may run every function of the Data API", () =>
  withDatabase("plain", async (sql) => {
    const functions = await rpcFunctions(sql);
    assert(functions.length >= 15);
    assertEquals(
      functions.filter((f) => !f.executable_by.includes("service_role")).map((f) => f.signature),
      [],
    );
  }));

async function rpcFunctions(sql: postgres.Sql): Promise<FunctionFacts[]> {
  const functions = await ourFunctions(sql);
  return functions.filter((f) => f.name.startsWith("public.") && !f.is_trigger);
}

function callWithNulls(target: FunctionFacts): string {
  return `select ${target.name}(${target.arguments.map((type) => `null::${type}`).join(", ")})`;
}

/** Each UPDATE and DELETE of a body, without what it has in parentheses: a subquery's WHERE is not its own. */
function writesOf(source: string): string[] {
  const body = source.replaceAll(/--[^\n]*/g, "").replaceAll(/'[^']*'/g, "''").replaceAll(/\s+/g, " ");
  const begins = body.matchAll(/\b(update [\w.]+( (as )?\w+)? set|delete from) /gi);
  return [...begins].map((match) => topLevel(body.slice(match.index)));
}

/** The text up to the end of its statement or of the parenthesis that contains it. */
function topLevel(text: string): string {
  let depth = 0;
  let kept = "";
  for (const character of text) {
    if (character === ")") depth--;
    if (depth < 0 || (depth === 0 && character === ";")) break;
    if (character === "(") depth++;
    if (depth === 0) kept += character;
  }
  return kept;
}

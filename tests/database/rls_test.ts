import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { asRole, type Role, withDatabase } from "../support/database.ts";
import { insertAdmin, insertBusiness, insertCustomer, insertQuote } from "../support/fixtures.ts";
import { publicTables } from "./catalog.ts";
import { fold } from "../support/fold.ts";

// What each caller may do with each table. Four signs for select, insert, update, delete:
//   +  it works on the row    0  it is allowed and meets no row    x  it is refused (42501)
// anon is refused everything and has no column.

interface Case {
  customer: string;
  inactiveAdmin: string;
  admin: string;
  serviceRole: string;
  insert: string;
  /** Any column: it is set to itself. */
  column: string;
  /** A row that nothing refers to. */
  spare?: string;
}

const FULL = "++++";
const CORE_SEEN = { customer: "0xxx", inactiveAdmin: "0xxx", admin: "+xxx", serviceRole: FULL };
const CORE_HIDDEN = { customer: "xxxx", inactiveAdmin: "xxxx", admin: "xxxx", serviceRole: FULL };
const READ_ONLY = CORE_SEEN;
const UNLINKABLE = { customer: "0xx0", inactiveAdmin: "0xx0", admin: "+xx+", serviceRole: FULL };

const TABLES: Record<string, Case> = {
  // Even an inactive admin sees the own row: the dashboard says by it why nothing else is shown.
  admin_users: {
    customer: "0xxx",
    inactiveAdmin: "+xxx",
    admin: "+xxx",
    serviceRole: FULL,
    insert: "(id, email) values (gen_random_uuid(), 'new@circletel.example')",
    column: "full_name",
  },
  customers: {
    ...CORE_SEEN,
    insert: "(first_name, last_name, email, phone) values ('A', 'B', 'c@example.co.za', '0')",
    column: "first_name",
    spare: "last_name = 'Spare'",
  },
  business_quotes: {
    ...CORE_SEEN,
    insert: `(company_name, contact_name, contact_email, contact_phone, service_address, valid_until)
      values ('A', 'B', 'c@example.co.za', '0', 'D', '2027-01-01')`,
    column: "company_name",
    spare: "company_name = 'Spare'",
  },
  business_quote_items: {
    ...CORE_SEEN,
    insert: `(quote_id, item_type, service_name, service_type)
      values (:quote, 'additional', 'Static IP', 'fibre')`,
    column: "quantity",
  },
  kyc_sessions: {
    ...CORE_HIDDEN,
    insert: "(quote_id, didit_session_id) values (:quote, 'didit_new')",
    column: "status",
  },
  contracts: {
    ...CORE_SEEN,
    insert: `(contract_number, quote_id, contract_type, contract_term_months)
      values ('CT-2026-999', :quote, 'fibre', 24)`,
    column: "status",
  },
  rica_submissions: { ...CORE_HIDDEN, insert: "(status) values ('pending')", column: "status" },
  customer_invoices: { ...CORE_SEEN, insert: "(customer_id) values (:customer)", column: "status" },
  zoho_tokens: {
    ...READ_ONLY,
    // Whoever could write a token could point the sync at another Zoho org.
    serviceRole: "+xxx",
    insert: "(access_token, refresh_token, expires_at) values ('', '', now()) on conflict do nothing",
    column: "scope",
  },
  // An attempt is opened and closed, never deleted.
  zoho_sync_logs: {
    ...READ_ONLY,
    serviceRole: "+++x",
    insert: "(entity_type, entity_id, status) values ('contract', gen_random_uuid(), 'pending')",
    column: "status",
  },
  zoho_entity_mappings: {
    ...UNLINKABLE,
    insert: `(circletel_type, circletel_id, zoho_type, zoho_id)
      values ('contract', gen_random_uuid(), 'Deals', '2')`,
    column: "zoho_id",
  },
  zoho_accounts: {
    ...UNLINKABLE,
    insert: "(account_key, zoho_id, matched_by) values ('company:b', '2', 'created')",
    column: "zoho_id",
  },
  // Answered by the function alone, which keeps who answered.
  zoho_questions: {
    ...READ_ONLY,
    insert:
      "(kind, entity_type, entity_id, answers) values ('conflict', 'contract', gen_random_uuid(), '{keep}')",
    column: "asks",
  },
  zoho_products: {
    ...UNLINKABLE,
    insert: "(product_key, zoho_id, matched_by) values ('CT-B', '2', 'created')",
    column: "zoho_id",
  },
  zoho_fields: {
    ...READ_ONLY,
    insert: "(module, field, api_name, label) values ('Deals', 'Next_Step', 'Next_Step', 'Next Step')",
    column: "label",
  },
  zoho_notices: {
    ...READ_ONLY,
    insert: "(kind, entity_type, entity_id, message) values ('orphaned', 'contract', gen_random_uuid(), 'x')",
    column: "message",
  },
  zoho_sync_queue: {
    ...READ_ONLY,
    insert: "(entity_type, entity_id, cause) values ('contract', gen_random_uuid(), 'test')",
    column: "cause",
  },
  // One row for ever: not even the sync adds or removes it.
  zoho_sync_state: {
    ...READ_ONLY,
    serviceRole: "+x+x",
    insert: "default values on conflict do nothing",
    column: "pause_code",
  },
  zoho_webhook_events: {
    ...READ_ONLY,
    insert: `(source, module, operation, record_id, digest, status)
      values ('signed', 'Deals', 'update', '2', repeat('b', 64), 'received')`,
    column: "reason",
  },
  zoho_reconcile_runs: {
    ...READ_ONLY,
    insert: "(kind, entity_types, actor, status) values ('full', '{contract}', 'x', 'finished')",
    column: "actor",
  },
  zoho_reconcile_rows: {
    ...READ_ONLY,
    insert: `(run_id, entity_type, zoho_type, verdict, reason)
      select r.id, 'contract', 'Deals', 'extra', 'unowned' from zoho_reconcile_runs r limit 1`,
    column: "reason",
  },
  zoho_webhook_refusals: {
    ...READ_ONLY,
    insert: "(minute, reason, count) values (now(), 'signature', 1)",
    column: "count",
  },
  // A record of who did what: not even the sync rewrites it.
  zoho_admin_actions: {
    ...READ_ONLY,
    serviceRole: "++xx",
    insert: "(actor, action) values ('secret key', 'replay')",
    column: "details",
  },
  zoho_alerts: { ...READ_ONLY, insert: "(name) values ('credits')", column: "detail" },
  zoho_channels: {
    ...READ_ONLY,
    insert: "(channel_id, module) values ('4142001', 'Contacts')",
    column: "expires_at",
  },
  zoho_backfill_runs: {
    ...READ_ONLY,
    insert: "(entity_type, dry_run, status, actor) values ('contract', true, 'running', 'secret key')",
    column: "actor",
    spare: "actor = 'spare'",
  },
  zoho_backfill_items: {
    ...READ_ONLY,
    insert: `(run_id, entity_type, entity_id, position, mapped)
      values ('00000000-0000-4000-8000-000000000015', 'contract', gen_random_uuid(), 2, false)`,
    column: "position",
  },
  zoho_credit_ledger: { ...READ_ONLY, insert: "(quarter, lane) values (now(), 0)", column: "credits" },
};

interface Seeds {
  admin: string;
  inactiveAdmin: string;
  quote: string;
  customer: string;
}

const CALLERS: { title: string; role: Role; sub(seeds: Seeds): string; expected(table: Case): string }[] = [
  { title: "anon", role: "anon", sub: () => "", expected: () => "xxxx" },
  {
    title: "a signed-in customer",
    role: "authenticated",
    sub: () => crypto.randomUUID(),
    expected: (t) => t.customer,
  },
  {
    title: "an inactive admin",
    role: "authenticated",
    sub: (s) => s.inactiveAdmin,
    expected: (t) => t.inactiveAdmin,
  },
  { title: "an active admin", role: "authenticated", sub: (s) => s.admin, expected: (t) => t.admin },
  { title: "the service role", role: "service_role", sub: () => "", expected: (t) => t.serviceRole },
];

for (const { title, role, sub, expected } of CALLERS) {
  Deno.test(`${title} may do with each table what the matrix says`, () =>
    withDatabase("plain", async (sql) => {
      const seeds = await seed(sql);
      const claims = { sub: sub(seeds) };
      const found: Record<string, string> = {};
      for (const [name, table] of Object.entries(TABLES)) {
        const signs: string[] = [];
        for (const statement of statementsOf(name, table, seeds)) {
          signs.push(await tryOut(sql, role, claims, statement));
        }
        found[name] = signs.join("");
      }
      const wanted = Object.entries(TABLES).map(([name, table]) => [name, expected(table)]);
      assertEquals(found, Object.fromEntries(wanted));
    }));
}

Deno.test("the matrix covers every table", () =>
  withDatabase("plain", async (sql) => {
    assertEquals(await publicTables(sql), Object.keys(TABLES).sort());
  }));

Deno.test("a customer who knows an admin's id but not the token sees nothing", () =>
  withDatabase("plain", async (sql) => {
    const { admin } = await seed(sql);
    const seen = await asRole(
      sql,
      "authenticated",
      { sub: crypto.randomUUID(), user_metadata: { admin_id: admin } },
      (tx) => tx`select from public.zoho_tokens`,
    );
    assertEquals(seen.length, 0);
  }));

function statementsOf(name: string, { insert, column, spare }: Case, seeds: Seeds): string[] {
  const values = insert.replace(":quote", `'${seeds.quote}'`).replace(":customer", `'${seeds.customer}'`);
  return [
    `select from public.${name}`,
    `insert into public.${name} ${values}`,
    `update public.${name} set ${column} = ${column} where true`,
    `delete from public.${name} where ${spare ?? "true"}`,
  ];
}

class Undo extends Error {
  constructor(readonly sign: string) {
    super("undo");
  }
}

/** Runs the statement, takes it back and gives its sign. */
async function tryOut(
  sql: postgres.Sql,
  role: Role,
  claims: Record<string, unknown>,
  statement: string,
): Promise<string> {
  try {
    return await asRole(sql, role, claims, async (tx) => {
      const result = await tx.unsafe(statement);
      const worked = statement.startsWith("insert") || result.count > 0;
      throw new Undo(worked ? "+" : "0");
    });
  } catch (error) {
    if (error instanceof Undo) return error.sign;
    if ((error as postgres.PostgresError).code === "42501") return "x";
    throw error;
  }
}

/** A row in every table. */
async function seed(sql: postgres.Sql): Promise<Seeds> {
  const { quote, customer, contract } = await insertBusiness(sql);
  await insertCustomer(sql, { last_name: "Spare" });
  await insertQuote(sql, { company_name: "Spare" });
  const admin = await insertAdmin(sql);
  const inactiveAdmin = await insertAdmin(sql, { is_active: false });
  await sql`insert into customer_invoices (customer_id) values (${customer.id})`;
  await fold(sql);
  await sql`insert into zoho_tokens (access_token, refresh_token, expires_at) values ('v1:a', 'v1:b', now())`;
  await sql`
    insert into zoho_sync_logs (entity_type, entity_id, status) values ('contract', ${contract.id}, 'pending')`;
  await sql`
    insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
    values ('contract', ${contract.id}, 'Deals', '1')`;
  await sql`insert into zoho_accounts (account_key, zoho_id, matched_by) values ('company:a', '1', 'found')`;
  await sql`insert into zoho_products (product_key, zoho_id, matched_by) values ('CT-A', '1', 'found')`;
  await sql`
    insert into zoho_fields (module, field, api_name, label) values ('Deals', 'Risk_Tier', 'Risk_Tier', 'Risk Tier')`;
  await sql`
    insert into zoho_notices (kind, entity_type, entity_id, message)
    values ('orphaned', 'contract', ${contract.id}, 'x')`;
  await sql`
    insert into zoho_webhook_events (source, module, operation, record_id, digest, status)
    values ('signed', 'Deals', 'update', '1', repeat('a', 64), 'received')`;
  await sql`
    insert into zoho_questions (kind, entity_type, entity_id, answers)
    values ('record_gone', 'contract', ${contract.id}, '{make_again,unlink}')`;
  await sql`insert into zoho_webhook_refusals (minute, reason, count) values ('2026-11-01T00:00:00Z', 'signature', 1)`;
  await sql`insert into zoho_admin_actions (actor, action) values ('secret key', 'replay')`;
  await sql`insert into zoho_credit_ledger (quarter, lane) values ('2026-11-01T00:00:00Z', 0)`;
  await sql`
    insert into zoho_backfill_runs (id, entity_type, dry_run, status, actor)
    values ('00000000-0000-4000-8000-000000000015', 'contract', true, 'finished', 'secret key'),
      (gen_random_uuid(), 'contract', true, 'finished', 'spare')`;
  await sql`
    insert into zoho_backfill_items (run_id, entity_type, entity_id, position, mapped)
    values ('00000000-0000-4000-8000-000000000015', 'contract', ${contract.id}, 1, false)`;
  await sql`insert into zoho_alerts (name) values ('paused')`;
  await sql`insert into zoho_channels (channel_id, module) values ('4142001', 'Deals')`;
  await sql`
    with run as (
      insert into zoho_reconcile_runs (kind, entity_types, actor, status) values ('full', '{contract}', 'x', 'finished')
      returning id)
    insert into zoho_reconcile_rows (run_id, entity_type, zoho_type, verdict, reason)
    select id, 'contract', 'Deals', 'extra', 'unowned' from run`;
  return { admin: admin.id, inactiveAdmin: inactiveAdmin.id, quote: quote.id, customer: customer.id };
}

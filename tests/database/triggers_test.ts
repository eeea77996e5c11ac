import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import {
  type Business,
  insertBusiness,
  insertContract,
  insertCustomer,
  insertKycSession,
  insertQuote,
  insertRicaSubmission,
} from "../support/fixtures.ts";
import { emptyQueue, onlyChange, queueRows } from "./steps.ts";

// What makes a contract's Deal stale, and what must not.

Deno.test("a new contract is queued for compliance", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const contract = await insertContract(sql, quote.id);
    const { entity_type, entity_id, lane, version, status, cause } = await onlyChange(sql);
    assertEquals({ entity_type, entity_id, lane, version, status, cause }, {
      entity_type: "contract",
      entity_id: contract.id,
      lane: 0,
      version: 1,
      status: "pending",
      cause: "contracts insert",
    });
  }));

interface Edit {
  table: string;
  set: string;
}

const STALE: Edit[] = [
  { table: "contracts", set: "contract_number = 'CT-2026-X'" },
  { table: "contracts", set: "status = 'fully_signed'" },
  { table: "contracts", set: "total_contract_value = 1" },
  { table: "contracts", set: "start_date = '2027-01-01'" },
  { table: "contracts", set: "start_date = null" },
  { table: "contracts", set: "fully_signed_date = now()" },
  { table: "contracts", set: "created_at = created_at - interval '1 day'" },
  { table: "contracts", set: "customer_id = null" },
  { table: "contracts", set: "kyc_session_id = null" },
  { table: "contracts", set: "status = 'active', zoho_deal_id = '1', last_synced_at = now()" },
  { table: "business_quotes", set: "company_name = 'Karoo Traders and Sons'" },
  { table: "business_quotes", set: "customer_id = null" },
  { table: "customers", set: "first_name = 'Naledi'" },
  { table: "customers", set: "last_name = 'Dlamini'" },
  { table: "customers", set: "email = 'naledi@example.co.za'" },
  { table: "customers", set: "business_name = null" },
  { table: "kyc_sessions", set: "status = 'declined'" },
  { table: "kyc_sessions", set: "verification_result = 'declined'" },
  { table: "kyc_sessions", set: "verification_result = null" },
  { table: "kyc_sessions", set: "risk_tier = 'high'" },
  { table: "kyc_sessions", set: "completed_at = now()" },
  { table: "rica_submissions", set: "status = 'rejected'" },
];

const UNCHANGED: Edit[] = [
  { table: "contracts", set: "zoho_deal_id = '5000000000001'" },
  { table: "contracts", set: "last_synced_at = now()" },
  { table: "contracts", set: "updated_at = now()" },
  { table: "contracts", set: "zoho_deal_id = '5000000000001', last_synced_at = now(), updated_at = now()" },
  { table: "contracts", set: "status = status, total_contract_value = total_contract_value" },
  { table: "contracts", set: "end_date = '2030-01-01', monthly_recurring = 1, once_off_fee = 2" },
  { table: "business_quotes", set: "company_name = company_name" },
  { table: "business_quotes", set: "status = 'viewed', total_monthly = 1, contact_phone = '0'" },
  { table: "customers", set: "phone = '0', id_number = '8001015009087', tax_number = '1'" },
  { table: "customers", set: "updated_at = now()" },
  { table: "kyc_sessions", set: `extracted_data = '{"id_number": "8001015009087"}'` },
  { table: "kyc_sessions", set: `raw_webhook_payload = '{"id_number": "8001015009087"}'` },
  { table: "kyc_sessions", set: "status = status" },
  { table: "rica_submissions", set: `submitted_data = '{"id_number": "8001015009087"}'` },
  { table: "rica_submissions", set: "icasa_tracking_id = 'ICASA-1', approved_at = now(), iccid = '{1}'" },
];

Deno.test("an edit of any projected column queues the contract", () =>
  withDatabase("plain", async (sql) => {
    const seen: Record<string, string> = {};
    for (const { table, set } of STALE) {
      const { contract } = await insertBusinessAlone(sql);
      await sql.unsafe(`update public.${table} set ${set} where true`);
      const rows = await queueRows(sql);
      seen[`${table}: ${set}`] = rows.map((row) => row.entity_id === contract.id ? row.cause : "another")
        .join();
    }
    const wanted = STALE.map(({ table, set }) => [`${table}: ${set}`, `${table} update`]);
    assertEquals(seen, Object.fromEntries(wanted));
  }));

Deno.test("our own write-backs, edits of other columns and edits without a change queue nothing", () =>
  withDatabase("plain", async (sql) => {
    await insertBusinessAlone(sql);
    const queuedBy: string[] = [];
    for (const { table, set } of UNCHANGED) {
      await sql.unsafe(`update public.${table} set ${set} where true`);
      if ((await queueRows(sql)).length > 0) queuedBy.push(`${table}: ${set}`);
      await emptyQueue(sql);
    }
    assertEquals(queuedBy, []);
  }));

Deno.test("a contract that moves to another quote is queued", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusinessAlone(sql);
    const quote = await insertQuote(sql);
    await sql`update contracts set quote_id = ${quote.id} where id = ${contract.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("customers: an edit enqueues the contracts of their quotes that name no customer", () =>
  withDatabase("plain", async (sql) => {
    const { customer, contract } = await insertBusinessAlone(sql, { contract: { customer_id: null } });
    await sql`update customers set last_name = 'Dlamini' where id = ${customer.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("a deleted customer leaves the contract queued", () =>
  withDatabase("plain", async (sql) => {
    const { customer, contract } = await insertBusinessAlone(sql);
    await sql`delete from customers where id = ${customer.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("an edit of one business does not queue the others", () =>
  withDatabase("plain", async (sql) => {
    const { customer, quote, kyc, rica, contract } = await insertBusinessAlone(sql);
    await insertBusiness(sql);
    await emptyQueue(sql);
    await sql`update customers set last_name = 'Dlamini' where id = ${customer.id}`;
    await sql`update business_quotes set company_name = 'Other' where id = ${quote.id}`;
    await sql`update kyc_sessions set risk_tier = 'high' where id = ${kyc.id}`;
    await sql`update rica_submissions set status = 'rejected' where id = ${rica.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("a new quote, a new customer and a new quote item queue nothing", () =>
  withDatabase("plain", async (sql) => {
    const customer = await insertCustomer(sql);
    await insertQuote(sql, { customer_id: customer.id });
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("a KYC session and a RICA submission without a contract queue nothing and raise no error", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const kyc = await insertKycSession(sql, quote.id, { status: "in_progress" });
    const rica = await insertRicaSubmission(sql, kyc.id, { status: "pending" });
    await sql`update kyc_sessions set status = 'completed' where id = ${kyc.id}`;
    await sql`update rica_submissions set status = 'approved' where id = ${rica.id}`;
    await sql`delete from rica_submissions where id = ${rica.id}`;
    await sql`delete from kyc_sessions where id = ${kyc.id}`;
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("a RICA submission that belongs to a consumer order queues nothing", () =>
  withDatabase("plain", async (sql) => {
    await insertBusinessAlone(sql);
    const rica = await insertRicaSubmission(sql, null, { order_id: crypto.randomUUID() });
    await sql`update rica_submissions set status = 'rejected' where id = ${rica.id}`;
    await sql`delete from rica_submissions where id = ${rica.id}`;
    assertEquals(await queueRows(sql), []);
  }));

async function insertBusinessAlone(sql: postgres.Sql, values?: Parameters<typeof insertBusiness>[1]) {
  await sql`delete from contracts where true`;
  await sql`delete from rica_submissions where true`;
  await sql`delete from business_quotes where true`;
  await sql`delete from customers where true`;
  const business: Business = await insertBusiness(sql, values);
  await emptyQueue(sql);
  return business;
}

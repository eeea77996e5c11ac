import { assertEquals } from "@std/assert";
import { withDatabase } from "../support/database.ts";
import {
  insertBusiness,
  insertContract,
  insertCustomer,
  insertKycSession,
  insertQuote,
  insertRicaSubmission,
} from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, claimOne, done, emptyQueue, settle } from "./steps.ts";

// What a claimed change knows of its contract.

const WORKER = crypto.randomUUID();
const [OLDER, NEWER] = ["2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"];

Deno.test("a contract without customer, KYC and RICA still has its quote's company", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql, { company_name: "  Karoo   TRADERS " });
    const contract = await insertContract(sql, quote.id);
    const { source } = await claimOne(sql, WORKER);
    assertEquals(source?.contract.id, contract.id);
    assertEquals([source?.customer, source?.kyc, source?.rica], [null, null, null]);
    assertEquals(source?.account_key, "company:karoo traders");
  }));

Deno.test("a contract that names no customer has its quote's customer", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql, { contract: { customer_id: null } });
    assertEquals((await claimOne(sql, WORKER)).source?.customer?.id, customer.id);
  }));

Deno.test("a private person without a company has an Account of their own", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql, {
      customer: { business_name: null },
      quote: { company_name: " " },
    });
    assertEquals((await claimOne(sql, WORKER)).source?.account_key, `customer:${customer.id}`);
  }));

Deno.test("a known Account comes with its id, found by the company's normalised name", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql, { quote: { company_name: "Karoo  Traders" } });
    await sql`
      insert into zoho_accounts (account_key, zoho_id, matched_by)
      values ('company:karoo traders', '6000000000001', 'found')`;
    assertEquals((await claimOne(sql, WORKER)).source?.account_id, "6000000000001");
  }));

Deno.test("the session that the contract names counts, even when its quote has a newer one", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql, { kyc: { risk_tier: "low", created_at: OLDER } });
    await insertKycSession(sql, quote.id, { risk_tier: "high", created_at: NEWER });
    assertEquals((await claimOne(sql, WORKER)).source?.kyc?.risk_tier, "low");
  }));

Deno.test("a contract that names no session takes the newest of its quote", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql, {
      kyc: { risk_tier: "low", created_at: NEWER },
      contract: { kyc_session_id: null },
    });
    await insertKycSession(sql, quote.id, { risk_tier: "high", created_at: OLDER });
    assertEquals((await claimOne(sql, WORKER)).source?.kyc?.risk_tier, "low");
  }));

Deno.test("a session without a creation time is older than one with it", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql, {
      kyc: { risk_tier: "low", created_at: OLDER },
      contract: { kyc_session_id: null },
    });
    await sql`alter table kyc_sessions alter created_at drop not null`;
    await insertKycSession(sql, quote.id, { risk_tier: "high", created_at: null });
    assertEquals((await claimOne(sql, WORKER)).source?.kyc?.risk_tier, "low");
  }));

Deno.test("the newest RICA submission counts, whatever its status", () =>
  withDatabase("plain", async (sql) => {
    const { kyc } = await insertBusiness(sql, { rica: { status: "approved", created_at: OLDER } });
    await insertRicaSubmission(sql, kyc.id, { status: "pending", created_at: NEWER });
    assertEquals((await claimOne(sql, WORKER)).source?.rica?.status, "pending");
  }));

Deno.test("a RICA submission of another session of the quote does not count for a contract that names its own", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql, { rica: { status: "approved", created_at: OLDER } });
    const other = await insertKycSession(sql, quote.id);
    await insertRicaSubmission(sql, other.id, { status: "rejected", created_at: NEWER });
    assertEquals((await claimOne(sql, WORKER)).source?.rica?.status, "approved");
  }));

Deno.test("a customer who turns internal_test after the change was queued is marked in the source", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql);
    await fold(sql);
    await sql`update customers set account_type = 'internal_test' where id = ${customer.id}`;
    assertEquals((await claimOne(sql, WORKER)).source?.internal_test, true);
  }));

Deno.test("a change whose contract is gone has no source", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into zoho_sync_queue (entity_type, entity_id, cause) values ('contract', gen_random_uuid(), 'test')`;
    assertEquals((await claimOne(sql, WORKER)).source, null);
  }));

Deno.test("a customer's Contact comes with its snapshot", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [done(change)], links: [contactOf(customer.id, "700")] });
    await sql`update contracts set status = 'active' where true`;
    assertEquals((await claimOne(sql, WORKER)).source?.contact, {
      zoho_id: "700",
      is_unlinked: false,
      snapshot: { Email: "shared@example.co.za" },
    });
  }));

Deno.test("a second customer with the same e-mail has no Contact before one is found or made", () =>
  withDatabase("plain", async (sql) => {
    const first = await insertBusiness(sql, { customer: { email: "shared@example.co.za" } });
    const second = await insertBusiness(sql, { customer: { email: "Shared@Example.co.za" } });
    const { changes } = await claim(sql, { worker: WORKER });
    await settle(sql, {
      worker: WORKER,
      results: changes.map((change) => done(change)),
      links: [contactOf(first.customer.id, "700")],
    });
    await sql`update contracts set status = 'active' where id = ${second.contract.id}`;
    assertEquals((await claimOne(sql, WORKER)).source?.contact, null);
  }));

Deno.test("a Contact that two customers of one batch name goes to one of them", () =>
  withDatabase("plain", async (sql) => {
    const [first, second] = [await insertCustomer(sql), await insertCustomer(sql)];
    await settle(sql, {
      worker: WORKER,
      results: [],
      links: [contactOf(first.id, "700"), contactOf(second.id, "700")],
    });
    assertEquals((await sql`select from zoho_entity_mappings where zoho_type = 'Contacts'`).length, 1);
  }));

Deno.test("a Contact whose customer was deleted may be another customer's", () =>
  withDatabase("plain", async (sql) => {
    const [first, second] = [await insertCustomer(sql), await insertCustomer(sql)];
    await settle(sql, { worker: WORKER, results: [], links: [contactOf(first.id, "700")] });
    await settle(sql, { worker: WORKER, results: [], links: [contactOf(second.id, "700")] });
    const owners = () =>
      sql`select circletel_id, state from zoho_entity_mappings where zoho_type = 'Contacts'`;
    assertEquals((await owners()).map((row) => row.circletel_id), [first.id]);
    await sql`delete from customers where id = ${first.id}`;
    await fold(sql);
    await settle(sql, { worker: WORKER, results: [], links: [contactOf(second.id, "700")] });
    assertEquals((await owners()).map(({ circletel_id, state }) => [circletel_id, state]), [[
      second.id,
      "linked",
    ]]);
  }));

Deno.test("two contracts of one customer in one batch may both report the Contact", () =>
  withDatabase("plain", async (sql) => {
    const customer = await insertCustomer(sql);
    await emptyQueue(sql);
    const link = contactOf(customer.id, "700");
    await settle(sql, { worker: WORKER, results: [], links: [link, link] });
    assertEquals((await sql`select from zoho_entity_mappings where zoho_type = 'Contacts'`).length, 1);
  }));

function contactOf(customerId: string, zohoId: string): Record<string, unknown> {
  return {
    circletel_type: "customer",
    circletel_id: customerId,
    zoho_type: "Contacts",
    zoho_id: zohoId,
    fields: { Email: "shared@example.co.za" },
  };
}

import { assertEquals } from "@std/assert";
import { withDatabase } from "../support/database.ts";
import {
  insertBusiness,
  insertContract,
  insertKycSession,
  insertRicaSubmission,
} from "../support/fixtures.ts";
import { emptyQueue, onlyChange, queueRows } from "./steps.ts";

// Which contracts a KYC session or a RICA submission speaks for: those that name the session, and those of its quote
// that name none.

Deno.test("kyc_sessions: an update or delete enqueues the contract that names the session", () =>
  withDatabase("plain", async (sql) => {
    const { kyc, contract } = await insertBusiness(sql);

    await emptyQueue(sql);
    await sql`update kyc_sessions set status = 'declined' where id = ${kyc.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);

    await emptyQueue(sql);
    await sql`delete from kyc_sessions where id = ${kyc.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("kyc_sessions: a session of the quote enqueues a contract that names none", () =>
  withDatabase("plain", async (sql) => {
    const { quote, contract } = await insertBusiness(sql, { contract: { kyc_session_id: null } });

    await emptyQueue(sql);
    const kyc = await insertKycSession(sql, quote.id, { status: "in_progress" });
    assertEquals((await onlyChange(sql)).entity_id, contract.id);

    await emptyQueue(sql);
    await sql`update kyc_sessions set status = 'completed' where id = ${kyc.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);

    await emptyQueue(sql);
    await sql`delete from kyc_sessions where id = ${kyc.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("kyc_sessions: a second session of the quote does not enqueue a contract that names the first", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql);
    await emptyQueue(sql);
    const second = await insertKycSession(sql, quote.id, { status: "in_progress" });
    const rica = await insertRicaSubmission(sql, second.id, { status: "pending" });
    await sql`update kyc_sessions set status = 'declined' where id = ${second.id}`;
    await sql`update rica_submissions set status = 'rejected' where id = ${rica.id}`;
    await sql`delete from kyc_sessions where id = ${second.id}`;
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("kyc_sessions: moving to another quote enqueues the contracts of both", () =>
  withDatabase("plain", async (sql) => {
    const from = await insertBusiness(sql, { contract: { kyc_session_id: null } });
    const to = await insertBusiness(sql, { contract: { kyc_session_id: null } });
    await emptyQueue(sql);
    await sql`update kyc_sessions set quote_id = ${to.quote.id} where id = ${from.kyc.id}`;
    assertEquals(
      (await queueRows(sql)).map((row) => row.entity_id).sort(),
      [from.contract.id, to.contract.id].sort(),
    );
  }));

Deno.test("kyc_sessions: every contract that names the session is enqueued", () =>
  withDatabase("plain", async (sql) => {
    const { quote, kyc } = await insertBusiness(sql);
    await insertContract(sql, quote.id, { kyc_session_id: kyc.id });
    await insertContract(sql, quote.id);
    await emptyQueue(sql);
    await sql`update kyc_sessions set risk_tier = 'high' where id = ${kyc.id}`;
    assertEquals((await queueRows(sql)).length, 3);
  }));

Deno.test("rica_submissions: insert, update and delete enqueue the contract", () =>
  withDatabase("plain", async (sql) => {
    const { kyc, contract } = await insertBusiness(sql);

    await emptyQueue(sql);
    const rica = await insertRicaSubmission(sql, kyc.id, { status: "pending" });
    assertEquals((await onlyChange(sql)).entity_id, contract.id);

    await emptyQueue(sql);
    await sql`update rica_submissions set status = 'submitted' where id = ${rica.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);

    await emptyQueue(sql);
    await sql`delete from rica_submissions where id = ${rica.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("rica_submissions: a contract that names no session is enqueued by its quote's submission", () =>
  withDatabase("plain", async (sql) => {
    const { kyc, contract } = await insertBusiness(sql, { contract: { kyc_session_id: null } });
    await emptyQueue(sql);
    await insertRicaSubmission(sql, kyc.id, { status: "pending" });
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

Deno.test("rica_submissions: moving to another session enqueues the contracts of both", () =>
  withDatabase("plain", async (sql) => {
    const from = await insertBusiness(sql);
    const to = await insertBusiness(sql);
    await emptyQueue(sql);
    await sql`update rica_submissions set kyc_session_id = ${to.kyc.id} where id = ${from.rica.id}`;
    assertEquals(
      (await queueRows(sql)).map((row) => row.entity_id).sort(),
      [from.contract.id, to.contract.id].sort(),
    );
  }));

Deno.test("rica_submissions: an order's submission enqueues once it gets a session", () =>
  withDatabase("plain", async (sql) => {
    const { kyc, contract } = await insertBusiness(sql);
    const rica = await insertRicaSubmission(sql, null, { order_id: crypto.randomUUID() });
    await emptyQueue(sql);
    await sql`update rica_submissions set kyc_session_id = ${kyc.id} where id = ${rica.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

for (const path of ["contract", "quote"] as const) {
  Deno.test(`an internal_test customer's rows are not queued, known through the ${path}`, () =>
    withDatabase("plain", async (sql) => {
      const { customer, quote, kyc, rica, contract } = await insertBusiness(sql, {
        customer: { account_type: "internal_test" },
        contract: path === "quote" ? { customer_id: null } : {},
        quote: path === "contract" ? { customer_id: null } : {},
      });
      await sql`update contracts set status = 'active' where id = ${contract.id}`;
      await sql`update business_quotes set company_name = 'Other' where id = ${quote.id}`;
      await sql`update customers set last_name = 'Dlamini' where id = ${customer.id}`;
      await sql`update kyc_sessions set risk_tier = 'high' where id = ${kyc.id}`;
      await sql`update rica_submissions set status = 'rejected' where id = ${rica.id}`;
      await sql`select zoho_enqueue('contract', array[${contract.id}]::uuid[])`;
      assertEquals(await queueRows(sql), []);
    }));
}

Deno.test("a customer who stops being internal_test is queued", () =>
  withDatabase("plain", async (sql) => {
    const { customer, contract } = await insertBusiness(sql, { customer: { account_type: "internal_test" } });
    await sql`update customers set account_type = 'business' where id = ${customer.id}`;
    assertEquals((await onlyChange(sql)).entity_id, contract.id);
  }));

import { assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { insertCustomer, insertQuote, type Row } from "../support/fixtures.ts";
import { idOf, pick } from "../support/rows.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import { settled } from "../support/queue.ts";
import {
  addInvoice,
  allTypes,
  quoteFor,
  recordsWith,
  settledEstimate,
  settledInvoice,
  shownLines,
  startAllTypes,
} from "./record_types_steps.ts";
import { fold } from "../support/fold.ts";

// Customers become Contacts and their invoices Invoices; consumers become neither.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startAllTypes();
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

const contactsOf = async (email: unknown) =>
  (await stack.zoho.records("Contacts")).filter((contact) => contact.Email === email);

Deno.test("a business customer is a Contact of three fields, and an edit arrives", async () => {
  const customer = await insertCustomer(stack.sql, { first_name: "Ayanda", last_name: "Zulu" });
  await settled(stack, customer);
  const [contact] = await contactsOf(customer.email);
  assertEquals(pick(contact ?? {}, ["First_Name", "Last_Name", "Phone"]), {
    First_Name: "Ayanda",
    Last_Name: "Zulu",
    Phone: null,
  });
  const mark = await bookmark(stack);
  await stack.sql`update public.customers set last_name = 'Zulu-Nkosi' where id = ${customer.id}`;
  await settled(stack, customer);
  assertEquals(await writesOf(stack, contact?.id ?? "", mark), [{
    Last_Name: "Zulu-Nkosi",
    Full_Name: "Ayanda Zulu-Nkosi",
  }]);
});

Deno.test("an edit of a column that a Contact does not show makes no call", async () => {
  const customer = await insertCustomer(stack.sql);
  await settled(stack, customer);
  const mark = await bookmark(stack);
  await stack.sql`
    update public.customers set phone = '+27 82 111 1111', id_number = '8001015009087' where id = ${customer.id}`;
  await fold(stack.sql);
  const [queued] = await stack
    .sql`select count(*)::int from public.zoho_sync_queue where entity_id = ${customer.id}`;
  assertEquals(queued?.count, 0);
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("an invoice is made, sent, paid and cancelled, and its Invoice follows", async () => {
  const customer = await insertCustomer(stack.sql);
  const invoice = await addInvoice(stack, customer, { status: "draft", total_amount: 1149.5 });
  const made = await settledInvoice(stack, invoice);
  assertEquals(pick(made, ["Subject", "Invoice_Reference", "Invoice_Date", "Due_Date", "Status"]), {
    Subject: `Invoice ${invoice.invoice_number}`,
    Invoice_Reference: invoice.invoice_number,
    Invoice_Date: "2026-11-01",
    Due_Date: "2026-11-30",
    Status: "Created",
  });
  assertEquals(await shownLines(stack, made), [
    { product: "CircleTel services", quantity: 1, price: 1149.5, description: "invoice total" },
  ]);
  const account = await stack.zoho.record("Accounts", idOf(made.Account_Name) ?? "");
  assertEquals(account.Account_Name, customer.business_name);
  for (const [status, shown] of [["sent", "Delivered"], ["paid", "Delivered"], ["cancelled", "Cancelled"]]) {
    await stack.sql`update public.customer_invoices set status = ${status ?? null} where id = ${invoice.id}`;
    assertEquals((await settledInvoice(stack, invoice)).Status, shown);
  }
  await stack.sql`update public.customer_invoices set total_amount = 999 where id = ${invoice.id}`;
  const corrected = await settledInvoice(stack, invoice);
  assertEquals((await shownLines(stack, corrected)).map(({ price }) => price), [999]);
});

Deno.test("an invoice whose create has a lost answer is one Invoice with one row", async () => {
  const customer = await insertCustomer(stack.sql);
  await stack.zoho.addFaults({ kind: "drop_reply", match: { method: "POST", module: "Invoices" }, times: 1 });
  const invoice = await addInvoice(stack, customer);
  assertEquals((await shownLines(stack, await settledInvoice(stack, invoice))).length, 1);
});

Deno.test("an invoice without a number waits until it has one", async () => {
  const customer = await insertCustomer(stack.sql);
  const invoice = await addInvoice(stack, customer, { invoice_number: null });
  const number = `INV-LATE-${crypto.randomUUID().slice(0, 6)}`;
  await stack.sql`update public.customer_invoices set invoice_number = ${number} where id = ${invoice.id}`;
  await settled(stack, invoice);
  assertEquals((await recordsWith(stack, "Invoices", number)).length, 1);
});

Deno.test("consumers, internal_test customers and their invoices are never sent", async () => {
  const mark = await bookmark(stack);
  const staying: Row[] = [];
  for (const account_type of ["personal", "internal_test"]) {
    const customer = await insertCustomer(stack.sql, { account_type });
    staying.push(customer, await addInvoice(stack, customer));
  }
  const ids = staying.map(({ id }) => id);
  await fold(stack.sql);
  const [queued] = await stack
    .sql`select count(*)::int from public.zoho_sync_queue where entity_id = any (${ids})`;
  assertEquals(queued?.count, 0);
  for (const [entity, row] of [["customer", staying[0]], ["invoice", staying[1]]] as const) {
    const { status, body } = await stack.invoke("zoho-sync", { entity, id: row?.id });
    assertEquals(status, 200);
    assertEquals(Object(body).success, false);
    assertMatch(String(Object(body).error), /onsumers/);
  }
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a person who gets a quote is sent to the CRM, with their earlier invoices", async () => {
  const customer = await insertCustomer(stack.sql, { account_type: "personal", business_name: null });
  const invoice = await addInvoice(stack, customer);
  await insertQuote(stack.sql, { customer_id: customer.id, company_name: "Kloof Bakery" });
  const record = await settledInvoice(stack, invoice);
  const account = await stack.zoho.record("Accounts", idOf(record.Account_Name) ?? "");
  assertEquals(account.Account_Name, "Kloof Bakery");
  assertEquals((await contactsOf(customer.email)).length, 1);
});

Deno.test("a customer, their quote and their invoice in one commit share one Contact and one Account", async () => {
  const { quote, customer } = await quoteFor(stack, { quote: { company_name: "Shared Trading 77" } });
  const invoice = await addInvoice(stack, customer);
  await stack.sql`update public.customers set business_name = 'Shared Trading 77' where id = ${customer.id}`;
  const estimate = await settledEstimate(stack, quote);
  const bill = await settledInvoice(stack, invoice);
  assertEquals(idOf(bill.Account_Name), idOf(estimate.Account_Name));
  assertEquals(idOf(bill.Contact_Name), idOf(estimate.Contact_Name));
  assertEquals((await contactsOf(customer.email)).length, 1);
});

Deno.test("a name changed and changed back during a lost answer ends up correct", async () => {
  const customer = await insertCustomer(stack.sql, { first_name: "Before" });
  await settled(stack, customer);
  await stack.zoho.addFaults({ kind: "drop_reply", match: { method: "PUT", module: "Contacts" }, times: 3 });
  await stack.sql`update public.zoho_sync_state set paused_until = now() + interval '1 hour' where id`;
  await stack.sql`update public.customers set first_name = 'Between' where id = ${customer.id}`;
  await stack.sql`update public.zoho_sync_state set paused_until = null where id`;
  await stack.invoke("zoho-sync", { entity: "customer", id: customer.id, options: { maxRetries: 1 } });
  await stack.zoho.clearFaults();
  assertEquals((await contactsOf(customer.email))[0]?.First_Name, "Between");
  await stack.sql`update public.customers set first_name = 'Before' where id = ${customer.id}`;
  await stack.sql`update public.zoho_sync_state set paused_until = null where id`;
  const { body } = await stack.invoke("zoho-sync", { entity: "customer", id: customer.id });
  assertEquals(Object(body).success, true);
  assertEquals((await contactsOf(customer.email))[0]?.First_Name, "Before");
});

Deno.test("a record type that is switched off is not queued, and its queued changes make no call", async () => {
  const customer = await insertCustomer(stack.sql);
  await settled(stack, customer);
  await stack.sql`update public.zoho_sync_state set paused_until = now() + interval '1 hour' where id`;
  await stack.sql`update public.customers set first_name = 'Queued' where id = ${customer.id}`;
  await stack.sql`
    update public.zoho_sync_state set synced_types = '{contract}', paused_until = null where id`;
  try {
    const mark = await bookmark(stack);
    const { quote } = await quoteFor(stack);
    await fold(stack.sql);
    const [queued] = await stack
      .sql`select count(*)::int from public.zoho_sync_queue where entity_id = ${quote.id}`;
    assertEquals(queued?.count, 0);
    await stack.invoke("zoho-sync", { entity: "quote", id: quote.id });
    await settled(stack, customer);
    assertEquals(await zohoCallsSince(stack, mark), []);
  } finally {
    await stack.sql`update public.zoho_sync_state set synced_types = ${allTypes} where id`;
  }
});

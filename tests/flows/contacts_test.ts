import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import type {
  QuestionItem,
  QuestionsAnswer,
  QuestionsAnswered,
} from "../../supabase/functions/_shared/admin/answers.ts";
import { asked, refused } from "../support/admin_calls.ts";
import { insertContract, insertQuote, type Row, type Values } from "../support/fixtures.ts";
import { mappingOf } from "../support/linked.ts";
import { queueRow, settled } from "../support/queue.ts";
import { dumpOf, idOf, pick } from "../support/rows.ts";
import { dealOf, type Sale, sell, sellAll, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { fold } from "../support/fold.ts";
import { addInvoice, allTypes, settledEstimate, settledInvoice } from "./record_types_steps.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";

// Who is whose Contact: one for each customer, known by the customer's id; e-mail only finds one that sales made.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-admin"],
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  await stack.zoho.clearFaults();
  await sync("contract");
});

async function sync(...types: string[]): Promise<void> {
  await stack.sql`update public.zoho_sync_state set synced_types = ${types} where true`;
}

let people = 0;
function address(): string {
  return `person.${++people}@contacts.example`;
}

function customerOf({ customer }: Sale): Row {
  if (customer === null) throw new Error("nobody bought");
  return customer;
}

/** The Contact that a contract's Deal shows. */
async function contactOf(contract: Row): Promise<ZohoRecord> {
  const { Contact_Name: lookup } = await settledDeal(stack, contract);
  return await stack.zoho.record("Contacts", idOf(lookup) ?? "none");
}

async function contactsWith(email: string): Promise<ZohoRecord[]> {
  return (await stack.zoho.records("Contacts")).filter(({ Email }) =>
    String(Email).trim().toLowerCase() === email.trim().toLowerCase()
  );
}

async function change({ id }: Row, values: Values): Promise<void> {
  await stack.sql`update public.customers set ${stack.sql(values)} where id = ${id}`;
  await workedOff();
}

/** Once nothing is queued but dead letters. */
async function workedOff(): Promise<void> {
  await until(async () => {
    await fold(stack.sql);
    const [row] = await stack
      .sql`select exists (select from public.zoho_sync_queue where status <> 'dead') as busy`;
    return row?.busy === false;
  }, { what: "a queue that is worked off" });
}

async function questionOf(customer: Row): Promise<QuestionItem | undefined> {
  const { items } = await asked<QuestionsAnswer>(
    stack,
    `GET /questions?entityType=customer&id=${customer.id}`,
  );
  return items.find(({ kind }) => kind === "contact_match");
}

async function answer(customers: Row[], choice: "link" | "make_new", contactId?: string) {
  const ids = await Promise.all(customers.map(async (customer) => (await questionOf(customer))?.id));
  const answered = await asked<QuestionsAnswered>(stack, "POST /questions/answer", {
    ids,
    choice,
    contactId,
  });
  await workedOff();
  return answered;
}

/** Once the customer's own change has failed for good. */
async function refusedCustomer(customer: Row): Promise<Row> {
  return await until(async () => {
    const row = await queueRow(stack, customer);
    return row?.status === "dead" && row;
  }, { what: "a Contact that is refused" });
}

/** Sold to someone whose e-mail a Contact of another name has. */
async function sharedMailbox(): Promise<{ sale: Sale; customer: Row; receptionId: string }> {
  const email = address();
  const receptionId = await stack.zoho.create("Contacts", { Last_Name: "Reception", Email: email });
  const sale = await sell(stack, { customer: { first_name: "Naledi", last_name: "Mokoena", email } });
  await settled(stack, sale.contract);
  return { sale, customer: customerOf(sale), receptionId };
}

Deno.test("two customers with one e-mail are two Contacts, sold together or one after the other", async () => {
  const email = address();
  const values = (first_name: string, spelling = email) => ({
    customer: { first_name, last_name: "Zulu", email: spelling },
  });
  const [ayanda, bongani] = await sellAll(stack.sql, [
    values("Ayanda"),
    values("Bongani", email.toUpperCase()),
  ]);
  if (!ayanda || !bongani) throw new Error("nothing was sold");
  await settled(stack, [ayanda.contract, bongani.contract]);
  const carla = await sell(stack, values("Carla", ` ${email} `));
  const contacts = await Promise.all([ayanda, bongani, carla].map(({ contract }) => contactOf(contract)));
  assertEquals(contacts.map((contact) => contact.Full_Name), ["Ayanda Zulu", "Bongani Zulu", "Carla Zulu"]);
  assertEquals(
    contacts.map((contact) => contact.Customer_Reference),
    [ayanda, bongani, carla].map((sale) => customerOf(sale).id),
  );

  await change(customerOf(bongani), { last_name: "Ngcobo" });
  await change(customerOf(carla), { email: address() });
  const names = await Promise.all(contacts.map(({ id }) => stack.zoho.record("Contacts", id)));
  assertEquals(names.map((contact) => contact.Full_Name), ["Ayanda Zulu", "Bongani Ngcobo", "Carla Zulu"]);
  assertEquals((await contactsWith(email)).length, 2);
});

Deno.test("an e-mail with spaces and capitals finds the Contact that sales made, and no other is made", async () => {
  const email = address();
  const id = await stack.zoho.create("Contacts", {
    First_Name: "Thandi",
    Last_Name: "Nkosi",
    Email: email,
    Title: "Director",
  });
  const sale = await sell(stack, {
    customer: { first_name: "Thandi ", last_name: "NKOSI", email: `  ${email.toUpperCase()} ` },
  });
  const contact = await contactOf(sale.contract);
  assertEquals(pick(contact, ["id", "Last_Name", "Customer_Reference", "Title"]), {
    id,
    Last_Name: "NKOSI",
    Customer_Reference: customerOf(sale).id,
    Title: "Director",
  });
  assertEquals((await contactsWith(email)).length, 1);
});

Deno.test("a Contact at a shared mailbox is neither renamed nor linked before a person decides", async () => {
  const { sale, customer, receptionId } = await sharedMailbox();
  const deal = await dealOf(stack, sale.contract);
  assertEquals([deal.Contact_Name, deal.KYC_Status], [null, "Completed"], "the Deal does not wait");
  assertEquals((await stack.zoho.record("Contacts", receptionId)).Last_Name, "Reception");
  const { ours, candidates, reason, answers, number } = await questionOf(customer) ?? {};
  assertEquals([ours, reason, answers, number], ["N… M… p…@c…", "name_differs", ["link", "make_new"], null]);
  assertEquals(candidates, [
    { id: receptionId, name: "R…", agrees: ["email"], differs: ["first_name", "last_name"].slice(1) },
  ]);
  const kept = await dumpOf(stack, ["zoho_questions", "zoho_sync_logs", "zoho_sync_queue", "zoho_notices"]);
  for (const secret of ["Naledi", "Mokoena", "Reception", "contacts.example"]) {
    assert(!kept.includes(secret), secret);
  }
});

Deno.test("a new Contact that a person chooses leaves the shared mailbox unchanged, and the Deal gets it", async () => {
  const { sale, customer, receptionId } = await sharedMailbox();
  assertEquals((await answer([customer], "make_new")).answered, 1);
  const contact = await contactOf(sale.contract);
  assertNotEquals(contact.id, receptionId);
  assertEquals(pick(contact, ["Full_Name", "Customer_Reference"]), {
    Full_Name: "Naledi Mokoena",
    Customer_Reference: customer.id,
  });
  assertEquals((await stack.zoho.record("Contacts", receptionId)).Last_Name, "Reception");
  assertEquals(await questionOf(customer), undefined);
});

Deno.test("a Contact that a person links gets the customer's name, reference and Deal", async () => {
  const { sale, customer, receptionId } = await sharedMailbox();
  await answer([customer], "link");
  const contact = await contactOf(sale.contract);
  assertEquals(pick(contact, ["id", "Full_Name", "Customer_Reference"]), {
    id: receptionId,
    Full_Name: "Naledi Mokoena",
    Customer_Reference: customer.id,
  });
  const [question] = await stack.sql`
    select closed_because, chosen_id from public.zoho_questions where entity_id = ${customer.id}`;
  assertEquals(question, { closed_because: "answered", chosen_id: receptionId });
});

Deno.test("an answer does nothing to a Contact renamed since it was shown: a new question is raised", async () => {
  const { customer, receptionId } = await sharedMailbox();
  const first = await questionOf(customer);
  await stack.zoho.edit("Contacts", receptionId, { Last_Name: "Sales" });
  await answer([customer], "link");
  const again = await questionOf(customer);
  assertNotEquals(again?.id, first?.id);
  assertEquals([again?.candidates[0]?.name, again?.answer], ["S…", null]);
  assertEquals((await stack.zoho.record("Contacts", receptionId)).Last_Name, "Sales");
});

Deno.test("a question about a Contact is closed once the e-mail is corrected", async () => {
  const { sale, customer, receptionId } = await sharedMailbox();
  await change(customer, { email: address() });
  assertEquals(await questionOf(customer), undefined);
  assertNotEquals((await contactOf(sale.contract)).id, receptionId);
});

Deno.test("a bulk answer takes many Contact questions; where several Contacts are shown one must be chosen", async () => {
  const first = await sharedMailbox();
  const second = await sharedMailbox();
  assertEquals((await answer([first.customer, second.customer], "link")).answered, 2);
  assertEquals((await contactOf(first.sale.contract)).id, first.receptionId);
  assertEquals((await contactOf(second.sale.contract)).id, second.receptionId);

  const email = address();
  const ids = await stack.zoho.bulkCreate("Contacts", [
    { First_Name: "Zodwa", Last_Name: "Dube", Email: email },
    { First_Name: "Zodwa", Last_Name: "Dube", Email: email },
  ]);
  const sale = await sell(stack, { customer: { first_name: "Zodwa", last_name: "Dube", email } });
  await settled(stack, sale.contract);
  const question = await questionOf(customerOf(sale));
  assertEquals([question?.reason, question?.candidates.map(({ id }) => id)], ["several_contacts", ids]);
  for (const contactId of [undefined, "4876876000009999999"]) {
    const body = { ids: [question?.id], choice: "link", contactId };
    assertEquals((await refused(stack, "POST /questions/answer", body)).field, "contactId");
  }
  await answer([customerOf(sale)], "link", ids[1]);
  assertEquals((await contactOf(sale.contract)).id, ids[1]);
});

Deno.test("a customer whose namesake of the same e-mail is deleted is still written", async () => {
  const email = address();
  const [owner, survivor] = await sellAll(stack.sql, [
    { customer: { first_name: "Ayanda", email } },
    { customer: { first_name: "Bongani", email } },
  ]);
  if (!owner || !survivor) throw new Error("nothing was sold");
  const contact = await contactOf(survivor.contract);
  await settled(stack, owner.contract);
  await stack.sql`delete from public.customers where id = ${customerOf(owner).id}`;
  await change(customerOf(survivor), { last_name: "Survivor" });
  assertEquals((await stack.zoho.record("Contacts", contact.id)).Full_Name, "Bongani Survivor");
});

Deno.test("a customer entered again raises a question, and takes over the Contact of the deleted one", async () => {
  const email = address();
  const before = await sell(stack, { customer: { first_name: "Lindiwe", last_name: "Sithole", email } });
  const contact = await contactOf(before.contract);
  await stack.sql`delete from public.customers where id = ${customerOf(before).id}`;
  await workedOff();
  const after = await sell(stack, { customer: { first_name: "Lindiwe", last_name: "Sithole", email } });
  await settled(stack, after.contract);
  assertEquals((await questionOf(customerOf(after)))?.reason, "other_reference");
  await answer([customerOf(after)], "link");
  const now = await contactOf(after.contract);
  assertEquals([now.id, now.Customer_Reference], [contact.id, customerOf(after).id]);
  assertEquals((await mappingOf(stack, customerOf(after))).zoho_id, contact.id);
});

Deno.test("duplicate customers merged in CircleTel: their sales move to the survivor's Contact", async () => {
  const email = address();
  const [kept, double] = await sellAll(stack.sql, [{ customer: { email } }, { customer: { email } }]);
  if (!kept || !double) throw new Error("nothing was sold");
  await settled(stack, [kept.contract, double.contract]);
  const contact = await contactOf(kept.contract);
  await stack.sql.begin(async (sql) => {
    const [from, to] = [customerOf(double).id, customerOf(kept).id];
    await sql`update public.contracts set customer_id = ${to} where customer_id = ${from}`;
    await sql`update public.business_quotes set customer_id = ${to} where customer_id = ${from}`;
    await sql`delete from public.customers where id = ${from}`;
  });
  await workedOff();
  assertEquals((await contactOf(double.contract)).id, contact.id);
});

Deno.test("a Contact that sales merged into their own is followed by its reference", async () => {
  const sale = await sell(stack);
  const { id } = await contactOf(sale.contract);
  const master = await stack.zoho.create("Contacts", { Last_Name: "Nkosi", Email: address() });
  await stack.zoho.merge("Contacts", master, [id]);
  await change(customerOf(sale), { first_name: "Naledi" });
  await settled(stack, sale.contract);
  const contact = await contactOf(sale.contract);
  assertEquals([contact.id, contact.First_Name, contact.Email], [master, "Naledi", customerOf(sale).email]);
});

Deno.test("a Contact whose create has a lost answer is found by its reference, whatever its name and e-mail", async () => {
  await stack.zoho.addFaults({ kind: "drop_reply", match: { method: "POST", path: "/Contacts" }, times: 3 });
  const sale = await sell(stack, { customer: { first_name: "Before", email: address() } });
  const customer = customerOf(sale);
  const reference = async () =>
    (await stack.zoho.records("Contacts")).filter((each) => each.Customer_Reference === customer.id);
  await until(async () => (await reference()).length > 0, { what: "a Contact in Zoho" });
  const email = address();
  await stack
    .sql`update public.customers set first_name = 'After', email = ${email} where id = ${customer.id}`;
  await stack.zoho.clearFaults();
  await stack.sql`update public.zoho_sync_state set paused_until = null where id`;
  await stack.invoke("zoho-sync", {});
  const contact = await contactOf(sale.contract);
  assertEquals([contact.First_Name, contact.Email], ["After", email]);
  assertEquals((await reference()).length, 1);
});

Deno.test("a customer without an e-mail has one Contact, even after a create with a lost answer", async () => {
  await stack.zoho.addFaults({ kind: "drop_reply", match: { method: "POST", path: "/Contacts" }, times: 1 });
  const sale = await sell(stack, { customer: { email: " " } });
  const contact = await contactOf(sale.contract);
  assertEquals([contact.Email, contact.Customer_Reference], [null, customerOf(sale).id]);
  const same = (await stack.zoho.records("Contacts")).filter((each) =>
    each.Customer_Reference === customerOf(sale).id
  );
  assertEquals(same.length, 1);
});

Deno.test("a reference held by another customer's Contact is never written there", async () => {
  const other = await sell(stack);
  const theirs = await contactOf(other.contract);
  const sale = await sell(stack);
  await stack.zoho.delete("Contacts", (await contactOf(sale.contract)).id);
  await stack.zoho.edit("Contacts", theirs.id, { Customer_Reference: customerOf(sale).id });
  const mark = await bookmark(stack);
  await change(customerOf(sale), { first_name: "New" });
  assertEquals(await writesOf(stack, theirs.id, mark), []);
  assertEquals((await queueRow(stack, sale.contract))?.error_code, "RECORD_TAKEN");
});

Deno.test("a Contact that Zoho refuses blocks no Deal, Estimate or Invoice; they get it once it is fixed", async () => {
  await sync(...allTypes);
  await stack.zoho.addFaults({
    match: { method: "POST", path: "/Contacts" },
    kind: "record_error",
    code: "INVALID_DATA",
    at: "Email",
  });
  const sale = await sell(stack);
  const { contract, quote } = sale;
  const customer = customerOf(sale);
  const invoice = await addInvoice(stack, customer);
  const records = async () => [
    await settledDeal(stack, contract),
    await settledEstimate(stack, quote),
    await settledInvoice(stack, invoice),
  ];
  assertEquals((await records()).map(({ Contact_Name }) => Contact_Name), [null, null, null]);
  assertEquals(pick(await refusedCustomer(customer), ["error_code", "error_field"]), {
    error_code: "INVALID_DATA",
    error_field: "Email",
  });

  // Its records do not try what is known to fail.
  const mark = await bookmark(stack);
  await stack.sql`update public.contracts set total_contract_value = 77 where id = ${contract.id}`;
  assertEquals((await settledDeal(stack, contract)).Amount, 77);
  assertEquals(await zohoCallsSince(stack, mark), ["PUT /Deals"]);

  await stack.zoho.clearFaults();
  await asked(stack, "POST /retry", { entities: [{ type: "customer", id: customer.id }] });
  await workedOff();
  const [contact, ...others] = (await stack.zoho.records("Contacts")).filter((each) =>
    each.Customer_Reference === customer.id
  );
  assertEquals(others, []);
  for (const record of await records()) assertEquals(idOf(record.Contact_Name), contact?.id);
});

Deno.test("a Contact whose update Zoho refuses stays linked to the Deal, which is written", async () => {
  await sync(...allTypes);
  const sale = await sell(stack);
  const contact = await contactOf(sale.contract);
  await stack.zoho.addFaults({
    match: { method: "PUT", path: "/Contacts" },
    kind: "record_error",
    code: "INVALID_DATA",
    at: "Email",
  });
  await stack.sql.begin(async (sql) => {
    await sql`update public.customers set email = ${address()} where id = ${customerOf(sale).id}`;
    await sql`update public.contracts set total_contract_value = 88 where id = ${sale.contract.id}`;
  });
  await refusedCustomer(customerOf(sale));
  const deal = await settledDeal(stack, sale.contract);
  assertEquals([deal.Amount, idOf(deal.Contact_Name)], [88, contact.id]);
});

Deno.test("a second contract of a customer makes no second Contact", async () => {
  const sale = await sell(stack);
  const { id } = await contactOf(sale.contract);
  const quote = await insertQuote(stack.sql, { customer_id: customerOf(sale).id });
  const contract = await insertContract(stack.sql, quote.id, { customer_id: customerOf(sale).id });
  assertEquals((await contactOf(contract)).id, id);
});

const partings: { title: string; part: (customer: Row) => Promise<unknown> }[] = [
  {
    title: "a Contact that an operator unlinked",
    part: ({ id }) => stack.sql`select public.zoho_unlink_record('customer', ${String(id)})`,
  },
  {
    title: "the Contact of a person who was erased",
    part: ({ id }) => stack.sql`select public.zoho_erase_person(${String(id)}, 'an admin')`,
  },
];
for (const { title, part } of partings) {
  Deno.test(`${title} is not written again, whatever changes, and its records still point to it`, async () => {
    await sync("contract", "customer");
    const email = address();
    const sale = await sell(stack, { customer: { email } });
    const customer = customerOf(sale);
    const contact = await contactOf(sale.contract);
    await workedOff();
    await part(customer);
    const held = await mappingOf(stack, customer);

    const mark = await bookmark(stack);
    await change(customer, { email: address(), last_name: "Another" });
    await stack.sql`update public.contracts set total_contract_value = 7 where id = ${sale.contract.id}`;
    await asked(stack, "POST /force-sync", { entityType: "customer", id: customer.id });
    await stack.sql`select public.zoho_enqueue('customer', array[${
      String(customer.id)
    }::uuid], p_look => true)`;
    await stack.sql`select public.zoho_ring()`;
    await workedOff();

    assertEquals((await zohoCallsSince(stack, mark)).filter((call) => call.includes("/Contacts")), []);
    assertEquals(await mappingOf(stack, customer), held);
    const { Amount, Contact_Name } = await dealOf(stack, sale.contract);
    assertEquals([Amount, idOf(Contact_Name)], [7, contact.id]);
    assertEquals((await stack.zoho.record("Contacts", contact.id)).Email, email);
  });
}

Deno.test("a Contact that is deleted in Zoho after its person was erased is not made again, and the Deal goes without", async () => {
  await sync("contract", "customer");
  const sale = await sell(stack);
  const customer = customerOf(sale);
  const contact = await contactOf(sale.contract);
  await workedOff();
  await stack.sql`select public.zoho_erase_person(${String(customer.id)}, 'an admin')`;
  await stack.zoho.delete("Contacts", contact.id);

  const mark = await bookmark(stack);
  await stack.sql`update public.contracts set total_contract_value = 8 where id = ${sale.contract.id}`;
  await stack.sql`select public.zoho_enqueue('contract', array[${
    String(sale.contract.id)
  }::uuid], p_look => true)`;
  await stack.sql`select public.zoho_ring()`;
  await workedOff();

  const made = (await zohoCallsSince(stack, mark)).filter((call) => /(POST|PUT).*\/Contacts/.test(call));
  assertEquals(made, []);
  const { Amount, Contact_Name } = await dealOf(stack, sale.contract);
  assertEquals([Amount, Contact_Name], [8, null]);
});

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertContract, insertRicaSubmission } from "../support/fixtures.ts";
import { dealOf, dealsOf, type Sale, type SaleValues, sell, sellAll, settledDeal } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";
import { idOf, pick } from "../support/rows.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import { settled } from "../support/queue.ts";

// What each row of the mapping table makes of database rows, read from the Deal as Zoho holds it.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, cron: false, net: quickNet });
});
Deno.test.afterAll(() => stack.stop());

interface Row {
  title: string;
  sale: SaleValues;
  deal: Record<string, unknown>;
}

const lateEvening = "2026-11-20T22:30:00Z";

const kyc = (title: string, session: SaleValues["kyc"], deal: Record<string, unknown>): Row => ({
  title: `KYC: ${title}`,
  sale: { kyc: session },
  deal,
});

const mapping: Row[] = [
  kyc("no session is Not Started, and nothing else is made up", null, {
    KYC_Status: "Not Started",
    KYC_Verified_Date: null,
    Risk_Tier: null,
    RICA_Status: null,
  }),
  ...["not_started", "abandoned"].map((status) =>
    kyc(`${status} is Not Started, whatever its result says`, { status }, {
      KYC_Status: "Not Started",
      KYC_Verified_Date: null,
    })
  ),
  kyc("in_progress is In Progress", { status: "in_progress", verification_result: null }, {
    KYC_Status: "In Progress",
    KYC_Verified_Date: null,
  }),
  kyc("in_progress is never Completed, even with an approved result", { status: "in_progress" }, {
    KYC_Status: "In Progress",
    KYC_Verified_Date: null,
  }),
  kyc("completed but in review is In Progress", { verification_result: "pending_review" }, {
    KYC_Status: "In Progress",
    KYC_Verified_Date: null,
  }),
  kyc("completed and approved is Completed on its day", {}, {
    KYC_Status: "Completed",
    KYC_Verified_Date: "2026-11-20",
  }),
  kyc("completed without a result is Completed", { verification_result: null }, { KYC_Status: "Completed" }),
  kyc("completed late in the evening is verified on the next day in Johannesburg", {
    completed_at: lateEvening,
  }, { KYC_Verified_Date: "2026-11-21" }),
  kyc("completed without a time has no date", { completed_at: null }, {
    KYC_Status: "Completed",
    KYC_Verified_Date: null,
  }),
  kyc("declined is Declined", { status: "declined", verification_result: null }, {
    KYC_Status: "Declined",
    KYC_Verified_Date: null,
  }),
  kyc("completed with declined is Declined and has no date", { verification_result: "declined" }, {
    KYC_Status: "Declined",
    KYC_Verified_Date: null,
  }),
  ...Object.entries({ low: "Low", medium: "Medium", high: "High" }).map(([risk_tier, Risk_Tier]) =>
    kyc(`risk ${risk_tier} is ${Risk_Tier}`, { risk_tier }, { Risk_Tier })
  ),
  kyc("no risk tier is an empty one, never a guess", { risk_tier: null }, { Risk_Tier: null }),
  ...Object.entries({
    pending: "Pending",
    submitted: "Submitted",
    approved: "Approved",
    rejected: "Rejected",
  })
    .map(([status, RICA_Status]) => ({
      title: `RICA: ${status} is ${RICA_Status}`,
      sale: { rica: { status } },
      deal: { RICA_Status },
    })),
  { title: "RICA: no submission is empty", sale: { rica: null }, deal: { RICA_Status: null } },
  {
    title: "contract: number, name, type and amount",
    sale: { contract: { contract_number: "CT-2026-900", total_contract_value: 49476.55 } },
    deal: {
      Contract_Number: "CT-2026-900",
      Deal_Name: "Contract CT-2026-900",
      Type: "New Business",
      Amount: 49476.55,
    },
  },
  {
    title: "contract: signed late in the evening is signed, and closes, on the next day in Johannesburg",
    sale: { contract: { status: "fully_signed", fully_signed_date: lateEvening } },
    deal: { Contract_Signed_Date: "2026-11-21", Closing_Date: "2026-11-21" },
  },
  {
    title: "contract: unsigned, it closes on its start date",
    sale: {},
    deal: { Contract_Signed_Date: null, Closing_Date: "2026-12-01" },
  },
  {
    title: "contract: with neither, it closes thirty days after it was made",
    sale: { contract: { start_date: null, created_at: "2026-01-15T23:00:00Z" } },
    deal: { Closing_Date: "2026-02-15" },
  },
  ...Object.entries({
    draft: "Proposal/Price Quote",
    pending_signature: "Negotiation/Review",
    partially_signed: "Negotiation/Review",
    fully_signed: "Closed Won",
    active: "Closed Won",
    terminated: "Closed Lost",
  }).map(([status, Stage]) => ({
    title: `stage: ${status} is ${Stage}`,
    sale: { contract: { status } },
    deal: { Stage },
  })),
  {
    title: "stage: expired but once signed was won",
    sale: { contract: { status: "expired", fully_signed_date: lateEvening } },
    deal: { Stage: "Closed Won" },
  },
  {
    title: "stage: expired and never signed was lost",
    sale: { contract: { status: "expired" } },
    deal: { Stage: "Closed Lost" },
  },
];

Deno.test("each row of the mapping table is what the Deal holds", async (t) => {
  const sales = await sellAll(stack.sql, mapping.map(({ sale }) => sale));
  await settled(stack, sales.map(({ contract }) => contract));
  for (const [index, { title, deal }] of mapping.entries()) {
    await t.step(title, async () => {
      const held = await dealOf(stack, saleAt(sales, index).contract);
      assertEquals(pick(held, Object.keys(deal)), deal);
    });
  }
});

Deno.test("the newest RICA submission counts, whichever was written last", async () => {
  const { contract, kyc } = await sell(stack, { rica: { created_at: "2026-11-20T10:00:00Z" } });
  await insertRicaSubmission(stack.sql, kyc?.id ?? null, {
    status: "rejected",
    created_at: "2026-11-19T10:00:00Z",
  });
  assertEquals((await settledDeal(stack, contract)).RICA_Status, "Approved");
  await insertRicaSubmission(stack.sql, kyc?.id ?? null, {
    status: "submitted",
    created_at: "2026-11-21T10:00:00Z",
  });
  assertEquals((await settledDeal(stack, contract)).RICA_Status, "Submitted");
});

Deno.test("a contract that names a KYC session is judged by it, one that names none by its quote's newest", async () => {
  const { sql } = stack;
  const { contract, quote } = await sell(stack, { kyc: { created_at: "2026-11-19T10:00:00Z" } });
  const unnamed = await sql.begin(async (tx) => {
    await tx`
      insert into public.kyc_sessions (quote_id, didit_session_id, status, created_at)
      values (${quote.id}, ${crypto.randomUUID()}, 'in_progress', '2026-11-20T10:00:00Z')
    `;
    return await insertContract(tx, quote.id);
  });
  assertEquals((await settledDeal(stack, contract)).KYC_Status, "Completed");
  assertEquals((await settledDeal(stack, unnamed)).KYC_Status, "In Progress");
});

const someone = { first_name: "Lerato", last_name: "Dube", email: "lerato.dube@example.co.za" };
const buyers: { title: string; sale: SaleValues; account: string; contact: string | null }[] = [
  {
    title: "without a customer the quote's company buys, and there is no contact",
    sale: { customer: null, quote: { company_name: "Drakensberg Lodges" } },
    account: "Drakensberg Lodges",
    contact: null,
  },
  {
    title: "the quote's customer is used for a contract that names none",
    sale: {
      customer: { ...someone },
      contract: { customer_id: null },
      quote: { company_name: "Dube Bakery" },
    },
    account: "Dube Bakery",
    contact: "lerato.dube@example.co.za",
  },
  {
    title: "a quote with an empty company is the customer's business's",
    sale: { customer: { business_name: "Limpopo Citrus" }, quote: { company_name: " " } },
    account: "Limpopo Citrus",
    contact: null,
  },
  {
    title: "without any company the person buys",
    sale: {
      customer: {
        first_name: "Pieter",
        last_name: "van Wyk",
        business_name: null,
        email: "pieter@example.co.za",
      },
      quote: { company_name: "" },
    },
    account: "Pieter van Wyk",
    contact: "pieter@example.co.za",
  },
];

Deno.test("the buyer is the quote's company, else the customer's, else the person", async (t) => {
  const sales = await sellAll(stack.sql, buyers.map(({ sale }) => sale));
  await settled(stack, sales.map(({ contract }) => contract));
  for (const [index, { title, sale, account, contact }] of buyers.entries()) {
    await t.step(title, async () => {
      const deal = await dealOf(stack, saleAt(sales, index).contract);
      assertEquals(await nameOf("Accounts", deal.Account_Name), account);
      if (sale.customer === null) assertEquals(deal.Contact_Name, null);
      else if (contact !== null) assertEquals(await emailOf(deal.Contact_Name), contact);
    });
  }
});

const companies = [
  "Karoo Steel Works",
  "O'Brien & Sons (Pty) Ltd",
  "Smith, Jones (Cape), Inc.",
  "Müller Bürobedarf – Süd",
  "Back\\slash Trading",
  'The "Quoted" Company',
  "%Percent_and_Co",
  "東京貿易 (Pty) Ltd",
];

Deno.test("a company that sales already made is used, however its name is cased or spelt, and never doubled", async () => {
  const { zoho, sql } = stack;
  const ids = await zoho.bulkCreate("Accounts", [
    ...companies.map((name) => ({ Account_Name: name.toLocaleUpperCase("en") })),
    // Names that contain ours are other companies.
    ...companies.map((name) => ({ Account_Name: `${name} Holdings` })),
  ]);
  const before = (await zoho.records("Accounts")).length;
  const sales = await sellAll(sql, companies.map((company_name) => ({ quote: { company_name } })));
  await settled(stack, sales.map(({ contract }) => contract));
  for (const [index, company] of companies.entries()) {
    const deal = await dealOf(stack, saleAt(sales, index).contract);
    assertEquals(idOf(deal.Account_Name), ids[index], company);
  }
  assertEquals((await zoho.records("Accounts")).length, before);
});

Deno.test("a new company is made once for all its contracts, letter by letter as CircleTel writes it", async () => {
  const names = companies.map((name) => `${name} 2`);
  const first = await sellAll(stack.sql, names.map((company_name) => ({ quote: { company_name } })));
  await settled(stack, first.map(({ contract }) => contract));
  const again = names.map((name) => ({ quote: { company_name: `  ${name.toLocaleLowerCase("en")}` } }));
  const second = await sellAll(stack.sql, again);
  await settled(stack, second.map(({ contract }) => contract));
  const accounts = await stack.zoho.records("Accounts");
  for (const [index, name] of names.entries()) {
    const same = accounts.filter(({ Account_Name }) =>
      String(Account_Name).toLowerCase() === name.toLowerCase()
    );
    assertEquals(same.map(({ Account_Name }) => Account_Name), [name]);
    for (const sales of [first, second]) {
      const deal = await dealOf(stack, saleAt(sales, index).contract);
      assertEquals(idOf(deal.Account_Name), same[0]?.id);
    }
  }
});

Deno.test("a Contact holds first name, last name, e-mail and id of ours, and nothing else", async () => {
  const { contract } = await sell(stack, {
    customer: {
      first_name: "Nomvula",
      last_name: "Khumalo",
      email: "nomvula@example.co.za",
      phone: "+27 83 555 0199",
      id_number: "8001015009087",
      tax_number: "9012345678",
      business_registration: "2020/123456/07",
    },
  });
  const deal = await settledDeal(stack, contract);
  const contact = await stack.zoho.record("Contacts", idOf(deal.Contact_Name) ?? "");
  const blank = await stack.zoho.record(
    "Contacts",
    await stack.zoho.create("Contacts", { Last_Name: "Blank" }),
  );
  const filled = Object.keys(contact).filter((name) => contact[name] !== blank[name] && blank[name] === null);
  assertEquals(filled.sort(), ["Customer_Reference", "Email", "First_Name"]);
  assertEquals(pick(contact, ["First_Name", "Last_Name", "Email"]), {
    First_Name: "Nomvula",
    Last_Name: "Khumalo",
    Email: "nomvula@example.co.za",
  });
});

Deno.test("a customer's new name and e-mail reach the same Contact", async () => {
  const { contract, customer } = await sell(stack);
  const before = idOf((await settledDeal(stack, contract)).Contact_Name) ?? "";
  await stack.sql`
    update public.customers set last_name = 'Married', email = 'married@example.co.za' where id = ${
    customer?.id ?? null
  }
  `;
  assertEquals(idOf((await settledDeal(stack, contract)).Contact_Name), before);
  const contact = await stack.zoho.record("Contacts", before);
  assertEquals(pick(contact, ["Last_Name", "Email"]), {
    Last_Name: "Married",
    Email: "married@example.co.za",
  });
});

Deno.test("names longer than Zoho's fields do not block a contract", async () => {
  const { contract } = await sell(stack, {
    customer: { first_name: "Wilhelmina".repeat(7), last_name: "Achterberg".repeat(10) },
    quote: { company_name: `${"Long ".repeat(43)}Trading` },
  });
  const deal = await settledDeal(stack, contract);
  assertNotEquals(idOf(deal.Account_Name), null);
  assertNotEquals(idOf(deal.Contact_Name), null);
});

Deno.test("a Deal that a seller made with our Contract_Number is linked, not doubled", async () => {
  const { zoho, sql } = stack;
  const id = await zoho.create("Deals", {
    Deal_Name: "Karoo fibre, from Sipho",
    Stage: "Qualification",
    Contract_Number: "CT-2026-901",
    Next_Step: "Call on Monday",
  });
  const { contract } = await sell(stack, {
    contract: { contract_number: "CT-2026-901", status: "active" },
  });
  const deal = await settledDeal(stack, contract);
  assertEquals(deal.id, id);
  assertEquals(pick(deal, ["Stage", "KYC_Status", "Next_Step"]), {
    Stage: "Closed Won",
    KYC_Status: "Completed",
    // What is not ours stays.
    Next_Step: "Call on Monday",
  });
  const [row] =
    await sql`select zoho_deal_id, last_synced_at from public.contracts where id = ${contract.id}`;
  assertEquals(row?.zoho_deal_id, id);
  assert(row?.last_synced_at);
});

Deno.test("two contracts of one company are two Deals, although Zoho knows Deals by their names", async () => {
  const sales = await sellAll(stack.sql, [
    { quote: { company_name: "Twice Sold" } },
    { quote: { company_name: "Twice Sold" } },
  ]);
  await settled(stack, sales.map(({ contract }) => contract));
  for (const { contract } of sales) assertEquals((await dealsOf(stack, contract)).length, 1);
});

Deno.test("a seller's move of a draft to Negotiation is kept", async () => {
  const { sql, zoho } = stack;
  const { contract } = await sell(stack);
  const { id, Stage } = await settledDeal(stack, contract);
  assertEquals(Stage, "Proposal/Price Quote");
  await zoho.edit("Deals", id, { Stage: "Negotiation/Review" });
  // What the inward path stores when it hears of it.
  await sql`
    update public.zoho_entity_mappings set snapshot = snapshot || '{"Stage": "Negotiation/Review"}'
    where circletel_id = ${contract.id}
  `;
  await sql`update public.contracts set total_contract_value = 50000 where id = ${contract.id}`;
  const deal = await settledDeal(stack, contract);
  assertEquals([deal.Stage, deal.Amount], ["Negotiation/Review", 50000]);
});

Deno.test("the stage is written when the status asks for another one, and at no other time", async () => {
  const { sql } = stack;
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  const life = [
    { status: "pending_signature", writes: ["Negotiation/Review"] },
    { status: "partially_signed", writes: [] },
    { status: "fully_signed", writes: ["Closed Won"] },
    { status: "active", writes: [] },
    { status: "expired", writes: [] },
    { status: "terminated", writes: ["Closed Lost"] },
  ];
  for (const { status, writes } of life) {
    // A stage is written when the Deal has rested for a second.
    await stack.zoho.advanceClock(3_000);
    const mark = await bookmark(stack);
    await sql`update public.contracts set status = ${status} where id = ${contract.id}`;
    await settled(stack, contract);
    const stages = (await writesOf(stack, id, mark)).map(({ Stage }) => Stage).filter((stage) => stage);
    assertEquals([status, stages], [status, writes]);
    // A status is compared with the stage as it is; where they agree that is all.
    if (writes.length === 0) assertEquals(await zohoCallsSince(stack, mark), ["GET /Deals"]);
  }
});

Deno.test("a restarted KYC session empties the values of the previous one", async () => {
  const { contract, kyc } = await sell(stack);
  await settled(stack, contract);
  await stack.sql`
    update public.kyc_sessions
    set status = 'in_progress', verification_result = null, risk_tier = null, completed_at = null
    where id = ${kyc?.id ?? null}
  `;
  const deal = await settledDeal(stack, contract);
  assertEquals(pick(deal, ["KYC_Status", "KYC_Verified_Date", "Risk_Tier"]), {
    KYC_Status: "In Progress",
    KYC_Verified_Date: null,
    Risk_Tier: null,
  });
});

function saleAt(sales: Sale[], index: number): Sale {
  const sale = sales[index];
  if (!sale) throw new Error(`there is no sale ${index}`);
  return sale;
}

async function nameOf(module: "Accounts", lookup: unknown): Promise<unknown> {
  return (await stack.zoho.record(module, idOf(lookup) ?? "")).Account_Name;
}

async function emailOf(lookup: unknown): Promise<unknown> {
  return (await stack.zoho.record("Contacts", idOf(lookup) ?? "")).Email;
}

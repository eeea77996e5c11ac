import { assert, assertEquals } from "@std/assert";
import { normaliseRegistrationNumber } from "../../supabase/functions/_shared/mapping/company_numbers.ts";
import { withDatabase } from "../support/database.ts";
import { insertCustomer, insertQuote } from "../support/fixtures.ts";
import { remember, unknown } from "./companies.ts";

// What the database knows of companies without an Account.

const numbers = (registration_number: string | null, vat_number: string | null = null) => ({
  registration_number,
  vat_number,
});

Deno.test("a company's numbers are those of its quotes and of the customers whose business it is, however they are spaced", () =>
  withDatabase("plain", async (sql) => {
    await insertQuote(sql, {
      company_name: "  Naledi   LOGISTICS ",
      ...numbers("2015/123456/07", "4123456789"),
    });
    await insertQuote(sql, { company_name: "Naledi Logistics", ...numbers("2015/123456/07") });
    await insertQuote(sql, { company_name: "Naledi Logistics Trust", ...numbers("IT 1/2020") });
    await insertCustomer(sql, {
      business_name: "naledi logistics",
      business_registration: "K2015123456",
      tax_number: "4987654321",
    });
    const { companies } = await unknown(sql, {
      "company:naledi logistics": "naledi logistics",
      "customer:x": null,
    });
    assertEquals(companies.toSorted((a, b) => a.account_key < b.account_key ? -1 : 1), [
      {
        account_key: "company:naledi logistics",
        registrations: ["2015/123456/07", "K2015123456"],
        vats: ["4123456789", "4987654321"],
        declined: [],
        asked: false,
      },
      { account_key: "customer:x", registrations: [], vats: [], declined: [], asked: false },
    ]);
  }));

const spellings = [
  ["2015/123456/07", "201512345607"],
  ["2015/123456/07", "K2015123456"],
  ["K2015/123456/07", "2015 / 123456 / 07"],
  ["CK98/12345/23", "1998/012345/23"],
  ["1998/012345/23", "CK 98/12345/23"],
  ["CK1998/012345", "199801234523"],
];

for (const [ours = "", theirs = ""] of spellings) {
  Deno.test(`a company whose number is typed ${ours} finds the one whose number is typed ${theirs}`, () =>
    withDatabase("plain", async (sql) => {
      assertEquals(normaliseRegistrationNumber(ours), normaliseRegistrationNumber(theirs));
      await insertQuote(sql, { company_name: "Kalahari Wireless", ...numbers(ours) });
      await insertCustomer(sql, { business_name: "Green Kalahari", business_registration: theirs });
      await remember(sql, "company:green kalahari", "71");
      await remember(sql, "company:somebody else", "72");
      const { remembered } = await unknown(sql, { "company:kalahari wireless": "kalahari wireless" });
      assertEquals(remembered, [
        { account_key: "company:green kalahari", zoho_id: "71", registrations: [theirs], vats: [] },
      ]);
    }));
}

Deno.test("a company is found by its VAT number, and by its normalised name once it was looked for", () =>
  withDatabase("plain", async (sql) => {
    await insertQuote(sql, { company_name: "Capital Bread CC", ...numbers(null, "4550 123 456") });
    await insertQuote(sql, { company_name: "Tshwane Bakers", ...numbers(null, "4550123456") });
    await unknown(sql, { "company:capital bread": "capital bread" });
    await remember(sql, "company:tshwane bakers", "71");
    await remember(sql, "company:capital bread", "72");
    const { remembered } = await unknown(sql, { "company:capital bread cc": "capital bread" });
    assertEquals(remembered.map(({ zoho_id }) => zoho_id), ["72", "71"]);
  }));

Deno.test("invalid numbers match no Account", () =>
  withDatabase("plain", async (sql) => {
    for (const [index, none] of ["n/a", "", "pending", "-"].entries()) {
      await insertQuote(sql, { company_name: `Company ${index}`, ...numbers(none, none) });
      await remember(sql, `company:company ${index}`, String(index));
    }
    await insertQuote(sql, { company_name: "Naledi", ...numbers("n/a", "") });
    assertEquals((await unknown(sql, { "company:naledi": "naledi" })).remembered, []);
  }));

Deno.test("numbers are looked up by index, however many quotes there are", () =>
  withDatabase("plain", async (sql) => {
    await insertQuote(sql, { company_name: "Naledi", ...numbers("2015/123456/07", "4123456789") });
    await sql`
      insert into business_quotes (quote_number, company_name, registration_number, vat_number, contact_name,
        contact_email, contact_phone, service_address, valid_until)
      select 'BQ-M' || i, 'Company ' || i, '2016/' || lpad(i::text, 6, '0') || '/07', '45' || lpad(i::text, 8, '0'),
        'A', 'b@example.co.za', '0', 'C', '2027-01-01' from generate_series(1, 20000) i`;
    await sql`analyze business_quotes`;
    const columns = [
      "left(lower(regexp_replace(btrim(q.company_name), '\\s+', ' ', 'g')), 200) = any ('{company 7}'::text[])",
      "left(regexp_replace(q.registration_number, '\\D', '', 'g'), 10) = any ('{2016000007}'::text[])",
      "left(regexp_replace(q.vat_number, '\\D', '', 'g'), 20) = any ('{4500000007}'::text[])",
    ];
    for (const condition of columns) {
      const plan = await sql.unsafe(`explain select q.id from public.business_quotes q where ${condition}`);
      assert(JSON.stringify(plan).includes("Index"), `${condition}: ${JSON.stringify(plan)}`);
    }
    const companies = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [`company:company ${i + 1}`, `company ${i + 1}`]),
    );
    assertEquals((await unknown(sql, companies)).companies.length, 400);
  }));

Deno.test("CircleTel's own users may write quotes and customers with numbers, whose indexes run nothing of ours", () =>
  withDatabase("plain", async (sql) => {
    const indexes = await sql<{ definition: string }[]>`
      select pg_get_indexdef(i.indexrelid) as definition from pg_index i
      where i.indrelid in ('public.business_quotes'::regclass, 'public.customers'::regclass)`;
    assert(indexes.length >= 8);
    assertEquals(indexes.filter(({ definition }) => definition.includes("zoho_sync.")), []);
  }));

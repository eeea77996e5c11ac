import { assert, assertEquals } from "@std/assert";
import {
  accountName,
  accountProjection,
  foldName,
  nameBeside,
} from "../../supabase/functions/_shared/mapping/account.ts";
import type { Customer } from "../../supabase/functions/_shared/mapping/contact.ts";
import { goodSource } from "../support/samples/source.ts";

const quoteOf = (company_name: string) => ({ ...goodSource().quote, company_name });
const customerOf = (values: Partial<Customer>): Customer => ({
  id: "b1b6a3a4-3b0b-4a7c-8a55-6b1f6c1f8d03",
  first_name: "Thandi",
  last_name: "Nkosi",
  email: "thandi@example.co.za",
  business_name: "Karoo Traders (Pty) Ltd",
  ...values,
});

Deno.test("the Account is the quote's company, else the customer's business, else the person", () => {
  const customer = customerOf({});
  assertEquals(accountName({ quote: quoteOf("Karoo Traders"), customer }), "Karoo Traders");
  assertEquals(accountName({ quote: quoteOf(" "), customer }), "Karoo Traders (Pty) Ltd");
  assertEquals(
    accountName({ quote: quoteOf(""), customer: customerOf({ business_name: null }) }),
    "Thandi Nkosi",
  );
  assertEquals(
    accountName({ quote: quoteOf(""), customer: customerOf({ business_name: "\t" }) }),
    "Thandi Nkosi",
  );
});

Deno.test("a contract without a customer still has its quote's company", () => {
  assertEquals(accountName({ quote: quoteOf("Karoo Traders"), customer: null }), "Karoo Traders");
});

Deno.test("a contract without any name has no Account", () => {
  assertEquals(accountName({ quote: quoteOf(""), customer: null }), null);
  const nameless = customerOf({ first_name: " ", last_name: "", business_name: "" });
  assertEquals(accountName({ quote: quoteOf(""), customer: nameless }), null);
});

Deno.test("spaces around and inside a name are normalised", () => {
  assertEquals(accountName({ quote: quoteOf("  Karoo \n  Traders "), customer: null }), "Karoo Traders");
});

Deno.test("a name has at most the 200 characters that Zoho takes", () => {
  assertEquals(accountName({ quote: quoteOf("x".repeat(300)), customer: null })?.length, 200);
});

Deno.test("a name is never cut inside a character, which Postgres would refuse", () => {
  const name = accountName({ quote: quoteOf(`${"x".repeat(199)}𐐷 Traders`), customer: null });
  assert(name?.isWellFormed(), "the name ends in half a character");
});

Deno.test("an Account has its name and nothing else", () => {
  assertEquals(accountProjection("Karoo Traders"), { Account_Name: "Karoo Traders" });
});

Deno.test("a name in other case and spacing is the same company", () => {
  for (const same of ["Karoo Traders", "KAROO TRADERS", " karoo   traders "]) {
    assert(foldName("Karoo Traders") === foldName(same), same);
    assertEquals(foldName(same), "karoo traders");
  }
});

Deno.test("a name that only contains the other is another company", () => {
  for (const other of ["Karoo Traders Inc", "Karoo", "KarooTraders", "Karoo-Traders", ""]) {
    assert(foldName("Karoo Traders") !== foldName(other), other);
  }
});

Deno.test("a new Account beside one of the same name is marked, and people's marks are kept", () => {
  assertEquals(nameBeside("Karoo Traders", "company:karoo traders"), "Karoo Traders (CircleTel)");
  assertEquals(
    nameBeside("Thandi Nkosi", "customer:b1b6a3a4-3b0b-4a7c-8a55-6b1f6c1f8d03"),
    "Thandi Nkosi (CircleTel b1b6a3a4)",
  );
  assertEquals(nameBeside("x".repeat(200), "company:x").length, 200);
});

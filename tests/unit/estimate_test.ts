import { assertEquals, assertObjectMatch, assertThrows } from "@std/assert";
import { estimate, quoteLines, type QuoteSource } from "../../supabase/functions/_shared/mapping/estimate.ts";
import {
  invoice,
  invoiceLines,
  type InvoiceSource,
} from "../../supabase/functions/_shared/mapping/invoice.ts";
import { invoiceStatuses, quoteStages } from "../../supabase/functions/_shared/mapping/picklists.ts";
import { project } from "../../supabase/functions/_shared/mapping/record_type.ts";
import type { RecordLinks } from "../../supabase/functions/_shared/mapping/types.ts";
import { goodInvoice, goodLinks, goodQuote } from "../support/samples/record_sources.ts";
import { businessTimeZone as timeZone, goodKyc } from "../support/samples/source.ts";

const codes = ["CT-BIZFIBRE-CONNECT-100", "CT-BIZFIBRE-CONNECT-100-INSTALL", "CT-CIRCLETEL-SERVICES"];
const links = goodLinks(...codes);
const estimateOf = (source: QuoteSource, links: RecordLinks) =>
  project(estimate, source, { links, timeZone });
const invoiceOf = (source: InvoiceSource, links: RecordLinks) =>
  project(invoice, source, { links, timeZone });

Deno.test("a quote's Estimate holds what the quote says", () => {
  assertObjectMatch(estimateOf(goodQuote(), links), {
    Subject: "Quote BQ-2026-001",
    Quote_Reference: "BQ-2026-001",
    Account_Name: { id: "501" },
    Contact_Name: { id: "502" },
    Quote_Stage: "Delivered",
    Valid_Till: "2026-12-31",
    KYC_Status: "Not Started",
    Quoted_Items: JSON.stringify([
      [`id of ${codes[0]}`, 1, 1999, "per month, 24 months"],
      [`id of ${codes[1]}`, 1, 1500, "once-off"],
    ]),
  });
});

Deno.test("an Estimate without Account or Contact has empty lookups", () => {
  const { Account_Name, Contact_Name } = estimateOf(goodQuote(), {
    ...links,
    accountId: null,
    contactId: null,
  });
  assertEquals([Account_Name, Contact_Name], [null, null]);
});

Deno.test("an Estimate shows the KYC of the quote", () => {
  const { KYC_Status } = estimateOf({ ...goodQuote(), kyc: goodKyc() }, links);
  assertEquals(KYC_Status, "Completed");
});

const stages = {
  draft: "Draft",
  pending_approval: "Draft",
  approved: "Confirmed",
  sent: "Delivered",
  viewed: "Delivered",
  accepted: "Closed Won",
  rejected: "Closed Lost",
  expired: "Closed Lost",
} as const;

for (const status of Object.keys(stages) as (keyof typeof stages)[]) {
  Deno.test(`a quote that is ${status} is in stage ${stages[status]}`, () => {
    assertEquals(estimateOf(goodQuote({ status }), links).Quote_Stage, stages[status]);
    assertEquals(quoteStages[status], stages[status]);
  });
}

Deno.test("an item without an installation price has one row", () => {
  const quote = goodQuote();
  const items = quote.items.map((item) => ({ ...item, installation_price: 0 }));
  assertEquals(quoteLines({ ...quote, items }).map(({ description }) => description), [
    "per month, 24 months",
  ]);
});

Deno.test("a negative installation price is a row of its own and part of the sum", () => {
  const quote = goodQuote();
  const items = quote.items.map((item) => ({ ...item, installation_price: -500 }));
  assertEquals(quoteLines({ ...quote, items }).map(({ price }) => price), [1999, -500]);
});

Deno.test("a quote without items has a row for each of its totals", () => {
  const totals = quoteLines({ ...goodQuote(), items: [] });
  assertEquals(totals.map(({ price, product }) => [price, product.code]), [
    [1999, "CT-CIRCLETEL-SERVICES"],
    [1500, "CT-CIRCLETEL-SERVICES-INSTALL"],
  ]);
  const monthlyOnly = quoteLines({ ...goodQuote({ total_installation: 0 }), items: [] });
  assertEquals(monthlyOnly.map(({ price }) => price), [1999]);
});

/** What a row shows when a column of its item is NULL. */
const emptyItems = [
  ["quantity", [["CT-BIZFIBRE-CONNECT-100", 1, 1999], ["CT-BIZFIBRE-CONNECT-100-INSTALL", 1, 1500]]],
  ["monthly_price", [["CT-BIZFIBRE-CONNECT-100", 3, 0], ["CT-BIZFIBRE-CONNECT-100-INSTALL", 3, 1500]]],
  ["installation_price", [["CT-BIZFIBRE-CONNECT-100", 3, 1999]]],
  ["service_name", [["CT-CIRCLETEL-SERVICES", 3, 1999], ["CT-CIRCLETEL-SERVICES-INSTALL", 3, 1500]]],
] as const;

for (const [column, rows] of emptyItems) {
  Deno.test(`an item whose ${column} is NULL has ${rows.length === 1 ? "one row" : "its rows all the same"}`, () => {
    const quote = goodQuote();
    const items = quote.items.map((item) => ({ ...item, quantity: 3, [column]: null }));
    const lines = quoteLines({ ...quote, items });
    assertEquals(lines.map(({ product, quantity, price }) => [product.code, quantity, price]), rows);
  });
}

Deno.test("a quote without items and totals has one row that costs nothing", () => {
  const lines = quoteLines({ ...goodQuote({ total_monthly: null, total_installation: null }), items: [] });
  assertEquals(lines.map(({ quantity, price }) => [quantity, price]), [[1, 0]]);
});

Deno.test("a quote without a term shows no number of months", () => {
  const [monthly] = quoteLines(goodQuote({ contract_term: null }));
  assertEquals(monthly?.description, "per month");
});

Deno.test("a quote without a status is a draft, and so is an invoice", () => {
  assertEquals(estimateOf(goodQuote({ status: null }), links).Quote_Stage, "Draft");
  assertEquals(invoiceOf(goodInvoice({ status: null }), links).Status, "Created");
});

Deno.test("a line with an unknown Product cannot be projected", () => {
  assertThrows(() => estimateOf(goodQuote(), goodLinks()), RangeError, "CT-BIZFIBRE-CONNECT-100");
});

Deno.test("an invoice's Invoice holds its dates, its status and its total", () => {
  assertObjectMatch(invoiceOf(goodInvoice(), links), {
    Subject: "Invoice INV-001",
    Invoice_Reference: "INV-001",
    Account_Name: { id: "501" },
    Contact_Name: { id: "502" },
    Invoice_Date: "2026-11-01",
    Due_Date: "2026-11-30",
    Status: "Delivered",
    Invoiced_Items: JSON.stringify([["id of CT-CIRCLETEL-SERVICES", 1, 2298.85, "invoice total"]]),
  });
  for (const total_amount of [0, null]) {
    assertEquals(invoiceLines(goodInvoice({ total_amount })).map(({ price }) => price), [0]);
  }
});

const statuses = {
  draft: "Created",
  sent: "Delivered",
  partial: "Delivered",
  overdue: "Delivered",
  paid: "Delivered",
  cancelled: "Cancelled",
  voided: "Cancelled",
} as const;

for (const status of Object.keys(statuses) as (keyof typeof statuses)[]) {
  Deno.test(`an invoice that is ${status} has the status ${statuses[status]}`, () => {
    assertEquals(invoiceOf(goodInvoice({ status }), links).Status, statuses[status]);
    assertEquals(invoiceStatuses[status], statuses[status]);
  });
}

import { estimate, type QuoteSource } from "../../../supabase/functions/_shared/mapping/estimate.ts";
import { invoice, type InvoiceSource } from "../../../supabase/functions/_shared/mapping/invoice.ts";
import type { RecordLinks } from "../../../supabase/functions/_shared/mapping/types.ts";
import { sourceOf } from "../../../supabase/functions/_shared/sync/claim/sources.ts";
import { emptySource, goodSource } from "./source.ts";

// A quote and an invoice as the *_sources functions answer them. A test starts from one and breaks one thing.

const { contract: _, rica: __, quote: ___, ...party } = goodSource();

export function goodQuote(values: Partial<QuoteSource["quote"]> = {}): QuoteSource {
  return sourceOf(estimate).parse({
    ...party,
    quote: {
      ...emptySource(estimate.source).quote,
      id: "7a1d6c1c-6c3f-4a53-8d0f-0f4f2f6f7a02",
      quote_number: "BQ-2026-001",
      company_name: "Karoo Traders",
      status: "sent",
      contract_term: 24,
      total_monthly: 1999,
      total_installation: 1500,
      valid_until: "2026-12-31",
      ...values,
    },
    items: [
      { service_name: "BizFibre Connect 100", quantity: 1, monthly_price: 1999, installation_price: 1500 },
    ],
  });
}

export function goodInvoice(values: Partial<InvoiceSource["invoice"]> = {}): InvoiceSource {
  return sourceOf(invoice).parse({
    ...party,
    company_name: "Karoo Traders",
    invoice: {
      ...emptySource(invoice.source).invoice,
      id: "0e3a7f54-8f0a-4a66-8f57-0c8d1f0b9e01",
      invoice_number: "INV-001",
      invoice_date: "2026-11-01",
      due_date: "2026-11-30",
      total_amount: 2298.85,
      status: "sent",
      ...values,
    },
  });
}

/** Links to an Account, a Contact and a Product for every code. */
export function goodLinks(...codes: string[]): RecordLinks {
  return {
    accountId: "501",
    contactId: "502",
    productIds: new Map(codes.map((code) => [code, `id of ${code}`])),
  };
}

import { z } from "zod";
import { invoiceStatuses, quoteStages } from "../mapping/picklists.ts";
import type { ContractSource, InvoiceSource, Party, QuoteSource } from "../mapping/types.ts";
import { contractStatus, fields } from "./change.ts";

// What the zoho_sync.*_sources functions answer; a value outside of it is a row the mapping does not know. NULL is known in
// every column in which production allows it.

/** Postgres also knows "infinity", which no calendar has. */
const moment = z.string().refine((text) => !Number.isNaN(Date.parse(text)), { error: "is no moment" });

const party = {
  customer: z.object({
    id: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    business_name: z.string().nullable(),
  }).nullable(),
  internal_test: z.boolean(),
  account_key: z.string().nullable(),
  account_id: z.string().nullable(),
  contact: z.object({ zoho_id: z.string(), snapshot: fields, is_planned: z.boolean().optional() }).nullable(),
  contact_answer: z.object({
    choice: z.string(),
    chosen_id: z.string().nullable(),
    candidates: z.array(z.object({ id: z.string(), name: z.string() })),
  }).nullable(),
};

const kyc = z.object({
  status: z.enum(["not_started", "in_progress", "completed", "abandoned", "declined"]).nullable(),
  verification_result: z.enum(["approved", "declined", "pending_review"]).nullable(),
  risk_tier: z.enum(["low", "medium", "high"]).nullable(),
  completed_at: moment.nullable(),
}).nullable();

export const contractSource: z.ZodType<ContractSource> = z.object({
  ...party,
  contract: z.object({
    id: z.string(),
    contract_number: z.string().min(1),
    status: contractStatus.nullable(),
    total_contract_value: z.number().nullable(),
    start_date: z.iso.date().nullable(),
    fully_signed_date: moment.nullable(),
    created_at: moment.nullable(),
    zoho_deal_id: z.string().nullable(),
  }),
  quote: z.object({ id: z.string(), company_name: z.string(), valid_until: z.iso.date().nullable() }),
  kyc,
  rica: z.object({ status: z.enum(["pending", "submitted", "approved", "rejected"]).nullable() }).nullable(),
});

export const quoteSource: z.ZodType<QuoteSource> = z.object({
  ...party,
  quote: z.object({
    id: z.string(),
    quote_number: z.string().min(1),
    company_name: z.string(),
    status: z.enum(keysOf(quoteStages)).nullable(),
    contract_term: z.number().nullable(),
    total_monthly: z.number().nullable(),
    total_installation: z.number().nullable(),
    valid_until: z.iso.date(),
  }),
  items: z.array(z.object({
    service_name: z.string().nullable(),
    quantity: z.number().nullable(),
    monthly_price: z.number().nullable(),
    installation_price: z.number().nullable(),
  })),
  kyc,
});

export const customerSource: z.ZodType<Party> = z.object(party);

export const invoiceSource: z.ZodType<InvoiceSource> = z.object({
  ...party,
  company_name: z.string().nullable(),
  invoice: z.object({
    id: z.string(),
    invoice_number: z.string().min(1),
    invoice_date: z.iso.date().nullable(),
    due_date: z.iso.date().nullable(),
    total_amount: z.number().nullable(),
    status: z.enum(keysOf(invoiceStatuses)).nullable(),
  }),
});

function keysOf<K extends string>(table: Record<K, unknown>): K[] {
  return Object.keys(table) as K[];
}

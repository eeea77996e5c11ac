import { z } from "zod";
import type { ContractSource, Fields } from "../mapping/types.ts";

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ id: z.string() })]);
const fields: z.ZodType<Fields> = z.record(z.string(), fieldValue);

/** Postgres also knows "infinity", which no calendar has. */
const moment = z.string().refine((text) => !Number.isNaN(Date.parse(text)), { error: "is no moment" });

/** What zoho_sync.contract_sources answers; a value outside of it is a row the mapping does not know. */
export const contractSource: z.ZodType<ContractSource> = z.object({
  contract: z.object({
    id: z.string(),
    contract_number: z.string().min(1),
    status: z.enum([
      "draft",
      "pending_signature",
      "partially_signed",
      "fully_signed",
      "active",
      "expired",
      "terminated",
    ]),
    total_contract_value: z.number().nullable(),
    start_date: z.iso.date().nullable(),
    fully_signed_date: moment.nullable(),
    created_at: moment,
    zoho_deal_id: z.string().nullable(),
  }),
  quote: z.object({ id: z.string(), company_name: z.string() }),
  customer: z.object({
    id: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    business_name: z.string().nullable(),
  }).nullable(),
  internal_test: z.boolean(),
  kyc: z.object({
    status: z.enum(["not_started", "in_progress", "completed", "abandoned", "declined"]),
    verification_result: z.enum(["approved", "declined", "pending_review"]).nullable(),
    risk_tier: z.enum(["low", "medium", "high"]).nullable(),
    completed_at: moment.nullable(),
  }).nullable(),
  rica: z.object({ status: z.enum(["pending", "submitted", "approved", "rejected"]) }).nullable(),
  account_key: z.string().nullable(),
  account_id: z.string().nullable(),
  contact: z.object({ zoho_id: z.string(), snapshot: fields, shared: z.boolean() }).nullable(),
  contact_tried: z.string().nullish(),
});

/** A claimed queue row with everything needed to work it. */
export const change = z.object({
  entity_type: z.enum(["quote", "contract", "invoice", "customer"]),
  entity_id: z.string(),
  revision: z.number(),
  lane: z.number(),
  attempts: z.number(),
  forced: z.boolean(),
  cause: z.string(),
  source: z.unknown(),
  mapping: z.object({
    zoho_id: z.string(),
    snapshot: fields,
    state: z.enum(["linked", "orphaned", "deleted_in_zoho"]),
    /** What Zoho holds is not certain: it is read before anything is sent. */
    doubtful: z.boolean().default(false),
    /** The newest event that was known when the change was claimed. */
    seen: z.number().default(0),
  }).nullable(),
});
export type Change = z.infer<typeof change>;

export const pauseInfo = z.object({
  until: z.string().nullable(),
  code: z.string(),
  message: z.string(),
});
export type PauseInfo = z.infer<typeof pauseInfo>;

export const claim = z.object({
  acquired: z.boolean(),
  paused: pauseInfo.nullable(),
  look_again_ms: z.number().default(0),
  concurrency: z.number().default(1),
  changes: z.array(change),
});

/** A change whose source was read and understood. */
export interface ContractChange {
  change: Change;
  source: ContractSource;
}

/** How a change ended in this drain; the shape zoho_settle_changes takes. */
export interface Settlement {
  entity_type: string;
  entity_id: string;
  revision: number;
  outcome: "done" | "retry" | "dead" | "release";
  retry_in_seconds?: number;
  error?: { code: string; field: string | null; message: string };
  record?: {
    zoho_type: string;
    zoho_id: string;
    fields: Fields;
    modified_at: string | null;
    modified_by: string | null;
    seen: number;
  };
}

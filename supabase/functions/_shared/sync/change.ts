import { z } from "zod";
import type { Fields } from "../mapping/types.ts";

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ id: z.string() })]);
export const fields: z.ZodType<Fields> = z.record(z.string(), fieldValue);

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

import { z } from "zod";
import { entityTypes } from "../../mapping/types.ts";
import { check } from "../../platform/check.ts";
import { BadRequestError } from "../../platform/http.ts";
import type { ByHandEntity, SyncOptions } from "./operations.ts";

/** What a call of zoho-sync asks for. */
type SyncRequest =
  | { kind: "drain"; reason: string }
  | { kind: "row changed"; entity: ByHandEntity; id: string }
  | { kind: "by hand"; entity: ByHandEntity; id: string; options: SyncOptions };

const byHand = z.object({
  entity: z.enum([...entityTypes, "kyc_session", "rica_submission"]),
  id: z.guid(),
  options: z.object({
    forceSync: z.boolean().optional(),
    maxRetries: z.number().int().min(1).max(3).optional(),
  }).default({}),
});

/** Supabase's database-webhook payload (database webhooks page); only the id is read, the row never. */
const databaseWebhook = z.object({
  type: z.enum(["INSERT", "UPDATE", "DELETE"]),
  table: z.string(),
  schema: z.literal("public"),
  record: z.looseObject({ id: z.guid() }).nullable(),
  old_record: z.looseObject({ id: z.guid() }).nullable(),
});

const doorbell = z.object({ reason: z.string().max(40).default("doorbell") });

/** Which entity a table's rows are, in a database webhook. */
const entityOfTable: Record<string, ByHandEntity> = {
  contracts: "contract",
  kyc_sessions: "kyc_session",
  rica_submissions: "rica_submission",
  business_quotes: "quote",
  customers: "customer",
  customer_invoices: "invoice",
};

/** @throws BadRequestError naming the field that is wrong */
export function parseSyncRequest(body: unknown): SyncRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new BadRequestError(400, {
      code: "INVALID_BODY",
      message: "The body is not a JSON object",
      field: "body",
    });
  }
  if ("entity" in body || "id" in body || "options" in body) {
    return { kind: "by hand", ...check(byHand, body) };
  }
  if ("type" in body || "table" in body) {
    const { table, type, record } = check(databaseWebhook, body);
    const entity = Object.hasOwn(entityOfTable, table) ? entityOfTable[table] : undefined;
    if (!entity) {
      throw new BadRequestError(400, {
        code: "INVALID_BODY",
        message: `The table is none of ${Object.keys(entityOfTable).join(", ")}`,
        field: "table",
      });
    }
    // Nothing to send for a deleted row; its trigger has already marked the mapping.
    if (type === "DELETE" || !record) return { kind: "drain", reason: "database webhook" };
    return { kind: "row changed", entity, id: record.id };
  }
  return { kind: "drain", reason: check(doorbell, body).reason };
}

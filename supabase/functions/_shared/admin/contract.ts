import { z } from "zod";
import { dealProjection } from "../mapping/deal.ts";
import { dealOwners } from "../mapping/owners.ts";
import { readDeal } from "../mapping/read.ts";
import type { Fields } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { contractSource } from "../sync/sources.ts";
import { liveDependencies } from "../sync/dependencies.ts";
import { ZohoCallError, ZohoTokenError } from "../zoho/errors.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { entityTypes, listParameters, notFound, queryOf } from "./asked.ts";
import { fieldLines } from "./contract_fields.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";

const parameters = z.strictObject({
  number: z.string().trim().min(1).max(60).optional(),
  id: z.guid().optional(),
  live: z.enum(["true", "false"]).default("false"),
  limit: listParameters.limit,
});

const found = z.object({
  entityType: z.enum(entityTypes),
  entityId: z.string(),
  number: z.string().nullable(),
  status: z.string(),
  related: z.array(z.unknown()),
  source: z.unknown(),
  mapping: z.looseObject({ zohoId: z.string(), snapshot: z.record(z.string(), z.json()) }).nullable(),
  queue: z.unknown(),
});

/** GET /contract: a contract or quote by its number, both sides field by field, and its history. */
export async function contract(call: AdminCall): Promise<Response> {
  const { number, id, live, limit } = queryOf(call, parameters);
  if ((number === undefined) === (id === undefined)) {
    throw new BadRequestError(400, {
      code: "INVALID_QUERY",
      message: "Give number (CT-… or BQ-…) or id, and not both",
      field: "number",
    });
  }
  const row = await callFunction(call.db, "zoho_admin_contract", { p_number: number, p_id: id });
  if (row === null) notFound(`There is no contract and no quote ${number ?? id}`, number ? "number" : "id");
  const { source, mapping, ...entity } = found.parse(row);
  const [held, history] = await Promise.all([
    live === "true" && mapping ? readLive(call, mapping.zohoId) : null,
    callFunction(call.db, "zoho_admin_history", {
      p_entity_type: entity.entityType,
      p_entity_id: entity.entityId,
      p_limit: limit,
    }),
  ]);
  const { snapshot: stored, ...link } = mapping ?? { snapshot: {} };
  const snapshot = readDeal(stored);
  const { projection, problem } = project(source, snapshot, call.settings.timeZone);
  return answer({
    success: true,
    ...entity,
    fields: projection === null
      ? []
      : fieldLines({ projection, snapshot, ...(held?.fields ? { live: held.fields } : {}) }),
    problem,
    mapping: mapping && link,
    live: held && { modifiedAt: held.modifiedAt, error: held.error },
    history: page(history),
  });
}

function project(
  source: unknown,
  snapshot: Fields,
  timeZone: string,
): { projection: Fields | null; problem: string | null } {
  const parsed = contractSource.safeParse(source);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join(".") || "the row";
    return { projection: null, problem: `The mapping does not know the value of ${path}` };
  }
  if (parsed.data.internal_test) {
    return { projection: null, problem: "Rows of internal_test customers never reach the CRM" };
  }
  const { account_id: accountId, contact } = parsed.data;
  const stage = snapshot.Stage;
  const links = { accountId, contactId: contact?.zoho_id ?? null };
  return {
    projection: dealProjection(parsed.data, links, typeof stage === "string" ? stage : null, timeZone),
    problem: null,
  };
}

interface Held {
  fields: Fields | null;
  modifiedAt: string | null;
  error: string | null;
}

/** One record as Zoho holds it now; that Zoho cannot be asked is an answer, too. */
async function readLive(call: AdminCall, zohoId: string): Promise<Held> {
  const { zoho } = liveDependencies(call.db, call.settings, call.log);
  const nothing = { fields: null, modifiedAt: null };
  try {
    const wanted = [...Object.keys(dealOwners), "Modified_Time"];
    const [deal] = await listRecordsByIds(zoho, "Deals", [zohoId], wanted);
    if (!deal) return { ...nothing, error: "RECORD_NOT_FOUND" };
    const { Modified_Time: modifiedAt } = deal;
    return {
      fields: readDeal(deal),
      modifiedAt: typeof modifiedAt === "string" ? modifiedAt : null,
      error: null,
    };
  } catch (error) {
    if (!(error instanceof ZohoCallError || error instanceof ZohoTokenError)) throw error;
    return { ...nothing, error: error.code };
  } finally {
    const { credits, calls } = zoho.takeSpent();
    if (calls > 0) {
      await callFunction(call.db, "zoho_note_credits", { p_lane: 1, p_credits: credits, p_calls: calls });
    }
  }
}

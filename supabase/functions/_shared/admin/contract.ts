import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { readFieldRules } from "../fields/read_rules.ts";
import { readRecord } from "../mapping/read.ts";
import { type EntityType, entityTypes, type Fields } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { isRecord } from "../platform/is_record.ts";
import { SecretUnreadableError } from "../platform/secrets.ts";
import { fieldLines } from "../status/field_lines.ts";
import { kinds, type RecordKind } from "../sync/claim/kinds.ts";
import { productCodes, projectEntity } from "../sync/records/projection.ts";
import { ownersIn } from "../sync/records/look.ts";
import { valueRulesOf } from "../fields/value_rules.ts";
import { isZohoFault } from "../zoho/faults.ts";
import { listRecordsByIds, readOneRecord } from "../zoho/list.ts";
import type { LinkNames } from "./answers.ts";
import { linkedIds, namesInRecord, readLinkNames } from "./link_names.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, notFound, queryOf } from "./validate.ts";

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
  status: z.string().nullable(),
  name: z.string().nullable(),
  isGone: z.boolean(),
  row: z.unknown(),
  related: z.array(z.unknown()),
  source: z.unknown(),
  labels: z.record(z.string(), z.string()),
  writes: z.unknown(),
  mapping: z.looseObject({ zohoId: z.string(), snapshot: z.record(z.string(), z.json()) }).nullable(),
  queue: z.unknown(),
  hold: z.unknown(),
  erasedAt: z.string().nullable(),
});

/** GET /contract: a contract, quote or invoice by its number, or any entity by its id: both sides, and its history. */
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
  if (row === null) {
    notFound(
      `There is nothing with the ${number ? "number" : "id"} ${number ?? id}`,
      number ? "number" : "id",
    );
  }
  const { source, mapping, labels, ...entity } = found.parse(row);
  const kind = kinds[entity.entityType];
  const [held, history, questions, productIds, fieldRules] = await Promise.all([
    live === "true" && mapping ? readLive(call, kind, mapping.zohoId) : null,
    callFunction(call.db, "zoho_admin_history", {
      p_entity_type: entity.entityType,
      p_entity_id: entity.entityId,
      p_limit: limit,
    }),
    callFunction(call.db, "zoho_open_questions", {
      p_entity_type: entity.entityType,
      p_entity_id: entity.entityId,
    }),
    readProducts(call, entity.entityType, source),
    readFieldRules(call.db),
  ]);
  const { snapshot: stored, ...link } = mapping ?? { snapshot: {} };
  const snapshot = readRecord(Object.keys(kind.owners), stored);
  const rules = valueRulesOf(kind.module, fieldRules, call.settings.timeZone);
  const { fields: projection, problem } = projectEntity(entity.entityType, {
    source,
    snapshot: held?.fields ?? snapshot,
    productIds,
    rules,
  });
  const names = await readLinkNames(call.db, linkedIds(projection, snapshot, held?.fields));
  return answer({
    success: true,
    ...entity,
    fields: projection === null ? [] : fieldLines(
      { projection, snapshot, ...(held?.fields ? { live: held.fields } : {}) },
      ownersIn(kind, fieldRules),
      rules,
    ).map((line) => ({ ...line, label: labels[line.field] ?? null })),
    names: { ...names, ...ownAccountName(projection, entity.name), ...held?.names },
    problem: entity.isGone ? "The row was deleted in CircleTel: nothing more is sent for it" : problem,
    mapping: mapping && link,
    questions: page(questions).items,
    live: held && { modifiedAt: held.modifiedAt, modifiedBy: held.modifiedBy, error: held.error },
    history: page(history),
  });
}

/** The Account that the record should have is the company that the entity names: an Account's own key is normalised. */
function ownAccountName(projection: Fields | null, name: string | null): LinkNames {
  const account = projection?.Account_Name;
  if (name === null || !isRecord(account) || typeof account.id !== "string") return {};
  return { [account.id]: { name, zohoType: "Accounts" } };
}

const knownIds = z.record(z.string(), z.string());

async function readProducts(
  call: AdminCall,
  entityType: EntityType,
  source: unknown,
): Promise<Map<string, string>> {
  const codes = productCodes(entityType, source);
  if (codes.length === 0) return new Map();
  const ids = knownIds.parse(await callFunction(call.db, "zoho_known_products", { p_keys: codes }));
  return new Map(Object.entries(ids));
}

interface Held {
  fields: Fields | null;
  modifiedAt: string | null;
  /** Zoho's own id of the user who changed it last. */
  modifiedBy: string | null;
  names: LinkNames;
  error: string | null;
}

/** One record's present values in Zoho; a fault of Zoho is part of the answer. */
async function readLive(call: AdminCall, kind: RecordKind, zohoId: string): Promise<Held> {
  const { zoho } = liveDependencies(call.db, call.settings, call.log);
  const nothing = { fields: null, modifiedAt: null, modifiedBy: null, names: {} };
  const names = Object.keys(kind.owners);
  try {
    // Lists carry no line items (get-records page).
    const [record] = kind.lines === null
      ? await listRecordsByIds(zoho, kind.module, [zohoId], [...names, "Modified_Time", "Modified_By"])
      : [await readOneRecord(zoho, kind.module, zohoId)];
    if (!record) return { ...nothing, error: "RECORD_NOT_FOUND" };
    const { Modified_Time: modifiedAt, Modified_By: modifiedBy } = record;
    return {
      fields: readRecord(names, record),
      modifiedAt: typeof modifiedAt === "string" ? modifiedAt : null,
      modifiedBy: isRecord(modifiedBy) && typeof modifiedBy.id === "string" ? modifiedBy.id : null,
      names: namesInRecord(record),
      error: null,
    };
  } catch (error) {
    if (!isZohoFault(error) && !(error instanceof SecretUnreadableError)) throw error;
    return { ...nothing, error: error.code };
  } finally {
    const { credits, calls } = zoho.takeSpent();
    if (calls > 0) {
      await callFunction(call.db, "zoho_note_credits", { p_lane: 1, p_credits: credits, p_calls: calls });
    }
  }
}

import type { JsonObject } from "../core/json.ts";
import type { Org } from "../org/org.ts";
import { refusal, type Reply } from "./reply.ts";

/** Statuses of refusals that may be wrapped; a token is always refused bare (facts §0). */
const wrappable = new Set([400, 403, 404]);
const apartFromDocuments = new Set(["search", "deleted", "actions"]);

export function noPermission(module: string): Reply {
  const details: JsonObject = { permissions: [`Crm_Implied_View_${module}`] };
  return refusal("NO_PERMISSION", "permission denied", details, 403);
}

/**
 * A refusal of a whole call, bare or as the only item of `data[]`. The OpenAPI documents wrap those of reading and
 * writing records and leave those of search, deleted and COQL bare; older pages show all of them bare.
 */
export function shaped(org: Org, segments: string[], reply: Reply): Reply {
  const rule = org.settings.refusals;
  if (rule === "bare" || !wrappable.has(reply.status) || reply.body === undefined) return reply;
  const [first = "", ...rest] = segments;
  if (isWrapped(reply)) return reply;
  const isRecords = org.module(first) !== undefined;
  const isDocumented = isRecords && !rest.some((part) => apartFromDocuments.has(part));
  const wraps = rule === "documented" ? isDocumented : isRecords || first === "coql";
  return wraps ? { ...reply, body: { data: [reply.body] } } : reply;
}

function isWrapped({ body }: Reply): boolean {
  return typeof body === "object" && body !== null && !Array.isArray(body) && body.code === undefined;
}

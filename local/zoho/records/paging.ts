import { DAY } from "../../../supabase/functions/_shared/platform/duration.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../core/json.ts";
import type { ApiCall } from "../http/call.ts";
import { refuseCall } from "../http/reply.ts";
import type { OrgModule } from "../org/module.ts";
import type { StoredRecord } from "../org/store.ts";

/** Pages by number end at 2,000 records; a page token goes on to 100,000 (facts §4.5). */
const discreteLimit = 2_000;
const tokenLimit = 100_000;
const sortable = ["id", "Created_Time", "Modified_Time"];

export interface PageRequest {
  perPage: number;
  page: number;
  /** Records before this page. */
  skip: number;
  sortBy: string;
  sortOrder: "asc" | "desc";
  /** Everything else that was asked; a token is bound to it. */
  bound: string;
}

export function paging(call: ApiCall, module: OrgModule): PageRequest {
  const { query } = call;
  const perPage = positive(call, "per_page", 200);
  if (perPage > 200) {
    refuseCall("INVALID_DATA", "invalid data", { param_name: "per_page", maximum_length: 200 });
  }
  const sortBy = query.get("sort_by") ?? "id";
  if (!sortable.includes(sortBy)) refuseCall("INVALID_DATA", "invalid data", { param_name: "sort_by" });
  const order = query.get("sort_order") ?? "desc";
  if (order !== "asc" && order !== "desc") {
    return refuseCall("INVALID_DATA", "invalid data", { param_name: "sort_order" });
  }
  const bound = JSON.stringify([
    module.apiName,
    perPage,
    sortBy,
    order,
    query.get("fields"),
    query.get("ids"),
  ]);
  const token = query.get("page_token");
  if (token !== null) {
    if (query.has("page")) {
      refuseCall("AMBIGUITY_DURING_PROCESSING", "Ambiguity while processing the request", {});
    }
    const skip = readToken(call, token, bound);
    return { perPage, page: Math.floor(skip / perPage) + 1, skip, sortBy, sortOrder: order, bound };
  }
  const page = positive(call, "page", 1);
  if (page * perPage > discreteLimit) {
    const message = "You can only get first 2000 records without page_token param";
    refuseCall("DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, {
      page,
      per_page: perPage,
      limit: discreteLimit,
    });
  }
  return { perPage, page, skip: (page - 1) * perPage, sortBy, sortOrder: order, bound };
}

export function recordPage(
  call: ApiCall,
  request: PageRequest,
  records: StoredRecord[],
): { records: StoredRecord[]; info: JsonObject } {
  const { perPage, page, skip, sortBy, sortOrder } = request;
  const sorted = sort(records, sortBy);
  if (sortOrder === "desc") sorted.reverse();
  const shown = sorted.slice(skip, skip + perPage);
  const more = skip + perPage < sorted.length;
  const nowMs = call.org.nowMs();
  const info: JsonObject = {
    call: false,
    per_page: perPage,
    count: shown.length,
    sort_by: sortBy,
    page,
    sort_order: sortOrder,
    email: false,
    more_records: more,
    next_page_token: more ? writeToken(skip + perPage, nowMs + DAY, request.bound) : null,
    previous_page_token: skip > 0
      ? writeToken(Math.max(0, skip - perPage), nowMs + DAY, request.bound)
      : null,
    page_token_expiry: more ? call.org.iso(nowMs + DAY) : null,
  };
  return { records: shown, info };
}

/** Records come oldest first, which is the order of ids and of creation; only Modified_Time needs sorting. */
function sort(records: StoredRecord[], by: string): StoredRecord[] {
  if (by !== "Modified_Time") return records;
  return records.sort((left, right) => left.modifiedMs - right.modifiedMs || (left.id < right.id ? -1 : 1));
}

function positive(call: ApiCall, name: string, fallback: number): number {
  const text = call.query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  return refuseCall("INVALID_DATA", "invalid data", { param_name: name, expected_data_type: "integer" });
}

function writeToken(skip: number, expiresAtMs: number, bound: string): string {
  return btoa(JSON.stringify({ skip, expiresAtMs, bound })).replaceAll("+", "-").replaceAll("/", "_");
}

function readToken(call: ApiCall, token: string, bound: string): number {
  const content = decoded(token);
  if (!isObject(content) || typeof content.skip !== "number" || typeof content.expiresAtMs !== "number") {
    return refuseCall("INVALID_DATA", "invalid data", { param_name: "page_token" });
  }
  if (content.expiresAtMs <= call.org.nowMs()) {
    return refuseCall("EXPIRED_VALUE", "page_token has expired", { param_name: "page_token" });
  }
  if (content.bound !== bound) {
    return refuseCall(
      "TOKEN_BOUND_DATA_MISMATCH",
      "The params differ from those the page_token was made for",
      {
        param_name: "page_token",
      },
    );
  }
  if (content.skip >= tokenLimit) {
    return refuseCall("PAGINATION_LIMIT_EXCEEDED", "You can only get first 100000 records", {
      limit: tokenLimit,
    });
  }
  return content.skip;
}

function decoded(token: string): Json | undefined {
  try {
    return parseJson(atob(token.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}

import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";
import { type FoundRecord, foundRecords, hasMore } from "./found_records.ts";
import { coql } from "./search.ts";

/** Most records of one page (get-records page); COQL costs one credit up to as many (api-limits page). */
export const recordsPerPage = 200;

/**
 * The position in a walk through a module. A page token is bound to its query, lives 24 h and ends at 100,000 records; the
 * last id is where the walk continues when the token is no longer valid.
 */
export interface PagePosition {
  token: string | null;
  lastId: string;
}

export interface RecordPage {
  records: FoundRecord[];
  /** Null after the last page. */
  next: PagePosition | null;
}

export interface Walk {
  module: string;
  /** Required for lists, 50 at most; never line items, which only a single record has (get-records page). */
  fields: readonly string[];
  /** Only records modified since; null for all. */
  since: Date | null;
}

/** Zoho no longer accepts the page token: too old, of another query, or past the hundred thousandth record. */
const endedTokens = new Set([
  "PAGINATION_LIMIT_EXCEEDED",
  "EXPIRED_VALUE",
  "TOKEN_BOUND_DATA_MISMATCH",
  "DISCRETE_PAGINATION_LIMIT_EXCEEDED",
]);

/**
 * One page of a walk through a module in the order of ids, one credit. Lists give the pages; where they end, COQL goes
 * continues from the last id. A record modified during the walk may come twice and one before a deleted one may be skipped:
 * the caller counts by id and reads missing ones by id.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function readPage(
  client: ZohoClient,
  walk: Walk,
  position: PagePosition | null,
): Promise<RecordPage> {
  if (position !== null && position.token === null) return await pageByQuery(client, walk, position.lastId);
  try {
    return await pageByList(client, walk, position);
  } catch (error) {
    if (position === null || !(error instanceof ZohoCallError) || !endedTokens.has(error.code)) throw error;
    return await pageByQuery(client, walk, position.lastId);
  }
}

async function pageByList(
  client: ZohoClient,
  { module, fields, since }: Walk,
  position: PagePosition | null,
): Promise<RecordPage> {
  const { body } = await client.call({
    method: "GET",
    path: `/${module}`,
    query: {
      fields: fields.join(","),
      per_page: String(recordsPerPage),
      sort_by: "id",
      sort_order: "asc",
      ...(position?.token ? { page_token: position.token } : {}),
    },
    ...sinceHeader(since),
  });
  const records = foundRecords(body, `the page of ${module}`);
  const last = records.at(-1);
  const info = isRecord(body) && isRecord(body.info) ? body.info : {};
  // A full page without `more_records` is not assumed to be the last.
  const isLast = info.more_records !== true &&
    (info.more_records === false || records.length < recordsPerPage);
  if (!last || isLast) return { records, next: null };
  const token = typeof info.next_page_token === "string" ? info.next_page_token : null;
  return { records, next: { token, lastId: last.id } };
}

async function pageByQuery(
  client: ZohoClient,
  { module, fields, since }: Walk,
  lastId: string,
): Promise<RecordPage> {
  const conditions = [`id > '${lastId}'`, ...(since ? [`Modified_Time >= '${zohoMoment(since)}'`] : [])];
  const records = await coql(
    client,
    `select id, ${fields.join(", ")} from ${module} where ${
      conditions.join(" and ")
    } order by id asc limit ${recordsPerPage}`,
  );
  const last = records.at(-1);
  const next = last && records.length === recordsPerPage ? { token: null, lastId: last.id } : null;
  return { records, next };
}

/** A record that was deleted or lost in a merge. */
export interface Deletion {
  id: string;
  deletedAt: string | null;
}

export interface DeletionPage {
  deletions: Deletion[];
  hasMore: boolean;
}

/**
 * One page of the records deleted since, newest first; Zoho remembers them for 60 days in the recycle bin and 120 beyond
 * (deleted-records page). A merge appears as deletions of the merged records; a restored record is no longer listed.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function readDeletions(
  client: ZohoClient,
  module: string,
  since: Date | null,
  page: number,
): Promise<DeletionPage> {
  const { body } = await client.call({
    method: "GET",
    path: `/${module}/deleted`,
    query: { type: "all", per_page: String(recordsPerPage), page: String(page) },
    ...sinceHeader(since),
  });
  const records = foundRecords(body, `the page of deleted ${module}`);
  return {
    deletions: records.map(({ id, deleted_time: at }) => ({
      id,
      deletedAt: typeof at === "string" ? at : null,
    })),
    hasMore: hasMore(body),
  };
}

function sinceHeader(since: Date | null): { headers?: Record<string, string> } {
  return since === null ? {} : { headers: { "If-Modified-Since": zohoMoment(since) } };
}

/** Zoho reads whole seconds with an offset, not a Z. */
function zohoMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}+00:00`;
}

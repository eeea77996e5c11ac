import { isRecord, type ZohoClient } from "./client.ts";
import type { Module } from "./records.ts";

/** Most values of one `in` (COQL and search pages). */
export const valuesPerQuery = 100;

/** A record as COQL, search and list answer it. */
export type FoundRecord = Record<string, unknown> & { id: string };

/**
 * Escapes a value for search criteria: `(`, `)` and `,` with a backslash, and the backslash itself
 * (search-records page). The caller's URL encoding comes on top.
 */
export function escapeCriteria(value: string): string {
  return value.replace(/[\\(),]/g, (character) => `\\${character}`);
}

/** A COQL string literal. How Zoho wants an apostrophe is not documented: see isSafeForCoql. */
export function coqlText(value: string): string {
  return `'${value.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;
}

/** Values with an apostrophe or a backslash are looked up by search, whose escaping is documented. */
export function isSafeForCoql(value: string): boolean {
  return !/['\\]/.test(value);
}

/**
 * Records whose field is exactly one of the values. COQL is free of the search index's lag, so a record made a
 * moment ago is found. The answer is checked again here: Zoho compares text more loosely than we do.
 *
 * @param isSame what "exactly" means; the values' own equality unless given
 * @throws ZohoCallError, ZohoTokenError
 */
export async function findByField(
  client: ZohoClient,
  module: Module,
  field: string,
  values: string[],
  isSame: (a: string, b: string) => boolean = (a, b) => a === b,
): Promise<FoundRecord[]> {
  const wanted = [...new Set(values)];
  const found: FoundRecord[] = [];
  const direct = wanted.filter(isSafeForCoql);
  for (let start = 0; start < direct.length; start += valuesPerQuery) {
    const some = direct.slice(start, start + valuesPerQuery);
    found.push(
      ...await coql(
        client,
        `select id, ${field} from ${module} where ${field} in (${
          some.map(coqlText).join(", ")
        }) order by id asc limit 200`,
      ),
    );
  }
  for (const value of wanted.filter((each) => !isSafeForCoql(each))) {
    found.push(...await searchRecord(client, module, field, value));
  }
  return found.filter((record) => {
    const held = record[field];
    return typeof held === "string" && wanted.some((value) => isSame(held, value));
  }).sort(byAge);
}

/** Ids are decimal texts too long for a number; the lower one is the older record. */
function byAge(a: FoundRecord, b: FoundRecord): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : 1);
}

/**
 * Search by one field. `equals` means *contains* on text fields (search-records page), so the caller checks again;
 * the index lags a little behind writes.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function searchRecord(
  client: ZohoClient,
  module: Module,
  field: string,
  value: string,
  { fields = `id,${field}`, pages = mostPages } = {},
): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (let page = 1; page <= pages; page++) {
    const { body } = await client.call({
      method: "GET",
      path: `/${module}/search`,
      query: {
        criteria: `(${field}:equals:${escapeCriteria(value)})`,
        fields,
        per_page: "200",
        page: String(page),
      },
    });
    found.push(...readRecords(body));
    if (!hasMore(body)) break;
  }
  return found;
}

/** Zoho answers at most 2,000 rows of a search. */
const mostPages = 10;

function hasMore(body: unknown): boolean {
  return isRecord(body) && isRecord(body.info) && body.info.more_records === true;
}

/** @throws ZohoCallError, ZohoTokenError */
export async function coql(client: ZohoClient, query: string): Promise<FoundRecord[]> {
  return (await coqlPage(client, query)).records;
}

/** One page of a query, and whether there are more. @throws ZohoCallError, ZohoTokenError */
export async function coqlPage(
  client: ZohoClient,
  query: string,
): Promise<{ records: FoundRecord[]; more: boolean }> {
  const { body } = await client.call({ method: "POST", path: "/coql", body: { select_query: query } });
  return { records: readRecords(body), more: hasMore(body) };
}

function readRecords(body: unknown): FoundRecord[] {
  if (!isRecord(body) || !Array.isArray(body.data)) return [];
  return body.data.filter((each): each is FoundRecord => isRecord(each) && typeof each.id === "string");
}

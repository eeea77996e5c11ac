import { inChunks } from "../platform/chunks.ts";
import type { ZohoClient } from "./client.ts";
import type { ZohoCallError } from "./faults.ts";
import { type FoundRecord, foundRecords, hasMore } from "./found_records.ts";
import { askHalved, isUnreadableQuery } from "./halved.ts";
import type { Module } from "../mapping/record_type.ts";

/** Most values of one `in`: 50 by the oldest COQL page, 100 by the newest. */
export const valuesPerList = 50;
/** Of the 25 conditions of one query: enough for all values of a wave, most of which find no row. */
const listsPerQuery = 8;
export const valuesPerQuery = valuesPerList * listsPerQuery;
/** Rows of a page: more would cost more than one credit (api-limits page). */
export const rowsPerPage = 200;

/**
 * Escapes a value for search criteria: `(`, `)` and `,` with a backslash, and the backslash itself
 * (search-records page). The caller's URL encoding comes on top.
 */
export function escapeCriteria(value: string): string {
  return value.replace(/[\\(),]/g, (character) => `\\${character}`);
}

/** A COQL text: an apostrophe is doubled (help.zoho.com, kaizen-171). */
export function coqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The condition that a field is one of these values. */
export function isAnyOf(field: string, values: string[]): string {
  return anyOf(
    inChunks(values, valuesPerList).map((some) => `${field} in (${some.map(coqlText).join(", ")})`),
  );
}

/** `((a or b) or (c or d))`: more than two conditions are nested in brackets, two by two (COQL page). */
export function anyOf(conditions: string[]): string {
  const [only = ""] = conditions;
  if (conditions.length < 2) return only;
  const half = Math.ceil(conditions.length / 2);
  return `(${anyOf(conditions.slice(0, half))} or ${anyOf(conditions.slice(half))})`;
}

/** How COQL treats a backslash is not documented: such values go through search, whose escaping is. */
export function isSafeForCoql(value: string): boolean {
  return !value.includes("\\");
}

export interface FindOptions {
  /** Compares two values; plain equality by default. */
  isSame?: (a: string, b: string) => boolean;
  /** Further fields to read from each record. */
  columns?: readonly string[];
  /** Receives a value that no query or search can express; without it the find fails. */
  onUnreadable?: (value: string, error: ZohoCallError) => void;
}

/**
 * Records whose field is exactly one of the values, the oldest first. COQL is free of the search index's lag, so a
 * record made a moment ago is found. The answer is checked again here: Zoho compares text more loosely than we do.
 * One odd value costs a few more calls and does not affect the others.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function findByField(
  client: ZohoClient,
  module: Module,
  field: string,
  values: string[],
  { isSame = (a, b) => a === b, columns = [], onUnreadable }: FindOptions = {},
): Promise<FoundRecord[]> {
  const wanted = [...new Set(values)];
  const fields = ["id", field, ...columns];
  const found: FoundRecord[] = [];
  const alone = async (value: string) => {
    try {
      return await searchRecord(client, module, field, value, { fields: fields.join(",") });
    } catch (error) {
      if (onUnreadable === undefined || !isUnreadableQuery(error)) throw error;
      onUnreadable(value, error);
      return [];
    }
  };
  const ask = (some: string[]) =>
    allRows(
      client,
      `select ${fields.join(", ")} from ${module} where ${isAnyOf(field, some)} order by id asc`,
    );
  const direct = wanted.filter(isSafeForCoql);
  for (const some of inChunks(direct, valuesPerQuery)) found.push(...await askHalved(some, { ask, alone }));
  for (const value of wanted.filter((each) => !isSafeForCoql(each))) found.push(...await alone(value));
  return found.filter((record) => {
    const held = record[field];
    return typeof held === "string" && wanted.some((value) => isSame(held, value));
  }).sort(byAge);
}

/** Ids are decimal texts too long for a number; the lower one is the older record. */
export function byAge(a: FoundRecord, b: FoundRecord): number {
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
    found.push(...foundRecords(body, `the search of ${module}`));
    if (!hasMore(body)) break;
  }
  return found;
}

/** Zoho answers at most 2,000 rows of a search. */
const mostPages = 10;

async function allRows(client: ZohoClient, query: string): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (let page = 0; page < mostPages; page++) {
    const { records, more } = await coqlPage(client, `${query} limit ${page * rowsPerPage}, ${rowsPerPage}`);
    found.push(...records);
    if (!more) break;
  }
  return found;
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
  return { records: foundRecords(body, "the query's answer"), more: hasMore(body) };
}

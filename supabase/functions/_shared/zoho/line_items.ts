import { inChunks } from "../platform/chunks.ts";
import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "./client.ts";
import type { FaultDecision } from "./error_table.ts";
import { rowOfFault } from "./fault_row.ts";
import { ZohoCallError } from "./faults.ts";
import type { FoundRecord } from "./found_records.ts";
import { readOneRecord } from "./list.ts";
import { byAge, coqlPage, coqlText, valuesPerList } from "./search.ts";

/** Records with line items, and the field they are in, which is also the name of their module: Quoted_Items. */
export interface LinedModule {
  module: string;
  lines: string;
}

/** Makes a call, with retries and limited concurrency. */
export type Ask = <T>(call: () => Promise<T>) => Promise<T>;

const atOnce: Ask = (call) => call();

/** Rows of line items, by the id of their record. */
export type LinesOf = Map<string, unknown>;

/** A row's record and what we compare of it. */
const needed = ["Parent_Id", "Product_Name", "Quantity", "List_Price", "Description"];

/** Column sets, tried in turn: whether a row has its sequence number is not documented; otherwise the order of ids is used. */
const columnSets = [[...needed, "Sequence_Number"], needed];

const rowsPerPage = 200;

/**
 * Reads the line items of many records together: lists do not carry them (get-records page), but they are a module of
 * their own, which COQL reads, 50 records and 200 rows a call. If an org refuses that query, this is remembered as long as the
 * process lives, and its records are read one by one.
 */
export class LineItems {
  /** By module of lines: how many sets of columns were refused. */
  readonly #refused = new Map<string, number>();

  /**
   * A record without rows in the query's answer is read by itself: it may be gone, or the query may lag, and rows
   * that are not seen would be added again.
   *
   * @returns no entry for a record that Zoho does not have
   * @throws ZohoCallError, ZohoTokenError
   */
  async read(client: ZohoClient, of: LinedModule, ids: string[], ask: Ask = atOnce): Promise<LinesOf> {
    const wanted = [...new Set(ids)];
    const pages = await Promise.all(
      inChunks(wanted, valuesPerList).map((some) => this.#rowsOf(client, of, some, ask)),
    );
    const rows = Map.groupBy(pages.flat(), parentOf);
    const found = wanted.flatMap((id): [string, unknown][] => {
      const own = rows.get(id);
      return own === undefined ? [] : [[id, own.sort(byPlace)]];
    });
    const shown = new Map(found);
    const alone = await this.readAlone(client, of, wanted.filter((id) => !shown.has(id)), ask);
    return new Map([...shown, ...alone]);
  }

  /** The same by a read of each record, which never lags. @throws ZohoCallError, ZohoTokenError */
  async readAlone(
    client: ZohoClient,
    { module, lines }: LinedModule,
    ids: string[],
    ask: Ask = atOnce,
  ): Promise<LinesOf> {
    const records = await Promise.all(ids.map((id) => ask(() => readOneRecord(client, module, id))));
    return new Map(records.flatMap((record) => record === null ? [] : [[record.id, record[lines]]]));
  }

  /** Records of a list with their line items; records deleted meanwhile are left out. */
  async addTo(
    client: ZohoClient,
    of: LinedModule,
    records: FoundRecord[],
    ask: Ask = atOnce,
  ): Promise<FoundRecord[]> {
    const lines = await this.read(client, of, records.map(({ id }) => id), ask);
    return records.flatMap((record) =>
      lines.has(record.id) ? [{ ...record, [of.lines]: lines.get(record.id) }] : []
    );
  }

  async #rowsOf(client: ZohoClient, of: LinedModule, ids: string[], ask: Ask): Promise<FoundRecord[]> {
    for (;;) {
      const refused = this.#refusedSets(of);
      const columns = columnSets[refused];
      if (columns === undefined) return [];
      try {
        return await queryRows(client, of, { ids, columns }, ask);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // The cause may be these records and not the module.
        if (await ask(() => refusalOfLines(client, of.lines, columns)) === null) return [];
        this.#refused.set(of.lines, Math.max(refused + 1, this.#refusedSets(of)));
      }
    }
  }

  #refusedSets({ lines }: LinedModule): number {
    return this.#refused.get(lines) ?? 0;
  }
}

/**
 * Why this org answers no query for line items of a module; null when it does.
 * @throws ZohoCallError, ZohoTokenError
 */
export async function refusalOfLines(
  client: ZohoClient,
  lines: string,
  columns: string[] = needed,
): Promise<string | null> {
  try {
    await coqlPage(client, `select id, ${columns.join(", ")} from ${lines} where id is not null limit 1`);
    return null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.code;
  }
}

/** Reads page after page in the order of ids, so that rows added or deleted meanwhile do not shift the others. */
async function queryRows(
  client: ZohoClient,
  { lines }: LinedModule,
  { ids, columns }: { ids: string[]; columns: string[] },
  ask: Ask,
): Promise<FoundRecord[]> {
  const parents = `Parent_Id in (${ids.map(coqlText).join(", ")})`;
  const rows: FoundRecord[] = [];
  let where = parents;
  for (;;) {
    const query = `select id, ${columns.join(", ")} from ${lines} where ${where} ` +
      `order by id asc limit ${rowsPerPage}`;
    const { records, more } = await ask(() => coqlPage(client, query));
    rows.push(...records);
    const last = records.at(-1);
    if (!more || last === undefined) return rows;
    where = `${parents} and id > ${coqlText(last.id)}`;
  }
}

/** Refusals of the module or its records; other faults of a whole call would hit every call. */
const refusals = new Set<FaultDecision>(["hold", "ask_person", "fix_mapping"]);

/** Codes with which Zoho refuses this query permanently. */
function isRefusal(error: unknown): error is ZohoCallError {
  if (!(error instanceof ZohoCallError)) return false;
  const { decision } = rowOfFault(error);
  return refusals.has(decision) || error.code === "LIMIT_EXCEEDED";
}

/** The parent appears as a lookup or as an id, judging by other clients. */
function parentOf({ Parent_Id: parent }: FoundRecord): string {
  return String(isRecord(parent) ? parent.id : parent);
}

function byPlace(a: FoundRecord, b: FoundRecord): number {
  return placeOf(a) - placeOf(b) || byAge(a, b);
}

function placeOf({ Sequence_Number: place }: FoundRecord): number {
  const number = Number(place ?? NaN);
  return Number.isNaN(number) ? 0 : number;
}

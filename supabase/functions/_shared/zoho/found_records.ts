import { isRefusal } from "./answer.ts";
import { isRecord } from "../platform/is_record.ts";
import { ZohoCallError } from "./faults.ts";

/** A record as COQL, search and lists answer it. */
export type FoundRecord = Record<string, unknown> & { id: string };

/**
 * The records of an answer; none for 204 and 304. An item that is not a record is a fault rather than left out, since callers that read
 * records by id treat missing ones as deleted.
 *
 * @throws ZohoCallError
 */
export function foundRecords(body: unknown, what: string): FoundRecord[] {
  if (body === null) return [];
  if (!isRecord(body) || !Array.isArray(body.data)) throw unreadable(`${what} has no data`);
  return body.data.map((item) => {
    if (isFound(item)) return item;
    throw unreadable(`${what} has an item that is no record`);
  });
}

/** Whether there are more of them than this page. */
export function hasMore(body: unknown): boolean {
  return isRecord(body) && isRecord(body.info) && body.info.more_records === true;
}

function isFound(item: unknown): item is FoundRecord {
  return isRecord(item) && typeof item.id === "string" && item.id !== "" && !isRefusal(item);
}

function unreadable(message: string): ZohoCallError {
  return new ZohoCallError("UNREADABLE", message);
}

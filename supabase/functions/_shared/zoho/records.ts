import type { Module } from "../mapping/record_type.ts";
import type { SentFields } from "../mapping/types.ts";
import { isRefusal } from "./answer.ts";
import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";
import { refusedPlace } from "./refused_place.ts";

/** Most records of one write call (insert-records page). */
export const recordsPerCall = 100;

/** The outcome of one record of a batch. */
export type RecordResult =
  | {
    ok: true;
    id: string;
    action: "insert" | "update";
    modifiedAt: string | null;
    modifiedBy: string | null;
  }
  | {
    ok: false;
    /** Zoho's code; RECORD_NOT_FOUND where Zoho says INVALID_DATA about the record's own id. */
    code: string;
    /** The record's field, by the refusal's path; of something in a line it is the list of lines. */
    field: string | null;
    /** Of a line: its row, and the line's own field. */
    line?: { row: number; field: string | null };
    /** The field, or the line's, points to a record that is gone, inactive or not to be used. */
    isLookup?: true;
    message: string;
    /** DUPLICATE_DATA names the record that holds the value. */
    duplicateId: string | null;
    supportedValues?: string[];
    /** MULTIPLE_OR_MULTI_ERRORS: the refusal of each field. */
    several?: Refusal[];
    /** No answer ruled out that it was carried out. */
    mayBeDone?: true;
  };

type Refusal = Extract<RecordResult, { ok: false }>;

/** A write costs 1 credit per 10 records (api-limits page). */
export function writeCredits(records: number): number {
  return Math.max(1, Math.ceil(records / 10));
}

/**
 * Inserts or updates up to 100 records, matched by the named fields only: otherwise Zoho matches by fields of its own
 * choice, and two customers become one (upsert-records page). A create whose answer was lost is found again by the same
 * call.
 *
 * @returns one result per record, in the order of the records
 * @throws ZohoCallError, ZohoTokenError
 */
export function upsertRecords(
  client: ZohoClient,
  module: Module,
  records: SentFields[],
  duplicateCheckFields: [string, ...string[]],
): Promise<RecordResult[]> {
  return write(client, "POST", `/${module}/upsert`, records, {
    duplicate_check_fields: duplicateCheckFields,
  });
}

/**
 * Inserts up to 100 records. One whose unique value is taken is refused with DUPLICATE_DATA, which names the
 * holder: so a create whose answer was lost is found again by the same call, and nothing of it is written twice.
 * An upsert would append its line items to the rows that are there (subform page).
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export function insertRecords(
  client: ZohoClient,
  module: Module,
  records: SentFields[],
): Promise<RecordResult[]> {
  return write(client, "POST", `/${module}`, records, {});
}

/**
 * Updates up to 100 records by id; each gets only the fields it names.
 *
 * @param unmodifiedSinceMs by Zoho's clock: a record that was written after it is refused with ALREADY_MODIFIED (412), or
 * the whole call is; Zoho's pages do not say which
 * @throws ZohoCallError, ZohoTokenError
 */
export function updateRecords(
  client: ZohoClient,
  module: Module,
  records: (SentFields & { id: string })[],
  unmodifiedSinceMs: number | null = null,
): Promise<RecordResult[]> {
  const headers = unmodifiedSinceMs === null
    ? undefined
    : { "If-Unmodified-Since": `${new Date(unmodifiedSinceMs).toISOString().slice(0, 19)}+00:00` };
  return write(client, "PUT", `/${module}`, records, {}, headers);
}

async function write(
  client: ZohoClient,
  method: "POST" | "PUT",
  path: string,
  records: SentFields[],
  options: Record<string, unknown>,
  headers?: Record<string, string>,
): Promise<RecordResult[]> {
  if (records.length > recordsPerCall) {
    throw new RangeError(`a write call takes ${recordsPerCall} records, not ${records.length}`);
  }
  const { status, body } = await client.call({
    method,
    path,
    credits: writeCredits(records.length),
    ...(headers === undefined ? {} : { headers }),
    body: { data: records, ...options, ...(client.runWorkflows ? {} : { trigger: [] }) },
  });
  const items = isRecord(body) && Array.isArray(body.data) ? body.data : [];
  if (items.length !== records.length) throw wrongCount(records.length, items, status);
  return items.map((item, index) => readResult(item, status, ownId(records[index])));
}

/** The same refusal for all records is the call's; after anything else some records may be written. */
function wrongCount(count: number, items: unknown[], status: number): ZohoCallError {
  const [first] = items;
  if (status >= 400 && isRecord(first) && items.every(isRefusal)) {
    const code = textOr(first.code, `HTTP_${status}`);
    return new ZohoCallError(code, `the write of ${count} records was answered ${status} ${code}`, {
      status,
    });
  }
  return new ZohoCallError("UNREADABLE", `${count} records got ${items.length} results`, {
    status,
    outcomeUnknown: true,
  });
}

/** The id of a record to update; null for one to create. */
function ownId(record: SentFields | undefined): string | null {
  return record === undefined ? null : textOr(record.id, null);
}

function readResult(item: unknown, status: number, id: string | null): RecordResult {
  const it = isRecord(item) ? item : {};
  const details = isRecord(it.details) ? it.details : {};
  if (isWritten(it, details, status, id)) {
    const modifiedBy = isRecord(details.Modified_By) ? details.Modified_By.id : null;
    return {
      ok: true,
      id: details.id,
      action: it.action === "insert" || it.message === "record added" ? "insert" : "update",
      modifiedAt: textOr(details.Modified_Time, null),
      modifiedBy: textOr(modifiedBy, null),
    };
  }
  return readRefusal(it, details, id);
}

function readRefusal(
  it: Record<string, unknown>,
  details: Record<string, unknown>,
  id: string | null,
): Refusal {
  const message = textOr(it.message, "Zoho gave no message");
  const { field, line, isLookup } = refusedPlace(details);
  const isGone = it.code === "INVALID_DATA" && id !== null && isOwnId(details, field, message, id);
  return {
    ok: false,
    // An implausible success may still be one: the record is looked at again.
    ...(!isGone && it.code === "SUCCESS" ? { mayBeDone: true } : {}),
    code: isGone ? "RECORD_NOT_FOUND" : it.code === "SUCCESS" ? "UNREADABLE" : textOr(it.code, "UNKNOWN"),
    field,
    ...(line === null ? {} : { line }),
    ...(isLookup ? { isLookup } : {}),
    message,
    // Other refusals carry the record's own id there.
    duplicateId: it.code === "DUPLICATE_DATA" ? duplicateId(details) : null,
    ...(Array.isArray(details.supported_values)
      ? { supportedValues: details.supported_values.map(String) }
      : {}),
    ...(it.code === "MULTIPLE_OR_MULTI_ERRORS" ? { several: readSeveral(details, id) } : {}),
  };
}

function readSeveral({ errors }: Record<string, unknown>, id: string | null): Refusal[] {
  const listed = Array.isArray(errors) ? errors.filter(isRefusal).filter(isRecord) : [];
  return listed.map((each) => readRefusal(each, isRecord(each.details) ? each.details : {}, id));
}

/** Whether every part of the result reports success, for the record that was sent. */
function isWritten(
  item: Record<string, unknown>,
  details: Record<string, unknown>,
  status: number,
  id: string | null,
): details is Record<string, unknown> & { id: string } {
  return item.code === "SUCCESS" && !isRefusal(item) && status < 400 &&
    typeof details.id === "string" && details.id !== "" && (id === null || details.id === id);
}

/** "the id given seems to be invalid" refers to the record's own id or to a lookup; the path shows which. */
function isOwnId(
  details: Record<string, unknown>,
  field: string | null,
  message: string,
  id: string,
): boolean {
  if (!/\bid given\b/i.test(message) || details.id !== undefined && details.id !== id) return false;
  return field === "id" || field === null && details.json_path === undefined;
}

/** In `duplicate_record` now, at the top level in older replies. */
function duplicateId(details: Record<string, unknown>): string | null {
  const record = isRecord(details.duplicate_record) ? details.duplicate_record : details;
  return textOr(record.id, null);
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

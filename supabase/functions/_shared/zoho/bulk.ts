import { isRecord } from "./answer.ts";
import type { ZohoClient } from "./client.ts";
import { parseCsv } from "./csv.ts";
import { ZohoCallError } from "./faults.ts";
import type { Module } from "./records.ts";
import { unzipFile, zipFile } from "./zip.ts";

/** A job costs so much, however many of its 25,000 rows are used (api-limits page). */
export const bulkJobCredits = 500;

/** A column of the file: which field it fills, and by what a lookup names its record. */
export interface BulkColumn {
  field: string;
  findBy?: "id";
}

/** What became of a row: found again by its unique field, since the file's order is not promised. */
export interface BulkRowResult {
  key: string;
  /** Null when the row was refused. */
  id: string | null;
  action: "insert" | "update";
  code: string | null;
}

/**
 * Uploads a CSV for a bulk write job (upload-file page). Uploading again is harmless: a file does nothing by itself.
 * @returns the file's id
 * @throws ZohoCallError, ZohoTokenError
 */
export async function uploadCsv(client: ZohoClient, csv: string): Promise<string> {
  const form = new FormData();
  const zip = await zipFile("rows.csv", new TextEncoder().encode(csv));
  form.set("file", new File([zip], "rows.zip", { type: "application/zip" }));
  const { body } = await client.call({
    method: "POST",
    service: "upload",
    path: "/upload",
    headers: { feature: "bulk-write", "X-CRM-ORG": await orgId(client) },
    form,
  });
  const details = isRecord(body) && isRecord(body.details) ? body.details : {};
  return textOrThrow(details.file_id, "the upload has no file_id");
}

/** The org's id, which an upload has to name (zgid of get-org). */
async function orgId(client: ZohoClient): Promise<string> {
  const { body } = await client.call({ method: "GET", path: "/org" });
  const [org] = isRecord(body) && Array.isArray(body.org) ? body.org : [];
  return textOrThrow(isRecord(org) ? org.zgid : null, "the org has no zgid");
}

/**
 * Begins a job that makes the rows' records, or updates those that have the same value in the unique field: run twice
 * it doubles nothing.
 *
 * @returns the job's id
 * @throws ZohoCallError, ZohoTokenError
 */
export async function startBulkUpsert(
  client: ZohoClient,
  { module, fileId, findBy, columns }: {
    module: Module;
    fileId: string;
    findBy: string;
    columns: BulkColumn[];
  },
): Promise<string> {
  const { body } = await client.call({
    method: "POST",
    service: "bulk",
    path: "/write",
    credits: bulkJobCredits,
    body: {
      operation: "upsert",
      // An empty cell empties the field, as a null in an ordinary upsert does.
      ignore_empty: false,
      resource: [{
        type: "data",
        module: { api_name: module },
        file_id: fileId,
        find_by: findBy,
        field_mappings: columns.map(({ field, findBy: by }, index) => ({
          api_name: field,
          index,
          ...(by === undefined ? {} : { find_by: by }),
        })),
      }],
    },
  });
  const details = isRecord(body) && isRecord(body.details) ? body.details : {};
  return textOrThrow(details.id, "the job has no id");
}

export type BulkJobState =
  | { state: "working" }
  | { state: "completed"; resultUrl: string }
  | { state: "failed"; code: string };

/** @throws ZohoCallError, ZohoTokenError */
export async function readBulkJob(client: ZohoClient, jobId: string): Promise<BulkJobState> {
  const { body } = await client.call({ method: "GET", service: "bulk", path: `/write/${jobId}` });
  const job = isRecord(body) ? body : {};
  if (job.status === "FAILED" || job.status === "SKIPPED") {
    return { state: "failed", code: `BULK_${job.status}` };
  }
  if (job.status !== "COMPLETED") return { state: "working" };
  const url = isRecord(job.result) ? job.result.download_url : null;
  return { state: "completed", resultUrl: textOrThrow(url, "the job has no result") };
}

/**
 * Downloads what became of each row: the file as it was sent, with STATUS, RECORD_ID and ERRORS behind.
 * @throws ZohoCallError, ZohoTokenError
 */
export async function readBulkResult(
  client: ZohoClient,
  resultUrl: string,
  keyField: string,
): Promise<BulkRowResult[]> {
  const { body } = await client.call({ method: "GET", path: "", url: resultUrl, answer: "bytes" });
  const csv = body instanceof Uint8Array ? await unzipFile(new Uint8Array(body)) : null;
  if (csv === null) throw unreadable("the job's result is no zip");
  const [header = [], ...rows] = parseCsv(new TextDecoder().decode(csv));
  const [key, status, id, errors] = [keyField, "STATUS", "RECORD_ID", "ERRORS"].map((name) =>
    header.indexOf(name)
  );
  if (key === undefined || status === undefined || id === undefined || [key, status, id].includes(-1)) {
    throw unreadable("the job's result has other columns");
  }
  return rows.map((row) => readRow(row[key], row[status], row[id], row[errors ?? -1]));
}

function readRow(key = "", status = "", id = "", errors = ""): BulkRowResult {
  const isWritten = (status === "ADDED" || status === "UPDATED") && id !== "";
  return {
    key,
    id: isWritten ? id : null,
    action: status === "ADDED" ? "insert" : "update",
    // "MANDATORY_NOT_FOUND", or "CODE:field:value": the code alone, since a value may be personal.
    code: isWritten ? null : /^[A-Z][A-Z_]{2,60}/.exec(errors)?.[0] ?? "UNREADABLE",
  };
}

function textOrThrow(value: unknown, problem: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw unreadable(problem);
}

function unreadable(problem: string): ZohoCallError {
  return new ZohoCallError("UNREADABLE", `bulk write: ${problem}`);
}

import type { JsonObject } from "../core/json.ts";

export interface BulkJob {
  id: string;
  operation: "insert" | "update" | "upsert";
  module: string;
  csv: string;
  fileName: string;
  findBy: string | undefined;
  ignoreEmpty: boolean;
  mappings: {
    apiName: string;
    index: number;
    findBy: string | undefined;
    defaultValue: string | undefined;
  }[];
  callbackUrl: string | undefined;
  createdMs: number;
  readyAtMs: number;
  /** Filled in when the job has run. */
  result: { added: number; updated: number; skipped: number; total: number; csv: string } | undefined;
}

/** Uploaded files and the jobs made of them. */
export class BulkBook {
  readonly files = new Map<string, { name: string; csv: string }>();
  readonly jobs = new Map<string, BulkJob>();

  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  /** For a job that calls back: nobody may poll for it. */
  later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.files.clear();
    this.jobs.clear();
  }
}

/** Fields as a CSV line: a quoted field may hold commas, quotes and line ends. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endRow = () => {
    row.push(field);
    field = "";
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (quoted && sign === '"' && text[at + 1] === '"') {
      field += '"';
      at++;
    } else if (sign === '"') quoted = !quoted;
    else if (quoted) field += sign;
    else if (sign === ",") {
      row.push(field);
      field = "";
    } else if (sign === "\n") endRow();
    else if (sign !== "\r") field += sign;
  }
  endRow();
  return rows;
}

export function toCsv(rows: string[][]): string {
  const quote = (value: string) => /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return rows.map((row) => row.map(quote).join(",")).join("\r\n") + "\r\n";
}

export function jobAsJson(
  job: BulkJob,
  moduleId: string,
  origin: string,
  iso: (ms: number) => string,
): JsonObject {
  const { result } = job;
  const status = result === undefined ? "ADDED" : "COMPLETED";
  return {
    id: job.id,
    status,
    character_encoding: "UTF-8",
    operation: job.operation,
    created_time: iso(job.createdMs),
    resource: [{
      status,
      type: "data",
      module: { api_name: job.module, id: moduleId },
      field_mappings: job.mappings.map(({ apiName, index }) => ({ api_name: apiName, index })),
      file: {
        status,
        name: job.fileName,
        added_count: result?.added ?? 0,
        updated_count: result?.updated ?? 0,
        skipped_count: result?.skipped ?? 0,
        total_count: result?.total ?? 0,
      },
    }],
    result: result === undefined ? null : { download_url: `${origin}/crm/bulk/v8/write/${job.id}/result` },
  };
}

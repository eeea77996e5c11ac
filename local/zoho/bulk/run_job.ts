import type { Json, JsonObject } from "../core/json.ts";
import type { Module } from "../org/module.ts";
import { indexKey } from "../org/store.ts";
import type { WriteScope } from "../records/scope.ts";
import { checkOrder, upsertRecord } from "../records/upsert.ts";
import { insertRecord, type Outcome, updateRecord } from "../records/write.ts";
import { type BulkJob, parseCsv, toCsv } from "./book.ts";

type WriteRow = (
  scope: WriteScope,
  module: Module,
  input: JsonObject,
  job: BulkJob,
  index: number,
) => Outcome;

const writers: Record<BulkJob["operation"], WriteRow> = {
  insert: (scope, module, input, _job, index) => insertRecord(scope, module, input, index),
  update: (scope, module, input, job, index) =>
    updateRecord(scope, module, idOf(module, input, job), input, index),
  upsert: (scope, module, input, job, index) =>
    typeof input.id === "string"
      ? updateRecord(scope, module, input.id, input, index)
      : upsertRecord(scope, module, input, checkOrder(module, job.findBy ? [job.findBy] : undefined), index),
};

/** Writes every row; the result is the CSV again with what became of each. */
export function runJob(scope: WriteScope, job: BulkJob): BulkJob["result"] {
  const module = scope.org.module(job.module);
  if (module === undefined) return { added: 0, updated: 0, skipped: 0, total: 0, csv: "" };
  const [header = [], ...rows] = parseCsv(job.csv);
  const counts = { added: 0, updated: 0, skipped: 0, total: rows.length };
  const lines = rows.map((row, index) => {
    const outcome = writers[job.operation](scope, module, readRow(module, row, job), job, index);
    if (!outcome.ok) {
      counts.skipped++;
      return [...row, "SKIPPED", "", outcome.item.code];
    }
    const added = outcome.item.message === "record added";
    counts[added ? "added" : "updated"]++;
    return [...row, added ? "ADDED" : "UPDATED", outcome.record.id, ""];
  });
  return { ...counts, csv: toCsv([[...header, "STATUS", "RECORD_ID", "ERRORS"], ...lines]) };
}

function readRow(module: Module, row: string[], job: BulkJob): JsonObject {
  const input: JsonObject = {};
  for (const { apiName, index, findBy, defaultValue } of job.mappings) {
    const text = row[index] ?? defaultValue ?? "";
    if (text === "" && job.ignoreEmpty) continue;
    const dataType = module.fields.get(apiName)?.dataType;
    if (dataType === "lookup") input[apiName] = text === "" ? null : { [findBy ?? "id"]: text };
    else input[apiName] = dataType === "boolean" ? asBoolean(text) : text;
  }
  return input;
}

function asBoolean(text: string): Json {
  return text === "" ? null : text.toLowerCase() === "true";
}

function idOf(module: Module, input: JsonObject, job: BulkJob): string {
  if (typeof input.id === "string") return input.id;
  const key = job.findBy === undefined ? undefined : indexKey(input[job.findBy]);
  return (key === undefined || job.findBy === undefined
    ? undefined
    : module.store.idsWith(job.findBy, key)?.[0]) ?? "";
}

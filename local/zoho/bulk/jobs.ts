import { isObject, type Json } from "../core/json.ts";
import { type ApiCall, moduleOf } from "../http/call.ts";
import { refuse, type Reply } from "../http/reply.ts";
import { noExternalKeys, type WriteScope } from "../records/scope.ts";
import type { Org } from "../org/org.ts";
import { type BulkJob, jobAsJson, parseCsv } from "./book.ts";
import { runJob } from "./run_job.ts";
import { zipOne } from "./zip.ts";

const jobCredits = 500;
const rowLimit = 25_000;
const operations = ["insert", "update", "upsert"] as const;

/** `POST /bulk/write`: a job over an uploaded CSV. Quotes and Invoices are not in its module list (facts §6). */
export function createJob(call: ApiCall): Reply {
  call.credits = jobCredits;
  const job = readJobRequest(call);
  const { org } = call;
  org.bulk.jobs.set(job.id, job);
  if (job.callbackUrl !== undefined) org.bulk.later(org.settings.bulkJobMs, () => finish(org, job));
  const { integration } = org.users;
  const details = { id: job.id, created_by: { id: integration.id, name: integration.name } };
  return { status: 201, body: { status: "success", code: "SUCCESS", message: "success", details } };
}

export function readJob(call: ApiCall): Reply {
  const job = jobOf(call);
  if (call.org.nowMs() >= job.readyAtMs) finish(call.org, job);
  return { status: 200, body: asJson(call.org, job) };
}

export function downloadResult(call: ApiCall): Reply {
  const job = jobOf(call);
  if (job.result === undefined) return refuse("INVALID_DATA", "the job has no result yet", { id: job.id });
  const bytes = zipOne(`${job.id}.csv`, new TextEncoder().encode(job.result.csv));
  return { status: 200, bytes, contentType: "application/zip" };
}

function finish(org: Org, job: BulkJob): void {
  if (job.result !== undefined || !org.bulk.jobs.has(job.id)) return;
  const scope: WriteScope = {
    org,
    actor: "api",
    user: org.users.integration,
    triggers: true,
    external: noExternalKeys,
    unmodifiedSinceMs: undefined,
    recordFault: () => undefined,
    changes: [],
  };
  job.result = runJob(scope, job);
  org.announce(scope.changes);
  if (job.callbackUrl === undefined) return;
  const body = JSON.stringify({
    job_id: job.id,
    operation: job.operation,
    state: "COMPLETED",
    ...asJson(org, job),
  });
  const { callbackUrl: url, module, operation } = job;
  org.deliverer.send({ kind: "bulk", url, module, operation, ids: [job.id], body, headers: {} });
}

function asJson(org: Org, job: BulkJob) {
  return jobAsJson(job, org.module(job.module)?.id ?? "", org.origin, (ms) => org.iso(ms));
}

function jobOf(call: ApiCall): BulkJob {
  const id = call.params.id ?? "";
  return call.org.bulk.jobs.get(id) ??
    refuse("RESOURCE_NOT_FOUND", "The requested resource doesn't exist", { id }, 404);
}

function readJobRequest(call: ApiCall): BulkJob {
  const body = isObject(call.body) ? call.body : {};
  const operation = operations.find((known) => known === body.operation);
  if (operation === undefined) {
    return refuse("INVALID_DATA", "invalid data", {
      api_name: "operation",
      supported_values: [...operations],
    });
  }
  const [resource] = Array.isArray(body.resource) ? body.resource : [];
  if (!isObject(resource)) {
    return refuse("MANDATORY_NOT_FOUND", "required field not found", { api_name: "resource" });
  }
  const module = moduleOf(call, isObject(resource.module) ? String(resource.module.api_name) : "");
  if (!module.bulkWrite) {
    return refuse("NOT_SUPPORTED", "the module is not supported", { api_name: module.apiName });
  }
  const file = call.org.bulk.files.get(String(resource.file_id));
  if (file === undefined) return refuse("INVALID_DATA", "invalid data", { api_name: "file_id" });
  const mappings = readMappings(resource.field_mappings, parseCsv(file.csv)[0] ?? []);
  const unknown = mappings.find(({ apiName }) => apiName !== "id" && !module.fields.has(apiName));
  if (unknown !== undefined) {
    return refuse("INVALID_DATA", "invalid data", {
      api_name: unknown.apiName,
      json_path: "$.resource[0].field_mappings",
    });
  }
  if (parseCsv(file.csv).length - 1 > rowLimit) {
    refuse("LIMIT_EXCEEDED", "too many rows", { limit: rowLimit });
  }
  const nowMs = call.org.nowMs();
  return {
    id: call.org.ids.next(),
    operation,
    module: module.apiName,
    csv: file.csv,
    fileName: file.name,
    findBy: typeof resource.find_by === "string" ? resource.find_by : undefined,
    ignoreEmpty: resource.ignore_empty === true || body.ignore_empty === true,
    mappings,
    callbackUrl: isObject(body.callback) && typeof body.callback.url === "string"
      ? body.callback.url
      : undefined,
    createdMs: nowMs,
    readyAtMs: nowMs + call.org.settings.bulkJobMs,
    result: undefined,
  };
}

/** Without a mapping the header of the CSV names the fields. */
function readMappings(value: Json | undefined, header: string[]): BulkJob["mappings"] {
  if (!Array.isArray(value)) {
    return header.map((apiName, index) => ({ apiName, index, findBy: undefined, defaultValue: undefined }));
  }
  return value.filter(isObject).map((entry) => ({
    apiName: String(entry.api_name),
    index: typeof entry.index === "number" ? entry.index : -1,
    findBy: typeof entry.find_by === "string" ? entry.find_by : undefined,
    defaultValue: isObject(entry.default_value) ? String(entry.default_value.value) : undefined,
  }));
}

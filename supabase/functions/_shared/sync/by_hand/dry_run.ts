import { z } from "zod";
import type { Arguments, FunctionName } from "../../platform/database.ts";
import { isRecord } from "../../platform/is_record.ts";
import type { ZohoClient } from "../../zoho/client.ts";
import type { ZohoRequest, ZohoResponse } from "../../zoho/request.ts";
import type { Module } from "../../mapping/record_type.ts";
import { findByField } from "../../zoho/search.ts";
import { firstEpoch, type RevisionSpace } from "../../merge/revision.ts";
import type { Fields } from "../../mapping/types.ts";
import { fields } from "../claim/change.ts";
import { DrainSession, type SyncDependencies } from "../drain_session.ts";

export type PlannedWrite = "create" | "link" | "update";

/** The records that are counted: those of one module, found by one reference. */
interface Counted {
  module: Module;
  reference: string;
}

/**
 * A Zoho client that reads and never writes. The drain's own code runs against it, and its writes are counted. A
 * create is looked up by its unique field first, because the real one would meet an existing record.
 */
export class DryRunZoho implements ZohoClient {
  readonly runWorkflows: boolean;
  /** What would be written to records of the counted module, by the id in the answer. */
  readonly written = new Map<string, PlannedWrite>();
  /** Credits that the real run will use. */
  estimated = 0;

  readonly #zoho: ZohoClient;
  readonly #counted: Counted;

  constructor(zoho: ZohoClient, counted: Counted) {
    this.#zoho = zoho;
    this.#counted = counted;
    this.runWorkflows = zoho.runWorkflows;
  }

  ready(): Promise<void> {
    return this.#zoho.ready();
  }

  /** What the dry run itself has cost. */
  takeSpent(): { credits: number; calls: number } {
    return this.#zoho.takeSpent();
  }

  async call(request: ZohoRequest): Promise<ZohoResponse> {
    this.estimated += request.credits ?? 1;
    if (request.method === "GET" || request.path === "/coql") {
      return await this.#zoho.call(request);
    }
    const records = recordsOf(request.body);
    const [, module = ""] = request.path.split("/");
    const isMaking = module === this.#counted.module && request.method === "POST";
    const met = isMaking ? await this.#existing(request, records) : new Map<string, string>();
    const data = records.map((record) => this.#pretend(request, record, module, met));
    return { status: 200, body: { data } };
  }

  #pretend(request: ZohoRequest, record: Record<string, unknown>, module: string, met: Map<string, string>) {
    const field = this.#fieldOf(request);
    const existing = request.method === "PUT" ? String(record.id) : met.get(keyOf(record[field]));
    const isInsert = request.method === "POST" && checkField(request) === undefined;
    const isOurs = module === this.#counted.module;
    if (isInsert && existing !== undefined) {
      // Linked, even if nothing has to be sent to it.
      if (isOurs) this.written.set(existing, "link");
      return {
        code: "DUPLICATE_DATA",
        status: "error",
        message: "",
        details: { api_name: field, id: existing },
      };
    }
    const id = existing ?? crypto.randomUUID();
    if (isOurs && this.written.get(id) !== "link") {
      this.written.set(id, request.method === "PUT" ? "update" : existing === undefined ? "create" : "link");
    }
    return { code: "SUCCESS", status: "success", action: existing ? "update" : "insert", details: { id } };
  }

  #fieldOf(request: ZohoRequest): string {
    return checkField(request) ?? this.#counted.reference;
  }

  async #existing(request: ZohoRequest, records: Record<string, unknown>[]): Promise<Map<string, string>> {
    const field = this.#fieldOf(request);
    const values = records.map((record) => record[field]).filter((value) => typeof value === "string");
    const isSame = (a: string, b: string) => keyOf(a) === keyOf(b);
    const found = await findByField(this.#zoho, this.#counted.module, field, values, { isSame });
    return new Map(found.toReversed().map((record) => [keyOf(record[field]), record.id]));
  }
}

/** Zoho's unique fields ignore case unless configured otherwise (fields page). */
function keyOf(value: unknown): string {
  return String(value ?? "").trim().toLowerCase();
}

function checkField({ body }: ZohoRequest): string | undefined {
  const fields = isRecord(body) && Array.isArray(body.duplicate_check_fields)
    ? body.duplicate_check_fields
    : [];
  return typeof fields[0] === "string" ? fields[0] : undefined;
}

function recordsOf(body: unknown): Record<string, unknown>[] {
  return isRecord(body) && Array.isArray(body.data) ? body.data.filter(isRecord) : [];
}

/** What this page and the pages before it would have stored. */
interface Remembered {
  /** Zoho id by product code. */
  products: Map<string, string>;
}

/** SQL functions that only read. */
const reads = new Set<string>([
  "zoho_unknown_companies",
  "zoho_accounts_of_persons",
  "zoho_attempts_of",
  "zoho_known_records",
  "zoho_owners_of_contacts",
  "zoho_peek_changes",
]);

const keptProducts = z.object({
  p_products: z.array(z.object({ product_key: z.string(), zoho_id: z.string() })),
});

const openedRow = z.looseObject({
  id: z.string(),
  entity_type: z.string(),
  entity_id: z.string(),
  zoho_entity_type: z.string(),
  request_payload: fields,
});
type OpenedRow = z.infer<typeof openedRow>;

/** A drain session without leases, log rows and questions. */
export class DryRun extends DrainSession {
  override readonly isDryRun = true;
  #opened = new Map<string, OpenedRow>();
  readonly #sent = new Map<string, Fields>();
  /** Records are judged by the revisions they carry, as in a drain; a dry run hands out none of its own. */
  override revisions: RevisionSpace | null = { epoch: firstEpoch, lastSequence: 0, earlier: [] };

  constructor(deps: SyncDependencies, triesPerCall: number, readonly remembered: Remembered) {
    super(deps, triesPerCall);
  }

  override record(opened: Record<string, unknown>[]): Promise<Set<string>> {
    for (const row of opened.map((each) => openedRow.parse(each))) this.#opened.set(row.id, row);
    this.#noteSent();
    return Promise.resolve(new Set());
  }

  /** The fields that an entity's record would receive, masked as in the log. */
  sentTo(zohoType: string, entityType: string, entityId: string): Fields | null {
    this.#noteSent();
    return this.#sent.get(`${zohoType} ${entityType} ${entityId}`) ?? null;
  }

  #noteSent(): void {
    for (const { id, status } of this.takeClosed()) {
      const row = this.#opened.get(id);
      if (status !== "success" || row === undefined) continue;
      this.#sent.set(`${row.zoho_entity_type} ${row.entity_type} ${row.entity_id}`, row.request_payload);
    }
  }

  override async call<Name extends FunctionName>(name: Name, args: Arguments<Name>): Promise<unknown> {
    const { products } = this.remembered;
    if (name === "zoho_known_products") {
      const known = z.record(z.string(), z.string()).parse(await super.call(name, args));
      return { ...Object.fromEntries(products), ...known };
    }
    if (name === "zoho_remember_products") {
      for (const { product_key, zoho_id } of keptProducts.parse(args).p_products) {
        products.set(product_key, zoho_id);
      }
      return null;
    }
    // Functions that write are not called; an empty answer means that no question has been answered.
    return reads.has(name) ? await super.call(name, args) : [];
  }
}

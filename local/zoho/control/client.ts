import type { Json, JsonObject } from "../core/json.ts";
import type { Fault, FaultInput } from "../faults/faults.ts";
import type { DeliveryEntry } from "../notify/deliver.ts";
import type { CallEntry } from "../org/calls.ts";
import type { DayAct, DayEntry } from "./day_script.ts";
import type { OrgSettings, SettingsPatch } from "../org/settings.ts";

export interface ZohoState {
  nowMs: number;
  clockOffsetMs: number;
  seed: number;
  edition: string;
  credits: { usedToday: number; budget: number };
  tokens: { issued: number; active: number; refreshes: number; refused: number };
  records: Record<string, number>;
  calls: number;
  lastChangeSeq: number;
  settings: OrgSettings;
}

export interface ZohoRecord extends JsonObject {
  id: string;
}

export interface ZohoChange {
  seq: number;
  atMs: number;
  module: string;
  id: string;
  operation: "insert" | "update" | "delete";
  by: "api" | "seller" | "workflow";
  fields: Record<string, { before: Json; after: Json }>;
}

/** The control API as a class, for tests, the demo and benchmarks. It works across processes. */
export class ZohoControl {
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, "");
  }

  state(): Promise<ZohoState> {
    return this.#call("GET", "state");
  }

  async reset(): Promise<void> {
    await this.#call("POST", "reset");
  }

  async records(module: string): Promise<ZohoRecord[]> {
    return (await this.#call<{ data: ZohoRecord[] }>("GET", `records/${module}`)).data;
  }

  record(module: string, id: string): Promise<ZohoRecord> {
    return this.#call("GET", `records/${module}/${id}`);
  }

  /** Creates a record as a seller and gives its id. */
  async create(module: string, fields: JsonObject): Promise<string> {
    return (await this.#call<{ id: string }>("POST", `records/${module}`, fields)).id;
  }

  /** Edits a record as a seller: Modified_By is then Thandi Seller. */
  edit(module: string, id: string, fields: JsonObject): Promise<ZohoRecord> {
    return this.#call("PATCH", `records/${module}/${id}`, fields);
  }

  async delete(module: string, id: string): Promise<void> {
    await this.#call("DELETE", `records/${module}/${id}`);
  }

  /** Takes a record out of the recycle bin as a seller. */
  restore(module: string, id: string): Promise<ZohoRecord> {
    return this.#call("POST", `restore/${module}/${id}`);
  }

  /** Deletes a record for good: it leaves the recycle bin. */
  async purge(module: string, id: string): Promise<void> {
    await this.#call("POST", `purge/${module}/${id}`);
  }

  /** Hands in what a seller does at given times of the simulator's clock. */
  async playDay(acts: DayAct[]): Promise<void> {
    await this.#call("POST", "day", { acts });
  }

  /** The acts handed in, and what became of them. */
  async day(): Promise<DayEntry[]> {
    return (await this.#call<{ acts: DayEntry[] }>("GET", "day")).acts;
  }

  async bulkCreate(module: string, data: JsonObject[], notify = false): Promise<string[]> {
    return (await this.#call<{ ids: string[] }>("POST", `bulk/${module}`, { data, notify })).ids;
  }

  /** Merges duplicates as a seller would on the screen. */
  async merge(module: string, master: string, losers: string[]): Promise<void> {
    await this.#call("POST", `merge/${module}`, { master, losers });
  }

  async calls(since = 0): Promise<CallEntry[]> {
    return (await this.#call<{ calls: CallEntry[] }>("GET", `calls?since=${since}`)).calls;
  }

  /** Committed writes after `since`; with `waitMs` it waits until there is one. */
  changes(
    options: { since?: number; module?: string; waitMs?: number } = {},
  ): Promise<{ changes: ZohoChange[]; lastSeq: number }> {
    const query = new URLSearchParams({
      since: String(options.since ?? 0),
      waitMs: String(options.waitMs ?? 0),
    });
    if (options.module !== undefined) query.set("module", options.module);
    return this.#call("GET", `changes?${query}`);
  }

  /** Notification callbacks and workflow posts the simulator has sent, lost or failed to send. */
  async deliveries(since = 0): Promise<DeliveryEntry[]> {
    return (await this.#call<{ deliveries: DeliveryEntry[] }>("GET", `deliveries?since=${since}`)).deliveries;
  }

  async addFaults(...faults: FaultInput[]): Promise<Fault[]> {
    return (await this.#call<{ faults: Fault[] }>("POST", "faults", { faults })).faults;
  }

  async faults(): Promise<Fault[]> {
    return (await this.#call<{ faults: Fault[] }>("GET", "faults")).faults;
  }

  async clearFaults(): Promise<void> {
    await this.#call("DELETE", "faults");
  }

  async advanceClock(advanceMs: number): Promise<number> {
    return (await this.#call<{ nowMs: number }>("POST", "clock", { advanceMs })).nowMs;
  }

  async setClockOffset(offsetMs: number): Promise<number> {
    return (await this.#call<{ nowMs: number }>("POST", "clock", { offsetMs })).nowMs;
  }

  async useCredits(used: number): Promise<void> {
    await this.#call("POST", "credits", { used });
  }

  /** What another app of the organisation spends. */
  async spendCredits(spend: number): Promise<void> {
    await this.#call("POST", "credits", { spend });
  }

  async changeSettings(settings: SettingsPatch): Promise<OrgSettings> {
    return (await this.#call<{ settings: OrgSettings }>("POST", "settings", settings)).settings;
  }

  async tokens(action: "expire_all" | "revoke_refresh" | "restore_refresh"): Promise<void> {
    await this.#call("POST", "tokens", { action });
  }

  /** A code for `grant_type=authorization_code`; it works once, for three minutes. */
  async grantCode(scopes?: string): Promise<string> {
    return (await this.#call<{ code: string }>("POST", "tokens", { action: "grant_code", scopes })).code;
  }

  /** Regenerates the client's secret, as the API console does: the old one is refused at once. */
  async changeClientSecret(secret: string): Promise<void> {
    await this.#call("POST", "tokens", { action: "client_secret", secret });
  }

  async #call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await fetch(`${this.url}/__control/${path}`, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Zoho control ${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as Body;
  }
}

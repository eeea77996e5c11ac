import type { Json } from "../../local/zoho/core/json.ts";
import type { ZohoChange, ZohoRecord } from "../../local/zoho/mod.ts";
import { RevisionWatch } from "../../supabase/functions/_shared/sync/claim/revision_watch.ts";
import type { TokenStore } from "../../supabase/functions/_shared/zoho/token.ts";
import { RandomStream } from "../support/random.ts";
import { sellAll } from "../support/sale.ts";
import { setDatabaseClock } from "./clock.ts";
import type { Ground } from "./ground.ts";

export interface Contract {
  id: string;
  number: string;
  kycId: string;
  ricaId: string;
}

/** A write of a Deal's stage, by any writer. `ours`: a worker; `other`: a second deployment. */
export interface StageWrite {
  step: number;
  dealId: string;
  by: "ours" | "other" | "seller" | "workflow";
  before: string | null;
  after: string | null;
  /** What the Deal carries after it. */
  revision: string | null;
}

/** What Zoho is to tell of one change; who carries it out may lose it. */
export interface Hint {
  number: number;
  id: string;
  operation: string;
  data: ZohoRecord | null;
}

/** A write that its worker has given up and that is still on its way to Zoho. */
export interface HeldWrite {
  name: string;
  send: () => Promise<unknown>;
}

/** One run: both sides, what lies between them, and everything that happened so far. */
export class World {
  readonly random: RandomStream;
  readonly history: string[] = [];
  readonly stageWrites: StageWrite[] = [];
  readonly deletions: { step: number; dealId: string }[] = [];
  /** Contract numbers by the Deals that carry or carried them. */
  readonly numberOf = new Map<string, string>();
  readonly restores: { from: number; step: number }[] = [];
  readonly tokens: TokenStore;
  contracts: Contract[] = [];
  hints: Hint[] = [];
  held: HeldWrite[] = [];
  backupStep: number | null = null;
  /** Whether a workflow of the org rewrites values. */
  hasWorkflow = false;
  /** From now on only requested actions happen. */
  isCalm = false;
  step = 0;
  workers = 0;
  watch = new RevisionWatch();
  /** Writes of the second deployment are under way: what changes in Zoho is its doing. */
  isOther = false;
  #seenSeq = 0;
  #hints = 0;
  readonly #revisions = new Map<string, string | null>();

  constructor(readonly ground: Ground, readonly seed: number) {
    this.random = new RandomStream(seed, "world");
    this.tokens = ground.tokens();
  }

  /** One thing that happens, in the list that a person reads. */
  note(text: string, depth = 0): void {
    const { nowMs } = this.ground.clock;
    const at = new Date(nowMs).toISOString().slice(11, 23);
    this.history.push(`${String(this.step).padStart(4)} ${at} ${"  ".repeat(depth)}${text}`);
  }

  /** The next step begins: what the database notes from here on is of it. */
  async begin(): Promise<void> {
    this.step++;
    await setDatabaseClock(this.ground.sql, this.ground.clock, this.step);
  }

  async pass(ms: number): Promise<void> {
    this.ground.clock.pass(ms);
    await setDatabaseClock(this.ground.sql, this.ground.clock, this.step);
  }

  async open(): Promise<void> {
    const { random } = this;
    await this.ground.zoho.changeSettings({
      unmodifiedSince: random.pick(["call", "each"]),
      picklistReads: random.pick(["actual", "display"]),
      picklistWrites: "either",
      restoredTime: random.pick(["kept", "now"]),
    });
    const count = random.between(3, 6);
    await this.begin();
    const sales = await sellAll(
      this.ground.sql,
      Array.from({ length: count }, (_, index) => saleOf(index + 1, random)),
    );
    this.contracts = sales.map(({ contract, kyc, rica }) => ({
      id: contract.id,
      number: String(contract.contract_number),
      kycId: kyc?.id ?? "",
      ricaId: rica?.id ?? "",
    }));
    this.note(`CircleTel sells ${this.contracts.map(({ number }) => number).join(", ")}`);
  }

  /** Takes in what has changed in Zoho since the last time. */
  async collect(): Promise<void> {
    const { changes, lastSeq } = await this.ground.zoho.changes({ since: this.#seenSeq, module: "Deals" });
    this.#seenSeq = lastSeq;
    for (const change of changes) await this.#take(change);
  }

  async #take({ id, operation, by, fields }: ZohoChange): Promise<void> {
    const text = (value: Json | undefined) => typeof value === "string" && value !== "" ? value : null;
    if (fields.CircleTel_Revision) {
      const { after } = fields.CircleTel_Revision;
      this.#revisions.set(id, after === null || after === undefined ? null : String(after));
    }
    const number = text(fields.Contract_Number?.after);
    if (number !== null) this.numberOf.set(id, number);
    if (operation === "delete") this.deletions.push({ step: this.step, dealId: id });
    else if (fields.Stage || fields.CircleTel_Revision) {
      this.stageWrites.push({
        step: this.step,
        dealId: id,
        by: by === "api" ? this.isOther ? "other" : "ours" : by,
        // A record that comes out of the recycle bin was not moved.
        before: text(fields.Stage?.before) ?? this.stageOf(id),
        after: fields.Stage ? text(fields.Stage.after) : this.stageOf(id),
        revision: this.#revisions.get(id) ?? null,
      });
    }
    const data = operation === "delete" ? null : await this.ground.zoho.record("Deals", id).catch(() => null);
    this.hints.push({ number: ++this.#hints, id, operation, data });
  }

  /** The last that was written. */
  stageOf(dealId: string): string | null {
    return this.stageWrites.findLast((write) => write.dealId === dealId)?.after ?? null;
  }

  revisionOf(dealId: string): string | null {
    return this.#revisions.get(dealId) ?? null;
  }

  /** For the history: the number is said, the id is another in each run. */
  nameOf(dealId: string): string {
    return `Deal ${dealId.slice(-4)} (${this.numberOf.get(dealId) ?? "no number"})`;
  }
}

function saleOf(index: number, random: RandomStream) {
  const company = `Karoo Traders ${random.chance(0.3) ? 1 : index}`;
  const email = `buyer.${index}@example.co.za`;
  return {
    customer: { id: random.uuid(), last_name: `Buyer ${index}`, email, business_name: company },
    quote: { id: random.uuid(), quote_number: `BQ-${index}`, company_name: company, contact_email: email },
    kyc: { id: random.uuid(), didit_session_id: `didit-${index}` },
    contract: {
      id: random.uuid(),
      contract_number: `CT-${index}`,
      status: random.pick(["draft", "draft", "pending_signature", "active"]),
    },
    rica: { id: random.uuid() },
  };
}

import type { JsonObject } from "../../local/zoho/core/json.ts";
import type { ZohoControl } from "../../local/zoho/mod.ts";
import { query } from "./db_retry.ts";
import type { RandomStream } from "../support/random.ts";
import type { ChaosContext } from "./context.ts";

const kinds = {
  stage: 60,
  compliance: 15,
  amount: 6,
  note: 12,
  empty_number: 2,
  lock: 3,
  deal_deleted: 2,
  estimate: 10,
  estimate_rows: 4,
  invoice: 4,
};

const stages = [
  "Closed Won",
  "Closed Lost",
  "Closed-Lost to Competition",
  "Negotiation/Review",
  "Proposal/Price Quote",
  "Qualification",
  "Value Proposition",
];

/** CrmUsers at work in Zoho. They see a Deal as soon as Zoho holds it, which may be before we know. */
export class CrmUsers {
  readonly #random: RandomStream;
  /** Deals in the order in which they were made: what a replay picks by. */
  readonly #deals: { id: string; number: string }[] = [];
  /** Estimates and Invoices, likewise. */
  readonly #papers: Record<"Quotes" | "Invoices", string[]> = { Quotes: [], Invoices: [] };
  readonly locked = new Set<string>();
  #seenSeq = 0;

  constructor(readonly context: ChaosContext) {
    this.#random = context.stream("sellers");
  }

  async work(): Promise<void> {
    while (this.context.isOn()) {
      await this.context.rest(this.#random.between(60, 400));
      await this.#look();
      if (this.#deals.length > 0) await this.#edit(this.#random.weighted(kinds));
    }
  }

  async unlockAll(): Promise<void> {
    for (const id of this.locked) await this.#change(id, { Locked__s: false });
    this.locked.clear();
  }

  async #look(): Promise<void> {
    const { changes, lastSeq } = await this.context.stack.zoho.changes({ since: this.#seenSeq });
    this.#seenSeq = lastSeq;
    for (const { module, operation, id, fields } of changes) {
      if (operation !== "insert") continue;
      if (module === "Deals") this.#deals.push({ id, number: String(fields.Contract_Number?.after) });
      if (module === "Quotes" || module === "Invoices") this.#papers[module].push(id);
    }
  }

  async #edit(kind: keyof typeof kinds): Promise<void> {
    const random = this.#random;
    if (kind === "estimate" || kind === "estimate_rows" || kind === "invoice") {
      return await this.#editPaper(kind);
    }
    // Rather one of the newest: that is where a drain is at work.
    const from = random.chance(0.5) ? Math.max(0, this.#deals.length - 8) : 0;
    const index = random.between(from, this.#deals.length - 1);
    const deal = this.#deals[index];
    if (!deal) return;
    if (kind === "deal_deleted") {
      if (!await this.#allowed((zoho) => zoho.delete("Deals", deal.id))) return;
      this.#deals.splice(index, 1);
      this.context.deletedDeals.add(deal.number);
    } else if (kind === "empty_number" && !await this.#isLinked(deal.number)) return;
    else if (!await this.#change(deal.id, this.#fields(kind, deal.id))) return;
    this.context.edits.add(kind);
  }

  /** What is CircleTel's: whatever a seller makes of it is put back. */
  async #editPaper(kind: "estimate" | "estimate_rows" | "invoice"): Promise<void> {
    const random = this.#random;
    const module = kind === "invoice" ? "Invoices" : "Quotes";
    const papers = this.#papers[module];
    if (papers.length === 0) return;
    const id = random.pick(papers);
    const edits: Record<typeof kind, JsonObject> = {
      estimate: { Quote_Stage: random.pick(["On Hold", "Negotiation", "Draft"]), Valid_Till: "2027-06-30" },
      estimate_rows: { Quoted_Items: await this.#moreRows(random.between(1, 99)) },
      invoice: { Status: "Approved" },
    };
    const fields = edits[kind];
    if (await this.#allowed((zoho) => zoho.edit(module, id, fields))) this.context.edits.add(kind);
  }

  async #moreRows(price: number): Promise<JsonObject[]> {
    const [product] = await this.context.stack.zoho.records("Products");
    return product ? [{ Product_Name: { id: product.id }, Quantity: 1, List_Price: price }] : [];
  }

  #fields(
    kind: Exclude<keyof typeof kinds, "deal_deleted" | "estimate" | "estimate_rows" | "invoice">,
    id: string,
  ): JsonObject {
    const random = this.#random;
    switch (kind) {
      case "stage":
        return { Stage: random.pick(stages) };
      case "compliance":
        return random.pick<JsonObject>([
          { KYC_Status: "Completed" },
          { KYC_Status: "Declined", Risk_Tier: "High" },
          { RICA_Status: "Approved" },
          { KYC_Verified_Date: "2026-01-01" },
          { Contract_Signed_Date: null, Stage: random.pick(stages) },
        ]);
      case "amount":
        return { Amount: random.between(1, 999) };
      case "note":
        return { Next_Step: `call again ${random.between(1, 999)}` };
      case "empty_number":
        return { Contract_Number: null };
      case "lock": {
        const isLocked = this.locked.has(id);
        if (isLocked) this.locked.delete(id);
        else this.locked.add(id);
        return { Locked__s: !isLocked };
      }
    }
  }

  /**
   * A number that is emptied in the seconds between Zoho's making of a Deal and our hearing of it leaves nothing to
   * find the Deal by; docs/reliability.md says so, and no seller here is as quick as that.
   */
  async #isLinked(number: string): Promise<boolean> {
    const rows = await query(
      this.context,
      (sql) =>
        sql`select from public.contracts where contract_number = ${number} and zoho_deal_id is not null`,
    );
    return rows.length > 0;
  }

  #change(id: string, fields: JsonObject): Promise<boolean> {
    return this.#allowed((zoho) => zoho.edit("Deals", id, fields));
  }

  /** False when Zoho would not let the seller: the Deal is gone or locked. */
  async #allowed(act: (zoho: ZohoControl) => Promise<unknown>): Promise<boolean> {
    try {
      await act(this.context.stack.zoho);
      return true;
    } catch {
      return false;
    }
  }
}

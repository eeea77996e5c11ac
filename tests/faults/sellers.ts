import type { JsonObject } from "../../local/zoho/core/json.ts";
import type { ZohoControl } from "../../local/zoho/mod.ts";
import { ask } from "./patience.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const kinds = { stage: 60, compliance: 15, amount: 6, note: 12, empty_number: 2, lock: 3, deal_deleted: 2 };

const stages = [
  "Closed Won",
  "Closed Lost",
  "Closed-Lost to Competition",
  "Negotiation/Review",
  "Proposal/Price Quote",
  "Qualification",
  "Value Proposition",
];

/** Sellers at work in Zoho. They see a Deal as soon as Zoho holds it, which may be before we know. */
export class Sellers {
  readonly #random: Random;
  /** Deals in the order in which they were made: what a replay picks by. */
  readonly #deals: { id: string; number: string }[] = [];
  readonly locked = new Set<string>();
  #seenSeq = 0;

  constructor(readonly world: World) {
    this.#random = world.stream("sellers");
  }

  async work(): Promise<void> {
    while (this.world.isOn()) {
      await this.world.rest(this.#random.between(60, 400));
      await this.#look();
      if (this.#deals.length > 0) await this.#edit(this.#random.weighted(kinds));
    }
  }

  async unlockAll(): Promise<void> {
    for (const id of this.locked) await this.#change(id, { Locked__s: false });
    this.locked.clear();
  }

  async #look(): Promise<void> {
    const { changes, lastSeq } = await this.world.stack.zoho.changes({
      since: this.#seenSeq,
      module: "Deals",
    });
    this.#seenSeq = lastSeq;
    for (const { operation, id, fields } of changes) {
      if (operation === "insert") this.#deals.push({ id, number: String(fields.Contract_Number?.after) });
    }
  }

  async #edit(kind: keyof typeof kinds): Promise<void> {
    const random = this.#random;
    // Rather one of the newest: that is where a drain is at work.
    const from = random.chance(0.5) ? Math.max(0, this.#deals.length - 8) : 0;
    const index = random.between(from, this.#deals.length - 1);
    const deal = this.#deals[index];
    if (!deal) return;
    if (kind === "deal_deleted") {
      if (!await this.#allowed((zoho) => zoho.delete("Deals", deal.id))) return;
      this.#deals.splice(index, 1);
      this.world.deletedDeals.add(deal.number);
    } else if (kind === "empty_number" && !await this.#isLinked(deal.number)) return;
    else if (!await this.#change(deal.id, this.#fields(kind, deal.id))) return;
    this.world.edits.add(kind);
  }

  #fields(kind: Exclude<keyof typeof kinds, "deal_deleted">, id: string): JsonObject {
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
    const rows = await ask(
      this.world,
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
      await act(this.world.stack.zoho);
      return true;
    } catch {
      return false;
    }
  }
}

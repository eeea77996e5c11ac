import { edits, lockInOrder, type RandomChange } from "./changes.ts";
import { RolledBack, transact } from "./db_retry.ts";
import type { RandomStream } from "../support/random.ts";
import { emptyLedger, type Ledger, newSale } from "./sales.ts";
import type { ChaosContext } from "./context.ts";

/** How likely each kind of change is. */
const kinds = {
  sale: 12,
  sale_in_steps: 5,
  sale_of_test: 2,
  sale_same_email: 1,
  rolled_back: 4,
  burst: 2,
  contract_deleted: 2,
  amount: 8,
  status: 16,
  start_date: 4,
  signed_date: 6,
  sign: 5,
  kyc: 12,
  kyc_new: 4,
  kyc_unnamed: 2,
  rica: 8,
  rica_new: 3,
  person: 4,
  email: 4,
  company: 4,
  other_customer: 2,
  several: 5,
  quote_and_contract: 3,
  quote: 6,
  item_new: 6,
  item_prices: 5,
  item_deleted: 3,
  invoice_new: 5,
  invoice: 6,
  irrelevant: 3,
};
type Kind = keyof typeof kinds;

/** Of each kind, before the unrest begins. */
const leastRows = 5;

/** One part of CircleTel's own application at work; several run at once, each with rows of its own and the first ones. */
export class BusinessWorker {
  readonly ledger: Ledger;
  readonly #random: RandomStream;
  #count = 0;
  #lastEmail: string | undefined;

  constructor(readonly context: ChaosContext, readonly name: string) {
    this.#random = context.stream(name);
    this.ledger = emptyLedger();
  }

  /** Makes the first rows: no kind of change may be without one to pick. */
  async open(): Promise<void> {
    const { contracts, sessions, submissions } = this.ledger;
    while ([contracts, sessions, submissions].some((rows) => rows.length < leastRows)) {
      await this.#sell("sale", {});
    }
  }

  /** Takes another part's rows as its own too: the two then meet in them. */
  share({ ledger }: BusinessWorker): void {
    for (const part of ["contracts", "customers", "quotes", "sessions", "submissions"] as const) {
      (this.ledger[part] as unknown[]).push(...ledger[part]);
    }
  }

  async work(): Promise<void> {
    while (this.context.isOn()) {
      await this.#change(this.#random.weighted(kinds));
      await this.context.rest(this.#random.between(10, 220));
    }
  }

  /** A transaction that takes its time: rows stay locked while the drain wants to settle them. */
  async holdRows(): Promise<void> {
    const random = this.context.stream(`${this.name} holds`);
    while (this.context.isOn()) {
      await this.context.rest(random.between(500, 2_500));
      const ids = random.some(this.ledger.contracts, random.between(1, 6)).map(({ id }) => id);
      const holdMs = random.between(100, 1_000);
      await transact(this.context, async (tx) => {
        await lockInOrder(tx, ids);
        await tx`update public.contracts set total_contract_value = total_contract_value + 2 where id = any (${ids})`;
        await tx`select pg_sleep(${holdMs / 1000})`;
      });
      this.context.changes.add("rows_held");
    }
  }

  async #change(kind: Kind): Promise<void> {
    const random = this.#random;
    const { contracts } = this.ledger;
    switch (kind) {
      case "sale":
        return await this.#sell(kind, {});
      case "sale_in_steps":
        return await this.#sell(kind, { inSteps: true });
      case "sale_of_test":
        return await this.#sell(kind, { isTest: true });
      case "sale_same_email":
        return await this.#sell(kind, { sharedEmail: this.#lastEmail });
      case "rolled_back": {
        const change = edits.several(random, this.ledger);
        return await this.#commit(kind, async (tx) => {
          await change(tx);
          throw new RolledBack();
        });
      }
      case "burst":
        for (let edit = 0; edit < 20; edit++) await this.#commit(kind, edits.amount(random, this.ledger));
        return;
      case "contract_deleted": {
        if (contracts.length <= leastRows) return;
        const [contract] = contracts.splice(random.between(0, contracts.length - 1), 1);
        return await this.#commit(
          kind,
          (tx) => tx`delete from public.contracts where id = ${contract?.id ?? null}`,
        );
      }
      default:
        return await this.#commit(kind, edits[kind](random, this.ledger));
    }
  }

  async #sell(
    kind: Kind,
    options: { isTest?: boolean; inSteps?: boolean; sharedEmail?: string },
  ): Promise<void> {
    const name = `CT-${this.name}-${String(++this.#count).padStart(4, "0")}`;
    const sale = newSale(this.#random, { name, ...options });
    if (options.inSteps) { for (const step of sale.steps) await transact(this.context, step); }
    else {
      await transact(this.context, async (tx) => {
        for (const step of sale.steps) await step(tx);
      });
    }
    if (!options.isTest) sale.remember(this.ledger);
    this.#lastEmail = sale.email;
    this.context.changes.add(kind);
  }

  async #commit(kind: string, change: RandomChange): Promise<void> {
    await transact(this.context, change);
    this.context.changes.add(kind);
  }
}

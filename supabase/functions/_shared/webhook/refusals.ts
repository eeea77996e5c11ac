import { inBackground } from "../platform/background.ts";
import { callFunction, type ServiceClient } from "../platform/database.ts";

/**
 * Counts refused calls by reason and writes the counts about once a second, so that a flood of calls causes one
 * database call a second, not one each.
 */
export class RefusalCounter {
  #counts = new Map<string, number>();
  #isWriting = false;

  constructor(
    private readonly sleep: (ms: number) => Promise<void>,
    private readonly everyMs = 1000,
  ) {}

  count(db: ServiceClient, reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#isWriting) return;
    this.#isWriting = true;
    inBackground(this.#write(db));
  }

  async #write(db: ServiceClient): Promise<void> {
    await this.sleep(this.everyMs);
    const counts = Object.fromEntries(this.#counts);
    this.#counts.clear();
    this.#isWriting = false;
    await callFunction(db, "zoho_count_refusals", { p_counts: counts });
  }
}

import { DAY, MINUTE } from "../../../supabase/functions/_shared/platform/duration.ts";

/** API credits of the last 24 hours, kept per minute: the window rolls, it does not start at midnight (facts §6). */
export class CreditLedger {
  #minutes: { minute: number; credits: number }[] = [];
  #used = 0;

  usedAt(nowMs: number): number {
    const oldest = Math.floor((nowMs - DAY) / MINUTE);
    while (this.#minutes[0] !== undefined && this.#minutes[0].minute <= oldest) {
      this.#used -= this.#minutes.shift()?.credits ?? 0;
    }
    return this.#used;
  }

  spend(credits: number, nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE);
    const last = this.#minutes.at(-1);
    if (last?.minute === minute) last.credits += credits;
    else this.#minutes.push({ minute, credits });
    this.#used += credits;
  }

  clear(): void {
    this.#minutes = [];
    this.#used = 0;
  }
}

/** Writes cost one credit for every ten records begun (facts §6). */
export function creditsOfWrite(records: number): number {
  return Math.max(1, Math.ceil(records / 10));
}

/** COQL costs by its LIMIT: up to 200, 1,000 and 2,000 rows. */
export function coqlCredits(limit: number): number {
  if (limit <= 200) return 1;
  return limit <= 1000 ? 2 : 3;
}

/** The header appears only once half of the day's credits are gone, unless the switch says otherwise (facts §6). */
export function remainingHeader(
  used: number,
  budget: number,
  rule: "past_half" | "always" | "never",
): Record<string, string> {
  if (rule === "never" || (rule === "past_half" && (budget === 0 || used < budget / 2))) return {};
  return { "X-API-CREDITS-REMAINING": String(Math.max(0, budget - used)) };
}

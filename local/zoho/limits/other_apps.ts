import { MINUTE } from "../../../supabase/functions/_shared/platform/duration.ts";
import type { CreditLedger } from "./credits.ts";

/** A day is as far as the ledger looks back. */
const minutesPerDay = 24 * 60;

/** Credits that other apps of the organisation spend, entered minute by minute as the simulator's clock goes on. */
export class OtherApps {
  #lastMinute: number | undefined;

  /** Enters what was spent since the last call; the first call after a rate is set starts the count. */
  catchUp(ledger: CreditLedger, perMinute: number, nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE);
    const last = this.#lastMinute;
    this.#lastMinute = perMinute === 0 ? undefined : minute;
    if (last === undefined || perMinute === 0) return;
    for (let at = Math.max(last, minute - minutesPerDay) + 1; at <= minute; at++) {
      ledger.spend(perMinute, at * MINUTE);
    }
  }

  clear(): void {
    this.#lastMinute = undefined;
  }
}

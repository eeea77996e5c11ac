import { DAY, HOUR, MINUTE } from "../platform/duration.ts";
import type { Credits } from "./answer.ts";

/** Credits spent in the quarter of an hour that began at this moment. */
export interface Quarter {
  at: string;
  credits: number;
}

const quarterMs = 15 * MINUTE;

/**
 * The expected rolling 24 h total at the last hour's rate, and when the budget is reached: each quarter of an
 * hour adds its share of the rate and drops what was spent a day before it.
 */
export function forecastCredits(
  quarters: Quarter[],
  budget: number,
  nowMs: number,
): Pick<Credits, "perHour" | "forecast"> {
  const spent = quarters.map(({ at, credits }) => ({ atMs: Date.parse(at), credits }));
  // The ledger counts by quarters: sum those that began within the last hour, over the time since the first began.
  const recent = spent.filter(({ atMs }) => atMs > nowMs - HOUR);
  const perHour = recent.reduce((total, { credits }) => total + credits, 0);
  const stillCounting = (atMs: number) =>
    spent.reduce((total, each) => each.atMs > atMs - DAY ? total + each.credits : total, 0);
  let budgetReachedAt: string | null = null;
  for (let step = 0; step <= DAY / quarterMs; step++) {
    const atMs = nowMs + step * quarterMs;
    if (stillCounting(atMs) + perHour * (step / 4) < budget) continue;
    budgetReachedAt = new Date(atMs).toISOString();
    break;
  }
  return { perHour, forecast: { dayTotal: Math.round(perHour * 24), budgetReachedAt } };
}

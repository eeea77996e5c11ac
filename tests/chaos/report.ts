import type { Idle } from "./wait_until_idle.ts";
import type { ChaosContext } from "./context.ts";

export interface Findings {
  lost: string[];
  doubled: string[];
  wrong: string[];
  /** Everything else that is not as promised. */
  other: string[];
}

export interface ChaosOutcome {
  findings: Findings;
  report: string;
  /** What happened to the first contracts that are not as promised. */
  histories: string[];
}

export interface Numbers {
  seed: number;
  minutes: number;
  contracts: number;
  deals: number;
  deletedDeals: number;
  calls: number;
  attempts: string;
  refreshes: number;
  hints: string;
  questions: string;
  idle: Idle;
}

/** What a run did and found, as it is printed and kept in docs/reliability.md. */
export function writeReport(context: ChaosContext, numbers: Numbers, findings: Findings): string {
  const { changes, edits, faults, breakdowns } = context;
  const { idle } = numbers;
  const clock = context.zohoClock[0]?.offsetMs ?? 0;
  const lines: [string, string | number][] = [
    ["seed", numbers.seed],
    ["minutes", numbers.minutes],
    ["Zoho's clock", `${clock < 0 ? "" : "+"}${Math.round(clock / 1000)} s from ours`],
    ["changes in CircleTel", `${changes.total}: ${changes}`],
    ["edits in Zoho", `${edits.total}: ${edits}`],
    ["faults at Zoho", `${faults.total}: ${faults}`],
    ["breakdowns", `${breakdowns.total}: ${breakdowns}`],
    ["calls to Zoho", numbers.calls],
    ["attempts", numbers.attempts],
    ["token refreshes", numbers.refreshes],
    ["hints", numbers.hints],
    ["open questions", numbers.questions],
    ["callbacks lost", idle.untold],
    ["dead letters retried", idle.retried.length],
    [
      "contracts, Deals",
      `${numbers.contracts}, ${numbers.deals} (${numbers.deletedDeals} deleted by sellers)`,
    ],
    ["time to idle", `${(idle.ms / 1000).toFixed(1)} s`],
    ["lost", findings.lost.length],
    ["doubled", findings.doubled.length],
    ["wrong", findings.wrong.length],
    ["other findings", findings.other.length],
  ];
  return lines.map(([name, value]) => `${name.padEnd(22)}${value}`).join("\n");
}

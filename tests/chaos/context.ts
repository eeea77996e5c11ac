import { setTimeout as delay } from "node:timers/promises";
import { type Stack, startStack } from "../../local/stack.ts";
import { RandomStream } from "../support/random.ts";
import { Tally } from "./tally.ts";

/** Everything a chaos run is made of: the stack, what was done to it and what it printed. */
export interface ChaosContext {
  readonly seed: number;
  readonly stack: Stack;
  readonly changes: Tally;
  readonly edits: Tally;
  readonly faults: Tally;
  readonly breakdowns: Tally;
  /** Every line that every function printed. */
  readonly lines: { fn: string; line: string }[];
  /** What the run itself found odd; the report shows it and the run fails. */
  readonly oddities: string[];
  /** Zoho's clock minus ours, and since when (our clock). It is moved again when ten minutes "pass". */
  readonly zohoClock: { sinceMs: number; offsetMs: number }[];
  /** Deals deleted by a seller, by Contract_Number: how often. */
  readonly deletedDeals: Tally;
  /** Whether pg_cron is at work; while it is not, nothing sweeps. */
  cronRuns: boolean;
  /** False once the faults are over. */
  readonly isOn: () => boolean;
  readonly end: () => void;
  stream(name: string): RandomStream;
  /** Waits, but not beyond the end of the unrest. */
  rest(ms: number): Promise<void>;
}

/** A Zoho whose clock is minutes from ours. Further than four, a signed timestamp would rightly be refused. */
const farthestClockMs = 4 * 60_000;

/** A Zoho that does not answer is given up after this; Zoho's own 30 s would only be waited for. */
export const timeoutMs = 1_000;

export async function openChaosContext(seed: number): Promise<ChaosContext> {
  const lines: ChaosContext["lines"] = [];
  const stack = await startStack({
    net: { pauseMs: 0 },
    zoho: { seed },
    functionEnv: { ZOHO_TIMEOUT_MS: String(timeoutMs) },
    onLog: (fn, line) => lines.push({ fn, line }),
    // The stack's Postgres forgets its last moments in a crash; this one is crashed on purpose and must not.
    prepare: (sql) => sql`alter database postgres set synchronous_commit = on`,
  });
  const offsetMs = new RandomStream(seed, "clock").between(-farthestClockMs, farthestClockMs);
  await stack.zoho.setClockOffset(offsetMs);
  await connectSigningWorkflow(stack, "timestamp");
  const over = new AbortController();
  return {
    seed,
    stack,
    changes: new Tally(),
    edits: new Tally(),
    faults: new Tally(),
    breakdowns: new Tally(),
    lines,
    oddities: [],
    zohoClock: [{ sinceMs: 0, offsetMs }],
    deletedDeals: new Tally(),
    cronRuns: true,
    isOn: () => !over.signal.aborted,
    end: () => over.abort(),
    stream: (name) => new RandomStream(seed, name),
    rest: (ms) => delay(ms, undefined, { signal: over.signal }).catch(() => {}),
  };
}

/** The simulator signs and posts every change of a Deal, Estimate or Invoice, as the Deluge function of docs/zoho-setup.md does. */
export async function connectSigningWorkflow(stack: Stack, sign: "timestamp" | "body"): Promise<void> {
  const url = `${stack.apiUrl}/functions/v1/zoho-webhook`;
  await stack.zoho.changeSettings({
    workflow: { url, secret: stack.webhookSecret, modules: ["Deals", "Quotes", "Invoices"], sign },
  });
}

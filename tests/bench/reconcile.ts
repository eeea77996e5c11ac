import type { Stack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import { contractsKnownInZoho } from "../support/known_contracts.ts";
import { cpuMs, forgetPeak, memory } from "./process.ts";
import { type Figure, goal, ms } from "../support/figures.ts";

const fn = "zoho-admin";
/** Of one request (functions limits page). */
const platformCpuMs = 2_000;
const recordsPerPage = 200;
/** Calls beside the pages, those about deletions. */
const perRun = 6;

interface Ended {
  seconds: number;
  cpu: number;
  peak: number;
  calls: number;
  credits: number;
  steps: number;
  matched: number;
}

/** A full comparison of so many contracts that are all in step, and one of what changed since. */
export async function reconcileCosts(stack: Stack, contracts: number): Promise<Figure[]> {
  await contractsKnownInZoho(stack, contracts);
  // The contract that the others were made from is one more.
  const all = contracts + 1;
  const figures: Figure[] = [];
  for (const latencyMs of [0, 100]) {
    await stack.zoho.changeSettings({ latencyMs });
    await stack.functions.restart(fn);
    const full = await compare(stack, "full");
    if (full.matched !== all) throw new Error(`${full.matched} of ${all} contracts match`);
    const pages = Math.ceil(all / recordsPerPage);
    const zoho = latencyMs === 0 ? "Zoho at once" : `Zoho in ${latencyMs} ms`;
    figures.push({
      what: `full run over ${all.toLocaleString("en")} contracts, ${zoho}`,
      measured: `${full.seconds.toFixed(1)} s`,
      beside:
        `${full.calls} calls, ${
          goal(full.calls <= pages + perRun, `≤ ${pages + perRun}`)
        }, ${full.credits} credits; ` +
        `read one by one: ${all.toLocaleString("en")}`,
    });
    if (latencyMs > 0) continue;
    const perStep = full.cpu / full.steps;
    figures.push({
      what: "processor time of a step, and of a page of 200",
      measured: `${ms(perStep)}, ${ms(full.cpu / pages)}`,
      beside: `${full.steps} steps; ${goal(perStep < platformCpuMs, "under 2 s")}`,
    }, {
      what: "memory of the process, peak",
      measured: `${full.peak.toFixed(0)} MiB`,
      beside: "the platform allows 256",
    });
    const incremental = await compare(stack, "incremental");
    figures.push({
      what: "incremental run right after it",
      measured: `${incremental.seconds.toFixed(1)} s`,
      beside: `${incremental.calls} calls; what changed within a minute before the last run comes again`,
    });
  }
  return figures;
}

async function compare(stack: Stack, kind: "full" | "incremental"): Promise<Ended> {
  const [pid] = stack.functions.pids(fn);
  if (pid === undefined) throw new Error(`${fn} is not running`);
  forgetPeak(pid);
  const cpuBeforeMs = cpuMs(pid);
  const startedAtMs = performance.now();
  const { body } = await stack.invoke(`${fn}/reconcile`, { kind, entity: "contract" });
  const { run } = body as { run: string };
  const row = await until(async () => {
    const [found] = await stack.sql<Omit<Ended, "seconds" | "cpu" | "peak">[]>`
      select calls, credits, steps, matched from public.zoho_reconcile_runs where id = ${run} and status = 'finished'`;
    return found;
  }, { ceilingMs: 10 * 60_000, everyMs: 20, what: "the end of the run" });
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { ...row, seconds, cpu: cpuMs(pid) - cpuBeforeMs, peak: memory(pid).peak };
}

import type { Stack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import { pairsLike, theOriginalWay } from "./baseline.ts";
import { contractsKnownInZoho, numberOf } from "../support/known_contracts.ts";
import { cpuMs, forgetPeak, type Memory, memory } from "./process.ts";
import { queueEmpty } from "../support/queue.ts";
import { type Figure, goal, median } from "../support/figures.ts";
import type { EngineSizes } from "./sizes.ts";

const fn = "zoho-sync";
/** Of one request and of one isolate (functions limits page). */
const platformCpuMs = 2_000;
const platformMiB = 256;
const mostPerDrain = 10_000;

/** Many contracts made stale by one UPDATE: how long, with how much memory and processor time. */
export async function engine(stack: Stack, { queued, sample }: EngineSizes): Promise<Figure[]> {
  const figures: Figure[] = [];
  await contractsKnownInZoho(stack, Math.max(...queued));
  for (const latencyMs of [0, 100]) {
    await stack.zoho.changeSettings({ latencyMs });
    const pairs = await pairsLike(stack, "CT-ENGINE-%", sample);
    const plainly = await theOriginalWay(stack, pairs);
    for (const count of queued) {
      // A fresh process, as the platform would start one.
      await stack.functions.restart(fn);
      const run = await drainAll(stack, count);
      figures.push(...speedFigures(run, { count, latencyMs, plainly, sample: pairs.length }));
      if (latencyMs === 0) figures.push(...costFigures(run, count));
    }
  }
  return figures;
}

interface DrainLine {
  state: string;
  claimed: number;
  /** Of the process when the drain said that it had ended. */
  cpuAtEndMs: number;
}

interface EngineRun {
  seconds: number;
  drains: DrainLine[];
  cpuBeforeMs: number;
  cpuAfterMs: number;
  before: Memory;
  after: Memory;
}

/** Makes the first `count` contracts stale and measures from the commit to the empty queue. */
async function drainAll(stack: Stack, count: number): Promise<EngineRun> {
  await stack.invoke(fn, { reason: "warm" });
  const [pid] = stack.functions.pids(fn);
  if (pid === undefined) throw new Error(`${fn} is not running`);
  const drains: DrainLine[] = [];
  const stopListening = stack.functions.listen(fn, (line) => {
    const drain = readDrainLine(line);
    // The sweep's drain finds another at work and leaves; it is none of those that did it.
    if (drain && drain.state !== "busy") drains.push({ ...drain, cpuAtEndMs: cpuMs(pid) });
  });
  try {
    forgetPeak(pid);
    const before = memory(pid);
    const cpuBeforeMs = cpuMs(pid);
    await stack.sql`update public.contracts set total_contract_value = total_contract_value + 1
      where contract_number between ${numberOf(1)} and ${numberOf(count)}`;
    const committedAtMs = performance.now();
    await queueEmpty(stack, { everyMs: 50, ceilingMs: 30 * 60_000 });
    const seconds = (performance.now() - committedAtMs) / 1000;
    // The line comes a moment after the last settlement; a drain that found nothing has none.
    const claimed = () => drains.reduce((sum, drain) => sum + drain.claimed, 0);
    await until(() => claimed() >= count, { what: `drains that speak of ${count}` });
    await checkDeals(stack, count);
    return { seconds, drains, cpuBeforeMs, cpuAfterMs: cpuMs(pid), before, after: memory(pid) };
  } finally {
    stopListening();
  }
}

function readDrainLine(line: string): Pick<DrainLine, "state" | "claimed"> | null {
  if (!line.includes('"msg":"drain ')) return null;
  const { msg, claimed } = JSON.parse(line) as { msg: string; claimed?: number };
  return claimed === undefined ? null : { state: msg.slice("drain ".length), claimed };
}

/** Speed without truth is worth nothing: some Deals are looked at. */
async function checkDeals({ sql, zoho }: Stack, count: number): Promise<void> {
  const rows = await sql<{ id: string; amount: number }[]>`
    select m.zoho_id as id, c.total_contract_value::float8 as amount
    from public.contracts c join public.zoho_entity_mappings m on m.circletel_id = c.id
    where c.contract_number between ${numberOf(1)} and ${numberOf(count)} order by random() limit 50`;
  for (const { id, amount } of rows) {
    const deal = await zoho.record("Deals", id);
    if (deal.Amount !== amount) throw new Error(`Deal ${id} has ${deal.Amount}, the contract ${amount}`);
  }
}

interface Beside {
  count: number;
  latencyMs: number;
  /** The baseline's contracts a minute. */
  plainly: number;
  sample: number;
}

function speedFigures(
  { seconds, drains }: EngineRun,
  { count, latencyMs, plainly, sample }: Beside,
): Figure[] {
  const perMinute = count / (seconds / 60);
  const zoho = latencyMs === 0 ? "Zoho at once" : `Zoho in ${latencyMs} ms`;
  const expected = Math.ceil(count / mostPerDrain);
  return [
    {
      what: `${thousands(count)} queued, ${zoho}: commit → queue empty`,
      measured: `${seconds.toFixed(1)} s`,
      beside: `one by one, extrapolated from ${sample}: ${duration(count / plainly)}`,
    },
    {
      what: "the same: contracts a minute",
      measured: thousands(perMinute),
      beside: `one by one: ${thousands(plainly)}, ×${(perMinute / plainly).toFixed(0)}`,
    },
    {
      what: "the same: drains it took",
      measured: `${drains.length}, longest ${thousands(Math.max(...drains.map(({ claimed }) => claimed)))}`,
      beside: goal(
        drains.length >= expected && drains.length <= expected + 1,
        `each stops at ${thousands(mostPerDrain)} and rings`,
      ),
    },
  ];
}

function costFigures({ drains, cpuBeforeMs, cpuAfterMs, before, after }: EngineRun, count: number): Figure[] {
  const perThousand = (cpuAfterMs - cpuBeforeMs) / (count / 1000);
  const perDrain = drains.map(({ cpuAtEndMs }, index) => cpuAtEndMs - (drains[index - 1]?.cpuAtEndMs ?? 0));
  const dearest = Math.max(...perDrain);
  return [
    {
      what: "the same: processor time of zoho-sync per 1,000",
      measured: `${perThousand.toFixed(0)} ms`,
      beside: `${thousands(platformCpuMs / perThousand * 1000)} fit into the platform's 2 s`,
    },
    {
      what: "the same: processor time of its dearest drain",
      measured: `${dearest.toFixed(0)} ms`,
      beside: `${goal(dearest < platformCpuMs, "< 2 s, the first with the start")}; median ${
        median(perDrain).toFixed(0)
      } ms`,
    },
    {
      what: "the same: memory of zoho-sync before, peak, after",
      measured: `${before.now.toFixed(0)}, ${after.peak.toFixed(0)}, ${after.now.toFixed(0)} MiB`,
      beside: goal(after.peak < platformMiB, `peak < ${platformMiB} MiB`),
    },
  ];
}

const thousands = (value: number): string => Math.round(value).toLocaleString("en");

function duration(minutes: number): string {
  return minutes < 2 ? `${(minutes * 60).toFixed(0)} s` : `${minutes.toFixed(0)} min`;
}

import { breakdowns } from "./breakdowns.ts";
import { Business } from "./business.ts";
import { checkByHand } from "./check_by_hand.ts";
import { checkDeals } from "./check_deals.ts";
import { checkLog } from "./check_log.ts";
import { checkPeople } from "./check_people.ts";
import { checkQueue } from "./check_queue.ts";
import { checkRecords } from "./check_records.ts";
import { checkSecrecy } from "./check_secrecy.ts";
import { checkTokens } from "./check_tokens.ts";
import { historyOf } from "./history.ts";
import { timeFlies } from "./passing_time.ts";
import { ask } from "./patience.ts";
import { becomeQuiet, type Quiet } from "./quiet.ts";
import { type Findings, type Numbers, type Outcome, writeReport } from "./report.ts";
import { Sellers } from "./sellers.ts";
import { weather } from "./weather.ts";
import { openWorld, type World } from "./world.ts";

export interface ChaosOptions {
  seed: number;
  minutes: number;
}

/** Unrest for so many minutes, then quiet, then every promise checked against what is there. */
export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const world = await openWorld(options.seed);
  try {
    const sellers = new Sellers(world);
    await unrest(world, sellers, options.minutes * 60_000);
    const quiet = await becomeQuiet(world, sellers);
    const findings = await check(world, quiet);
    const report = writeReport(world, await count(world, options, quiet), findings);
    return { findings, report, histories: await histories(world, findings) };
  } finally {
    world.end();
    await world.stack.stop();
  }
}

async function unrest(world: World, sellers: Sellers, ms: number): Promise<void> {
  const first = new Business(world, "A");
  const second = new Business(world, "B");
  await first.open();
  second.share(first);
  const end = setTimeout(world.end, ms);
  const actors = [
    first.work(),
    second.work(),
    first.holdRows(),
    sellers.work(),
    weather(world),
    breakdowns(world),
    timeFlies(world),
  ];
  try {
    await Promise.all(actors);
  } finally {
    clearTimeout(end);
    world.end();
    await Promise.allSettled(actors);
  }
}

async function check(world: World, quiet: Quiet): Promise<Findings> {
  const findings: Findings = { lost: [], doubled: [], wrong: [], other: [...world.oddities] };
  if (quiet.open !== null) findings.other.push(`it did not become quiet: ${quiet.open}`);
  const checks = [
    checkDeals,
    checkRecords,
    checkByHand,
    checkPeople,
    checkQueue,
    checkLog,
    checkTokens,
    checkSecrecy,
  ];
  for (const look of checks) await look(world, findings);
  const refused = (await world.stack.zoho.deliveries()).filter(({ status }) => status >= 400 && status < 500);
  if (refused.length > 0) findings.other.push(`${refused.length} of Zoho's callbacks were refused`);
  return findings;
}

/** Of the first three contracts that a finding names. */
async function histories(world: World, { lost, doubled, wrong, other }: Findings): Promise<string[]> {
  const numbers = [...lost, ...doubled, ...wrong, ...other].flatMap((text) =>
    text.match(/\bCT-[AB]-\d+/)?.[0] ?? []
  );
  return await Promise.all([...new Set(numbers)].slice(0, 3).map((number) => historyOf(world, number)));
}

async function count(world: World, { seed, minutes }: ChaosOptions, quiet: Quiet): Promise<Numbers> {
  const { zoho } = world.stack;
  const [row] = await ask(world, (sql) =>
    sql<{ contracts: number; attempts: string; events: string }[]>`
      select (select count(*)::int from public.contracts) as contracts,
        (select string_agg(status || ' ' || n, ', ' order by n desc) from (
          select status, count(*) n from public.zoho_sync_logs where drain_id is not null group by 1) l) as attempts,
        (select string_agg(status || ' ' || n, ', ' order by n desc) from (
          select status, count(*) n from public.zoho_webhook_events group by 1) e) as events
    `);
  const state = await zoho.state();
  return {
    seed,
    minutes,
    quiet,
    contracts: row?.contracts ?? 0,
    attempts: row?.attempts ?? "none",
    events: row?.events ?? "none",
    deals: state.records.Deals ?? 0,
    deletedDeals: world.deletedDeals.total,
    calls: (await zoho.calls()).filter(({ path }) => path.startsWith("/crm/")).length,
    refreshes: state.tokens.refreshes,
  };
}

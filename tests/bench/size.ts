import type postgres from "postgres";
import { insertBusiness } from "../support/fixtures.ts";
import { type Bench, benchDatabase } from "./bench.ts";
import { claimPage, perClaim, plan, record, settlePage } from "./drain_steps.ts";
import { fillTo, insertOldLogs } from "../support/fill.ts";
import { type Figure, goal, median, ms } from "../support/figures.ts";
import type { SizeOptions } from "./sizes.ts";
import { fold } from "../support/fold.ts";

/** More than this times the first case is not flat; below it is what a machine's moods make. */
const flatWithin = 1.5;
/** Nor is a difference of less than this many milliseconds, whatever the ratio. */
const noiseMs = 2;
/** Rounds that warm the caches. */
const warmRounds = 2;
const tidyRounds = 3;

type Step = "claim" | "record" | "settle" | "history" | "failures" | "tidy";
type Costs = Record<Step, number>;

const names: Record<Step, string> = {
  claim: "claim of 100 changes",
  record: "opening their 100 log rows",
  settle: "settling them",
  history: "history of one contract",
  failures: "the 50 newest failures",
  tidy: "tidy()",
};

/** One database with its rows, and how long each step took in it. */
interface Case {
  owner: postgres.Sql;
  service: postgres.Sql;
  contracts: string[];
  took: Record<Step, number[]>;
}

/**
 * What the steps of a drain cost beside tables of different size, a database for each; median of the rounds. In turn
 * rather than one after the other, so that a slow moment of the machine hits all of them.
 */
export async function sizeCosts(bench: Bench, options: SizeOptions): Promise<Figure[]> {
  const cases: Case[] = [];
  for (const rows of options.rows) cases.push(await openCase(bench, rows, options.rounds));
  for (let round = 0; round < warmRounds + options.rounds; round++) {
    for (const each of cases) await drainOnce(each, round);
  }
  for (let round = 0; round < tidyRounds; round++) {
    for (const each of cases) await tidyOnce(each, options.oldRows);
  }
  return compare(options, cases.map(({ took }) => medians(took)));
}

async function openCase(bench: Bench, rows: number, rounds: number): Promise<Case> {
  const connect = await benchDatabase(bench);
  const owner = connect(1);
  const service = connect(1);
  const contracts = await insertContracts(owner, perClaim * (warmRounds + rounds));
  await fillTo(owner, rows);
  await service`set role service_role`;
  const took = { claim: [], record: [], settle: [], history: [], failures: [], tidy: [] };
  return { owner, service, contracts, took };
}

async function drainOnce({ owner, service, contracts, took }: Case, round: number): Promise<void> {
  const time = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
    const startedAtMs = performance.now();
    const result = await work();
    if (round >= warmRounds) took[step].push(performance.now() - startedAtMs);
    return result;
  };
  const ids = contracts.slice(round * perClaim, (round + 1) * perClaim);
  await owner`select public.zoho_enqueue('contract', ${ids}::uuid[])`;
  const changes = await time("claim", () => claimPage(service));
  const work = plan(changes);
  await time("record", () => record(service, work));
  await time("settle", () => settlePage(service, work));
  await time("history", () => history(service, round + 1));
  await time("failures", () => failures(service));
}

async function tidyOnce({ owner, took }: Case, oldRows: number): Promise<void> {
  await insertOldLogs(owner, oldRows);
  await owner`vacuum (analyze) public.zoho_sync_logs`;
  const startedAtMs = performance.now();
  await owner`select zoho_sync.purge_expired()`;
  took.tidy.push(performance.now() - startedAtMs);
}

function medians(took: Case["took"]): Costs {
  const { claim, record, settle, history, failures, tidy } = took;
  return {
    claim: median(claim),
    record: median(record),
    settle: median(settle),
    history: median(history),
    failures: median(failures),
    tidy: median(tidy),
  };
}

function compare({ rows, oldRows }: SizeOptions, costs: Costs[]): Figure[] {
  const [first] = costs;
  if (!first) return [];
  const keys = Object.keys(names) as Step[];
  return keys.map((key) => {
    const later = costs.slice(1).map((cost) => cost[key]);
    const ratios = later.map((cost) => cost / first[key]);
    const isFlat = later.every((cost) => cost < first[key] * flatWithin || cost - first[key] < noiseMs);
    return {
      what: `${names[key]}${key === "tidy" ? ` of ${oldRows.toLocaleString("en")} old rows` : ""}, ${
        rows.map((count) => count.toLocaleString("en")).join(" / ")
      } rows`,
      measured: costs.map((cost) => ms(cost[key])).join(" / "),
      beside: `${goal(isFlat, "flat")}; ${ratios.map((ratio) => `×${ratio.toFixed(2)}`).join(", ")}`,
    };
  });
}

async function insertContracts(sql: postgres.Sql, count: number): Promise<string[]> {
  const { quote, customer, kyc } = await insertBusiness(sql);
  const rows = await sql<{ id: string }[]>`
    insert into public.contracts (contract_number, quote_id, customer_id, kyc_session_id, contract_type,
      contract_term_months, start_date, total_contract_value, status)
    select 'CT-SIZE-' || n, ${quote.id}, ${customer.id}, ${kyc.id}, 'fibre', 24, '2026-12-01', 1000, 'draft'
    from generate_series(1, ${count}::int) n returning id`;
  await sql`
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
    select 'contract', c.id, 'Deals', 'size ' || c.contract_number from public.contracts c`;
  await fold(sql);
  await sql`delete from public.zoho_sync_queue where true`;
  return rows.map(({ id }) => id);
}

/** Of the nth contract of the filling: five attempts or so. */
async function history(sql: postgres.Sql, nth: number): Promise<void> {
  await sql`
    select id, status, attempt_number, error_message, request_payload, created_at from public.zoho_sync_logs
    where entity_type = 'contract' and entity_id = md5('contract ' || ${nth}::int)::uuid order by created_at desc limit 50`;
}

async function failures(sql: postgres.Sql): Promise<void> {
  await sql`
    select id, entity_type, entity_id, error_message, created_at from public.zoho_sync_logs
    where status = 'failed' order by created_at desc limit 50`;
}

import type postgres from "postgres";
import { insertBusiness } from "../support/fixtures.ts";
import { fillTo, insertOldLogs } from "./fill.ts";
import { type Figure, goal, median, ms } from "./table.ts";

const perClaim = 100;
/** One drain that goes on and on: another one would wait for its lease. */
const worker = crypto.randomUUID();
/** More than this times the first case is not flat; below it is what a machine's moods make. */
const flatWithin = 1.5;
/** Nor is a difference of less than this many milliseconds, whatever the ratio. */
const noiseMs = 1;
const tidyRounds = 3;

export interface SizeOptions {
  /** Rows in the log and in the mappings, the case to compare with first. */
  rows: number[];
  rounds: number;
  oldRows: number;
}

type Costs = Record<"claim" | "record" | "settle" | "history" | "failures" | "tidy", number>;

const names: Record<keyof Costs, string> = {
  claim: "claim of 100 changes",
  record: "opening their 100 log rows",
  settle: "settling them",
  history: "history of one contract",
  failures: "the 50 newest failures",
  tidy: "tidy()",
};

/** What the steps of a drain cost beside tables of different size; median of the rounds, in one database that grows. */
export async function sizeCosts(
  connect: (max: number) => postgres.Sql,
  options: SizeOptions,
): Promise<Figure[]> {
  const owner = connect(1);
  const service = connect(1);
  const contracts = await insertContracts(owner, perClaim * (options.rounds + 2));
  await service`set role service_role`;
  const costs: Costs[] = [];
  for (const rows of options.rows) {
    await fillTo(owner, rows);
    costs.push(await measure(owner, service, contracts, options));
  }
  return compare(options, costs);
}

function compare({ rows, oldRows }: SizeOptions, costs: Costs[]): Figure[] {
  const [first] = costs;
  if (!first) return [];
  const keys = Object.keys(names) as (keyof Costs)[];
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
  await sql`delete from public.zoho_sync_queue where true`;
  return rows.map(({ id }) => id);
}

async function measure(
  owner: postgres.Sql,
  service: postgres.Sql,
  contracts: string[],
  { rounds, oldRows }: SizeOptions,
): Promise<Costs> {
  const took: Record<keyof Costs, number[]> = {
    claim: [],
    record: [],
    settle: [],
    history: [],
    failures: [],
    tidy: [],
  };
  const time = async <T>(key: keyof Costs, counts: boolean, work: () => Promise<T>): Promise<T> => {
    const startedAtMs = performance.now();
    const result = await work();
    if (counts) took[key].push(performance.now() - startedAtMs);
    return result;
  };
  // The first two rounds warm the caches and let Postgres plan anew.
  for (let round = 0; round < rounds + 2; round++) {
    const counts = round >= 2;
    const ids = contracts.slice(round * perClaim, (round + 1) * perClaim);
    await owner`select public.zoho_enqueue_contracts(${ids}::uuid[])`;
    const changes = await time("claim", counts, () => claim(service));
    const work = plan(changes);
    await time("record", counts, () => record(service, work));
    await time("settle", counts, () => settle(service, work));
    await time("history", counts, () => history(service, ids[0] ?? ""));
    await time("failures", counts, () => failures(service));
  }
  for (let round = 0; round < tidyRounds; round++) {
    await insertOldLogs(owner, oldRows);
    await owner`vacuum (analyze) public.zoho_sync_logs`;
    await time("tidy", true, () => owner`select zoho_sync.tidy()`);
  }
  const keys = Object.keys(took) as (keyof Costs)[];
  return Object.fromEntries(keys.map((key) => [key, median(took[key])])) as Costs;
}

interface Claimed {
  entity_id: string;
  revision: number;
  mapping: { zoho_id: string };
}

async function claim(sql: postgres.Sql): Promise<Claimed[]> {
  const [row] = await sql<{ answer: { changes: Claimed[] } }[]>`
    select public.zoho_claim_changes(${worker}, ${perClaim}, 45) as answer`;
  const changes = row?.answer.changes ?? [];
  if (changes.length !== perClaim) throw new Error(`${changes.length} changes were claimed, not ${perClaim}`);
  return changes;
}

type Work = Record<"opened" | "closed" | "results", string>;

/** What a drain would hand over for the claimed changes. */
function plan(changes: Claimed[]): Work {
  const opened = changes.map(({ entity_id, mapping }) => ({
    id: crypto.randomUUID(),
    lease_type: "contract",
    lease_id: entity_id,
    entity_type: "contract",
    entity_id,
    zoho_entity_type: "Deals",
    zoho_entity_id: mapping.zoho_id,
    attempt_number: 1,
    request_payload: { Amount: 1001 },
    cause: "contracts update",
  }));
  const closed = opened.map(({ id, zoho_entity_id }) => ({
    id,
    status: "success",
    zoho_entity_id,
    response_payload: { code: "SUCCESS", action: "update", id: zoho_entity_id },
    duration_ms: 120,
  }));
  const results = changes.map(({ entity_id, revision, mapping }) => ({
    entity_type: "contract",
    entity_id,
    revision,
    outcome: "done",
    record: {
      zoho_type: "Deals",
      zoho_id: mapping.zoho_id,
      fields: { Amount: 1001 },
      modified_at: "2026-11-20T10:00:00+02:00",
      modified_by: "1",
    },
  }));
  return {
    opened: JSON.stringify(opened),
    closed: JSON.stringify(closed),
    results: JSON.stringify(results),
  };
}

async function record(sql: postgres.Sql, { opened }: Work): Promise<void> {
  await sql`select public.zoho_record_attempts(${worker}, 45, ${opened}::text::jsonb)`;
}

async function settle(sql: postgres.Sql, { results, closed }: Work): Promise<void> {
  const [row] = await sql<{ answer: { settled: number } }[]>`
    select public.zoho_settle_changes(${worker}, ${results}::text::jsonb, '[]', '[]', ${closed}::text::jsonb,
      '[{"lane": 0, "credits": 10, "calls": 1}]') as answer`;
  if (row?.answer.settled !== perClaim) throw new Error(`${row?.answer.settled} changes were settled`);
}

async function history(sql: postgres.Sql, contractId: string): Promise<void> {
  await sql`
    select id, status, attempt_number, error_message, request_payload, created_at from public.zoho_sync_logs
    where entity_type = 'contract' and entity_id = ${contractId} order by created_at desc limit 50`;
}

async function failures(sql: postgres.Sql): Promise<void> {
  await sql`
    select id, entity_type, entity_id, error_message, created_at from public.zoho_sync_logs
    where status = 'failed' order by created_at desc limit 50`;
}

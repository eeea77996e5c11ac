import { breakdowns } from "./breakdowns.ts";
import { BusinessWorker } from "./business.ts";
import { checkByHand } from "./check_by_hand.ts";
import { checkDeals } from "./check_deals.ts";
import { checkLog } from "./check_log.ts";
import { checkPeople } from "./check_people.ts";
import { checkQuestions } from "./check_questions.ts";
import { checkQueue } from "./check_queue.ts";
import { checkRecords } from "./check_records.ts";
import { checkSecrecy } from "./check_secrecy.ts";
import { checkTokens } from "./check_tokens.ts";
import { historyOf } from "./history.ts";
import { advanceTime } from "./clock.ts";
import { query } from "./db_retry.ts";
import { type Idle, waitUntilIdle } from "./wait_until_idle.ts";
import { type ChaosOutcome, type Findings, type Numbers, writeReport } from "./report.ts";
import { CrmUsers } from "./crm_users.ts";
import { scheduleFaults } from "./fault_schedule.ts";
import { type ChaosContext, openChaosContext } from "./context.ts";

export interface ChaosOptions {
  seed: number;
  minutes: number;
}

/** Faults and changes for so many minutes, then idle, then every promise is checked against the rows and records. */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const context = await openChaosContext(options.seed);
  try {
    const crmUsers = new CrmUsers(context);
    await unrest(context, crmUsers, options.minutes * 60_000);
    const idle = await waitUntilIdle(context, crmUsers);
    const findings = await check(context, idle);
    const report = writeReport(context, await count(context, options, idle), findings);
    return { findings, report, histories: await histories(context, findings) };
  } finally {
    context.end();
    await context.stack.stop();
  }
}

async function unrest(context: ChaosContext, crmUsers: CrmUsers, ms: number): Promise<void> {
  const first = new BusinessWorker(context, "A");
  const second = new BusinessWorker(context, "B");
  await first.open();
  second.share(first);
  const end = setTimeout(context.end, ms);
  const actors = [
    first.work(),
    second.work(),
    first.holdRows(),
    crmUsers.work(),
    scheduleFaults(context),
    breakdowns(context),
    advanceTime(context),
  ];
  try {
    await Promise.all(actors);
  } finally {
    clearTimeout(end);
    context.end();
    await Promise.allSettled(actors);
  }
}

async function check(context: ChaosContext, idle: Idle): Promise<Findings> {
  const findings: Findings = { lost: [], doubled: [], wrong: [], other: [...context.oddities] };
  if (idle.open !== null) findings.other.push(`it did not become idle: ${idle.open}`);
  const checks = [
    checkDeals,
    checkRecords,
    checkByHand,
    checkPeople,
    checkQueue,
    checkQuestions,
    checkLog,
    checkTokens,
    checkSecrecy,
  ];
  for (const look of checks) await look(context, findings);
  const refused = (await context.stack.zoho.deliveries()).filter(({ status }) =>
    status >= 400 && status < 500
  );
  if (refused.length > 0) findings.other.push(`${refused.length} of Zoho's callbacks were refused`);
  return findings;
}

/** Of the first three contracts, quotes and invoices that a finding names. */
async function histories(
  context: ChaosContext,
  { lost, doubled, wrong, other }: Findings,
): Promise<string[]> {
  const numbers = [...lost, ...doubled, ...wrong, ...other].flatMap((text) =>
    text.match(/\b(BQ-)?CT-[AB]-\d+|\bINV-[0-9a-f-]{36}/)?.[0] ?? []
  );
  return await Promise.all([...new Set(numbers)].slice(0, 3).map((number) => historyOf(context, number)));
}

async function count(context: ChaosContext, { seed, minutes }: ChaosOptions, idle: Idle): Promise<Numbers> {
  const { zoho } = context.stack;
  const [row] = await query(
    context,
    (sql) =>
      sql<{ contracts: number; attempts: string; hints: string; questions: string }[]>`
      select (select count(*)::int from public.contracts) as contracts,
        (select string_agg(status || ' ' || n, ', ' order by n desc) from (
          select status, count(*) n from public.zoho_sync_logs where drain_id is not null group by 1) l) as attempts,
        (select string_agg(status || ' ' || n, ', ' order by n desc) from (
          select status, count(*) n from public.zoho_webhook_events group by 1) e) as hints,
        (select string_agg(kind || ' ' || n, ', ' order by n desc) from (
          select kind, count(*) n from public.zoho_questions where closed_at is null group by 1) q) as questions
    `,
  );
  const state = await zoho.state();
  return {
    seed,
    minutes,
    idle,
    contracts: row?.contracts ?? 0,
    attempts: row?.attempts ?? "none",
    hints: row?.hints ?? "none",
    questions: row?.questions ?? "none",
    deals: state.records.Deals ?? 0,
    deletedDeals: context.deletedDeals.total,
    calls: (await zoho.calls()).filter(({ path }) => path.startsWith("/crm/")).length,
    refreshes: state.tokens.refreshes,
  };
}

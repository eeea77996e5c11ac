import type { Stack } from "./stack.ts";
import { ZohoControl } from "./zoho/mod.ts";

/** One change in CircleTel and what must be seen of it in Zoho. */
interface Step {
  title: string;
  /** The statement that a person, Didit or ICASA would cause. */
  change: (stack: Stack, ids: StoryIds) => Promise<unknown>;
  expect: Record<string, unknown>;
}

interface StoryIds {
  contract: string;
  contractNumber: string;
  kyc: string;
}

const longestWaitMs = 10_000;

const steps: Step[] = [
  {
    title: "the contract is signed",
    change: ({ sql }, { contract }) =>
      sql`update public.contracts set status = 'fully_signed', fully_signed_date = '2026-11-23T08:15:00Z'
        where id = ${contract}`,
    expect: { Stage: "Closed Won", Contract_Signed_Date: "2026-11-23" },
  },
  {
    title: "KYC completes",
    change: ({ sql }, { kyc }) =>
      sql`update public.kyc_sessions
        set status = 'completed', verification_result = 'approved', risk_tier = 'low',
          completed_at = '2026-11-23T08:20:00Z'
        where id = ${kyc}`,
    expect: { KYC_Status: "Completed", KYC_Verified_Date: "2026-11-23", Risk_Tier: "Low" },
  },
  {
    title: "RICA is approved",
    change: ({ sql }, { kyc }) =>
      sql`insert into public.rica_submissions (kyc_session_id, status, submitted_at, approved_at)
        values (${kyc}, 'approved', '2026-11-23T08:21:00Z', '2026-11-23T08:30:00Z')`,
    expect: { RICA_Status: "Approved" },
  },
];

/**
 * Shows on the running stack what the project does: a contract is made, signed, verified and registered, and each time
 * the Deal in Zoho is shown before and after, with the milliseconds in between.
 *
 * @returns false if a step was not seen in Zoho
 */
export async function tellStory(stack: Stack): Promise<boolean> {
  const zoho = new ZohoControl(stack.zohoUrl);
  const story = { stack, zoho, seen: (await zoho.changes()).lastSeq };
  console.log("\nThe story: a business line is sold, and every step reaches Zoho.\n");

  const madeAtMs = clockMs();
  const ids = await sellLine(stack);
  const made = await nextDeal(story, ids.contractNumber, {});
  if (!report("a contract is waiting for signatures", made, madeAtMs)) return false;
  for (const step of steps) {
    const committedAtMs = clockMs();
    await step.change(stack, ids);
    const seen = await nextDeal(story, ids.contractNumber, step.expect);
    if (!report(step.title, seen, committedAtMs)) return false;
  }
  for (const move of moves) {
    if (!await tellMove(stack, zoho, ids, move)) return false;
  }
  return await reportTheEnd(stack);
}

/** A stage that a seller moves the Deal to in Zoho, and the contract status that must follow. */
const moves = [
  { stage: "Closed Lost", status: "terminated" },
  { stage: "Closed Won", status: "active" },
];

/** The way back: the Deal is moved in Zoho, the signed webhook arrives, the contract follows. */
async function tellMove(
  { sql }: Stack,
  zoho: ZohoControl,
  { contract, contractNumber }: StoryIds,
  { stage, status }: (typeof moves)[number],
): Promise<boolean> {
  const deal = (await zoho.records("Deals")).find((record) => record.Contract_Number === contractNumber);
  const [before] = await sql`select status from public.contracts where id = ${contract}`;
  const movedAtMs = clockMs();
  await zoho.edit("Deals", String(deal?.id), { Stage: stage });
  while (clockMs() - movedAtMs < longestWaitMs) {
    const [row] = await sql`select status from public.contracts where id = ${contract}`;
    if (row?.status === status) {
      console.log(
        `  ✓ a seller moves the Deal to ${stage}: in CircleTel ${
          (clockMs() - movedAtMs).toFixed(0)
        } ms later`,
      );
      console.log(`      ${"contract status".padEnd(22)} ${String(before?.status).padEnd(20)} → ${status}\n`);
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  console.error(`  ✗ a seller moved the Deal to ${stage}, but the contract is not ${status}\n`);
  return false;
}

/** The Deal is written before its change is settled: a moment later the queue must be empty. */
async function reportTheEnd({ sql }: Stack): Promise<boolean> {
  const giveUpAtMs = clockMs() + longestWaitMs;
  for (;;) {
    const [queue] = await sql`
      select ((select count(*) from public.zoho_sync_queue) + (select count(*) from zoho_sync.outbox))::int as length`;
    if (queue?.length === 0) break;
    if (clockMs() > giveUpAtMs) {
      console.error(`  ✗ ${queue?.length} changes are still in the queue\n`);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const attempts =
    await sql`select status, count(*)::int from public.zoho_sync_logs group by status order by status`;
  const counted = attempts.map(({ status, count }) => `${count} ${status}`).join(", ");
  console.log(`  Attempts in zoho_sync_logs: ${counted}. The queue is empty again.\n`);
  return true;
}

/** A quote is accepted, its KYC session is under way, its contract waits for signatures. */
async function sellLine({ sql }: Stack): Promise<StoryIds> {
  return await sql.begin(async (tx) => {
    const [customer] = await tx`
      insert into public.customers (first_name, last_name, email, phone, account_type, business_name)
      values ('Thandi', 'Nkosi', ${`thandi.${
      crypto.randomUUID().slice(0, 8)
    }@karoo.example`}, '+27 82 000 0000',
        'business', 'Karoo Traders (Pty) Ltd') returning id`;
    const [quote] = await tx`
      insert into public.business_quotes (customer_id, company_name, contact_name, contact_email, contact_phone,
        service_address, status, valid_until)
      values (${customer?.id}, 'Karoo Traders (Pty) Ltd', 'Thandi Nkosi', 'thandi@karoo.example', '+27 82 000 0000',
        '1 Long Street, Cape Town', 'accepted', '2026-12-31') returning id`;
    const [kyc] = await tx`
      insert into public.kyc_sessions (quote_id, didit_session_id, status)
      values (${quote?.id}, ${`didit_${crypto.randomUUID()}`}, 'in_progress') returning id`;
    const [contract] = await tx`
      insert into public.contracts (quote_id, customer_id, kyc_session_id, contract_type, contract_term_months,
        start_date, monthly_recurring, total_contract_value, status)
      values (${quote?.id}, ${customer?.id}, ${kyc?.id}, 'fibre', 24, '2026-12-01', 1999, 49476,
        'pending_signature') returning id, contract_number`;
    return { contract: contract?.id, contractNumber: contract?.contract_number, kyc: kyc?.id };
  });
}

interface SeenChange {
  atMs: number;
  deal: Record<string, unknown>;
  fields: Record<string, { before: unknown; after: unknown }>;
}

/** Waits for the write of our Deal that brings the expected values; null when it does not come. */
async function nextDeal(
  story: { zoho: ZohoControl; seen: number },
  contractNumber: string,
  expect: Record<string, unknown>,
): Promise<SeenChange | null> {
  const giveUpAtMs = clockMs() + longestWaitMs;
  while (clockMs() < giveUpAtMs) {
    const { changes, lastSeq } = await story.zoho.changes({
      since: story.seen,
      module: "Deals",
      waitMs: 1000,
    });
    story.seen = lastSeq;
    for (const { id, atMs, fields } of changes) {
      const deal = (await story.zoho.records("Deals")).find((record) => record.id === id);
      const isOurs = deal?.Contract_Number === contractNumber;
      if (isOurs && Object.entries(expect).every(([name, value]) => deal[name] === value)) {
        return { atMs, deal, fields };
      }
    }
  }
  return null;
}

function report(title: string, seen: SeenChange | null, committedAtMs: number): boolean {
  if (!seen) {
    console.error(`  ✗ ${title}: not seen in Zoho within ${longestWaitMs / 1000} s\n`);
    return false;
  }
  console.log(
    `  ✓ ${title}: in Zoho ${(seen.atMs - committedAtMs).toFixed(0)} ms after the statement was sent`,
  );
  for (const [name, { before, after }] of Object.entries(seen.fields)) {
    console.log(
      `      ${name.padEnd(22)} ${show(before).padEnd(20)} → ${show(nameOf(seen.deal[name]) ?? after)}`,
    );
  }
  console.log("");
  return true;
}

function show(value: unknown): string {
  if (value === null || value === undefined || value === "") return "(empty)";
  return nameOf(value) ?? (typeof value === "object" ? JSON.stringify(value) : String(value));
}

/** A lookup reads back with the name of the record it points to. */
function nameOf(value: unknown): string | null {
  return typeof value === "object" && value !== null && "name" in value ? String(value.name) : null;
}

/** Wall clock with fractions, comparable with the simulator's `atMs`. */
function clockMs(): number {
  return performance.timeOrigin + performance.now();
}

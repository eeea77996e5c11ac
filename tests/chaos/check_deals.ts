import type { ZohoRecord } from "../../local/zoho/mod.ts";
import { deal as dealType } from "../../supabase/functions/_shared/mapping/deal.ts";
import { project } from "../../supabase/functions/_shared/mapping/record_type.ts";
import { statusOfContract } from "../../supabase/functions/_shared/mapping/stage.ts";
import type { ContractSource } from "../../supabase/functions/_shared/mapping/deal.ts";
import type { FieldValue } from "../../supabase/functions/_shared/mapping/types.ts";
import { disagreement, type StageSides } from "../support/agreement.ts";
import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

const timeZone = "Africa/Johannesburg";

interface Contract {
  source: ContractSource;
  state: string | null;
  zoho_id: string | null;
  dead: string | null;
  agreed: StageSides["agreed"];
  questions: { kind: string; field: string }[];
}

/** Every contract that should be in Zoho is there once, with every projected field right. */
export async function checkDeals(context: ChaosContext, findings: Findings): Promise<void> {
  const contracts = await readContracts(context);
  const deals = await context.stack.zoho.records("Deals");
  for (const contract of contracts) checkContract(context, contract, deals, findings);
  await checkStrays(context, contracts, deals, findings);
  await checkInserts(context, findings);
}

function checkContract(
  context: ChaosContext,
  { source, state, zoho_id, dead, agreed, questions }: Contract,
  deals: ZohoRecord[],
  { lost, doubled, wrong }: Findings,
): void {
  const { contract_number: number, zoho_deal_id } = source.contract;
  const status = statusOfContract(source.contract);
  const [deal, ...more] = deals.filter((each) => each.Contract_Number === number);
  if (source.internal_test) {
    if (deal) wrong.push(`${number} belongs to a test customer and is in Zoho all the same`);
    return;
  }
  if (more.length > 0) doubled.push(`${number} has ${more.length + 1} Deals`);
  if (!deal) {
    // A seller deleted it, and a person is asked.
    const isDeletedBySeller = context.deletedDeals.of(number) > 0 && zoho_id !== null &&
      !deals.some(({ id }) => id === zoho_id);
    if (!isDeletedBySeller || !questions.some(({ kind }) => kind === "record_gone")) {
      lost.push(`${number} is not in Zoho (mapping ${state}, dead letter ${dead})`);
    }
    return;
  }
  if (deal.id !== zoho_id || deal.id !== zoho_deal_id) {
    wrong.push(`${number} is Deal ${deal.id}, but mapped to ${zoho_id} and linked to ${zoho_deal_id}`);
  }
  const asked = questions.filter(({ kind }) => kind !== "conflict").map(({ field }) => field);
  const differs = disagreement({ status, stage: String(deal.Stage), agreed, asked });
  if (differs !== null) wrong.push(`${number}: ${differs}`);
  for (const [field, value] of Object.entries(expected(source))) {
    if (!asked.includes(field) && !isSame(deal[field], value)) {
      wrong.push(`${number} has ${field} ${show(deal[field])} in Zoho, should be ${show(value)}`);
    }
  }
}

/** What the Deal should hold by the project's own projection; the stage is judged by itself. */
function expected(source: ContractSource): Record<string, FieldValue> {
  const links = {
    accountId: source.account_id,
    contactId: source.contact?.zoho_id ?? null,
    productIds: new Map<string, string>(),
  };
  return project(dealType, source, { links, timeZone });
}

/** A Deal that no contract owns was made for one that has been deleted since. */
async function checkStrays(
  context: ChaosContext,
  contracts: Contract[],
  deals: ZohoRecord[],
  { wrong, doubled }: Findings,
): Promise<void> {
  const numbers = new Set(contracts.map(({ source }) => source.contract.contract_number));
  const notices = await query(context, (sql) =>
    sql<{ zoho_id: string | null; message: string }[]>`
      select zoho_id, message from public.zoho_notices where kind = 'orphaned'
    `);
  const isTold = (id: string, number: string) =>
    notices.some((notice) => notice.zoho_id === id || notice.message.startsWith(`Contract ${number} `));
  for (const { id, Contract_Number: number } of deals) {
    if (numbers.has(String(number)) || isTold(id, String(number))) continue;
    if (number === undefined || number === null) doubled.push(`Deal ${id} has no contract number`);
    else wrong.push(`Deal ${id} of ${number} has no contract, and no notice says that it was deleted`);
  }
}

/** A Deal may be made once, and once more for each time that a seller deleted it. */
async function checkInserts(context: ChaosContext, { doubled }: Findings): Promise<void> {
  const { changes } = await context.stack.zoho.changes({ module: "Deals" });
  const made = changes.filter(({ operation, by }) => operation === "insert" && by === "api");
  const byNumber = Map.groupBy(made, ({ fields }) => String(fields.Contract_Number?.after));
  for (const [number, inserts] of byNumber) {
    const allowed = 1 + context.deletedDeals.of(number);
    if (inserts.length > allowed) doubled.push(`${number} was made ${inserts.length} times`);
  }
}

async function readContracts(context: ChaosContext): Promise<Contract[]> {
  return await query(context, async (sql) => [
    ...await sql<Contract[]>`
      select s.source, m.state, m.zoho_id, q.error_code as dead,
        jsonb_build_object('stage', m.snapshot -> 'Stage', 'status', m.agreed_status) as agreed,
        (select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'field', n.field)), '[]')
          from public.zoho_questions n where n.entity_id = c.id and n.closed_at is null) as questions
      from public.contracts c
      cross join lateral zoho_sync.contract_sources(array[c.id]) s
      left join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = c.id
      left join public.zoho_sync_queue q
        on q.entity_type = 'contract' and q.entity_id = c.id and q.status = 'dead'
      order by c.contract_number
    `,
  ]);
}

function isSame(held: unknown, wanted: FieldValue): boolean {
  if (typeof wanted === "object" && wanted !== null) {
    return typeof held === "object" && held !== null && "id" in held && held.id === wanted.id;
  }
  return (held ?? null) === wanted;
}

function show(value: unknown): string {
  return JSON.stringify(value ?? null);
}

import type { ZohoRecord } from "../../local/zoho/mod.ts";
import { deal as dealType } from "../../supabase/functions/_shared/mapping/deal.ts";
import { project } from "../../supabase/functions/_shared/mapping/record_type.ts";
import { readRecord } from "../../supabase/functions/_shared/mapping/read.ts";
import { statusOfContract } from "../../supabase/functions/_shared/mapping/stage.ts";
import type { ContractSource } from "../../supabase/functions/_shared/mapping/deal.ts";
import { isLeftToZoho } from "../../supabase/functions/_shared/merge/loops.ts";
import {
  isAgreement,
  isSameStage,
  statusAskedBy,
} from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type { Loops } from "../../supabase/functions/_shared/merge/types.ts";
import { isSameValue, type ValueRules } from "../../supabase/functions/_shared/merge/values.ts";
import { pageOf } from "../../supabase/functions/_shared/zoho/error_table.ts";
import type { World } from "./world.ts";

interface Held {
  source: ContractSource;
  mapping: {
    zoho_id: string;
    state: string;
    stage: string | null;
    agreed_status: string | null;
    loops: Loops;
  } | null;
  dead: string | null;
  questions: { kind: string; field: string; theirs: unknown }[];
}

/** Both sides agree, or an open question or an error page says why not. */
export async function disagreements(world: World, rules: ValueRules): Promise<string[]> {
  const deals = await world.ground.zoho.records("Deals");
  const found: string[] = [];
  for (const held of await readContracts(world)) {
    const { contract_number: number } = held.source.contract;
    const own = deals.filter((deal) => deal.Contract_Number === number);
    if (own.length > 1) found.push(`${number} has ${own.length} Deals`);
    found.push(...ofContract(held, own, deals, rules).map((text) => `${number} ${text}`));
  }
  const waiting = await world.ground.sql<{ status: string; error_code: string | null }[]>`
    select status, error_code from public.zoho_sync_queue where status <> 'dead'`;
  if (waiting.length > 0) found.push(`the queue still holds ${JSON.stringify(waiting)}`);
  return found;
}

function ofContract(held: Held, own: ZohoRecord[], deals: ZohoRecord[], rules: ValueRules): string[] {
  const { mapping, dead, questions, source } = held;
  if (dead !== null) return hasPage(dead) ? [] : [`is a dead letter of ${dead}, which has no page`];
  const isAsked = (...kinds: string[]) => questions.some(({ kind }) => kinds.includes(kind));
  if (isAsked("record_gone", "record_found", "record_taken")) return [];
  if (mapping?.state === "unlinked") return [];
  const deal = deals.find(({ id }) => id === mapping?.zoho_id);
  // The Deal with its number carries an unknown write: it is not linked before a person has decided.
  if (deal === undefined && own.length === 1 && isAsked("unknown_write")) return [];
  if (mapping === null || deal === undefined) return [`has no Deal (${own.length} with its number)`];
  if (mapping.state !== "linked") return [`is ${mapping.state}`];
  return [...ofStage(held, String(deal.Stage), rules), ...ofFields(source, held, deal, rules)];
}

function ofStage({ source, mapping, questions }: Held, stage: string, rules: ValueRules): string[] {
  const status = statusOfContract(source.contract);
  if (isAgreement(status, stage, rules)) return [];
  const isBase = mapping?.agreed_status === status && isSameStage(mapping.stage, stage, rules);
  // The one asks for nothing, or the other.
  if (isBase && (statusAskedBy(stage, rules) === null || status === "expired")) return [];
  if (isLeftToZoho(mapping?.loops ?? {}, "Stage")) return [];
  const isAsked = questions.some(({ kind, field, theirs }) =>
    field === "Stage" && (kind !== "conflict") && typeof theirs === "string" &&
    isSameStage(theirs, stage, rules)
  );
  return isAsked
    ? []
    : [`is ${status}, its Deal ${stage} (base ${mapping?.agreed_status} ${mapping?.stage})`];
}

function ofFields(
  source: ContractSource,
  { mapping, questions }: Held,
  deal: ZohoRecord,
  rules: ValueRules,
): string[] {
  // A number that was issued twice: until a person decides, nothing is written.
  if (mapping?.agreed_status === null && questions.some(({ kind }) => kind === "unknown_write")) return [];
  const links = {
    accountId: source.account_id,
    contactId: source.contact?.zoho_id ?? null,
    productIds: new Map<string, string>(),
  };
  const wanted = project(dealType, source, { links, timeZone: "Africa/Johannesburg" });
  const shown = readRecord(Object.keys(dealType.owners), deal);
  return Object.entries(wanted).flatMap(([field, value]) => {
    if (isSameValue(field, shown[field], value, rules)) return [];
    if (isLeftToZoho(mapping?.loops ?? {}, field)) return [];
    if (questions.some((each) => each.kind === "contested" && each.field === field)) return [];
    return [
      `has ${field} ${JSON.stringify(shown[field] ?? null)} in Zoho, should be ${JSON.stringify(value)}`,
    ];
  });
}

function hasPage(code: string): boolean {
  try {
    return Deno.statSync(new URL(`../../docs/errors/${pageOf(code)}.md`, import.meta.url)).isFile;
  } catch {
    return false;
  }
}

async function readContracts({ ground: { sql } }: World): Promise<Held[]> {
  return await sql<Held[]>`
    select s.source, case when m.id is not null then jsonb_build_object('zoho_id', m.zoho_id, 'state', m.state,
        'stage', m.snapshot -> 'Stage', 'agreed_status', m.agreed_status, 'loops', m.loops) end as mapping,
      (select q.error_code from public.zoho_sync_queue q
        where q.entity_type = 'contract' and q.entity_id = c.id and q.status = 'dead') as dead,
      (select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'field', n.field, 'theirs', n.theirs)), '[]')
        from public.zoho_questions n where n.entity_id = c.id and n.closed_at is null) as questions
    from public.contracts c
    cross join lateral zoho_sync.contract_sources(array[c.id]) s
    left join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = c.id
    order by c.contract_number`;
}

import type { Stack } from "../../local/stack.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import {
  isAgreement,
  stageAskedBy,
  statusAskedBy,
} from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type { Row } from "./fixtures.ts";
import { dealOf } from "./sale.ts";

// Whether a contract and its Deal say the same, or a person is asked.

/** An org whose options are all called by their actual names. */
export const plainRules = { types: {}, options: {}, timeZone: "Africa/Johannesburg" };

export interface StageSides {
  status: ContractStatus;
  stage: string | null;
  /** What both were last agreed to be. */
  agreed: { stage: unknown; status: unknown };
  /** Fields that are asked about. */
  asked: string[];
}

/** What differs, as a sentence; null when nothing does or a question names it. */
export function disagreement({ status, stage, agreed, asked }: StageSides): string | null {
  if (isAgreement(status, stage, plainRules) || asked.includes("Stage")) return null;
  // A stage that asks for no status, or a status that asks for no stage, stays beside the other.
  const isLeft = statusAskedBy(stage, plainRules) === null || stageAskedBy(status) === null;
  if (isLeft && agreed.stage === stage && agreed.status === status) return null;
  return `the contract is ${status}, the Deal ${stage}, agreed were ${agreed.status} and ${agreed.stage}`;
}

/** The fields with an open question; conflicts were decided. */
export async function fieldsAsked({ sql }: Stack, { id }: { id: unknown }): Promise<string[]> {
  const rows = await sql<{ field: string }[]>`
    select field from public.zoho_questions
    where entity_id = ${String(id)} and closed_at is null and kind <> 'conflict'
  `;
  return rows.map(({ field }) => field);
}

/** Both sides of a contract as they are, compared. */
export async function disagreementOf(stack: Stack, contract: Row): Promise<string | null> {
  const [row] = await stack.sql<{ status: ContractStatus; agreed: StageSides["agreed"] }[]>`
    select coalesce(c.status, 'draft') as status,
      jsonb_build_object('stage', m.snapshot -> 'Stage', 'status', m.agreed_status) as agreed
    from public.contracts c join public.zoho_entity_mappings m on m.circletel_id = c.id where c.id = ${contract.id}
  `;
  if (!row) return "the contract is not linked";
  const { Stage } = await dealOf(stack, contract);
  return disagreement({
    ...row,
    stage: typeof Stage === "string" ? Stage : null,
    asked: await fieldsAsked(stack, contract),
  });
}

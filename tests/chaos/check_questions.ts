import type { ZohoChange } from "../../local/zoho/mod.ts";
import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

interface Asked {
  number: string | null;
  kind: string;
  field: string;
  ours: unknown;
  theirs: unknown;
  answers: string[];
  status: string | null;
  zoho_id: string | null;
}

type Explains = (asked: Asked, context: ChaosContext, edits: ZohoChange[]) => boolean;

/** More corrections of one field than this make it contested (merge/loops.ts). */
const correctionsAllowed = 3;

/** What in the run makes a question right; a kind that is not here may not be asked at all. */
const explanations: Readonly<Record<string, Explains>> = {
  record_gone: ({ number }, context) => context.deletedDeals.of(number ?? "") > 0,
  // The contract still is what the seller's move would un-sign.
  unsigned: ({ ours, status }) =>
    ours === status && ["partially_signed", "fully_signed", "active"].includes(String(status)),
  conflict: ({ field, theirs }) => field === "Stage" && theirs !== null,
  contested: ({ field }, _context, edits) =>
    edits.filter(({ fields }) => Object.hasOwn(fields, field)).length > correctionsAllowed,
};

/** Every open question is explained by what was done and has answers. */
export async function checkQuestions(context: ChaosContext, { other }: Findings): Promise<void> {
  const open = await query(context, (sql) =>
    sql<Asked[]>`
      select coalesce(c.contract_number, b.quote_number, i.invoice_number) as number, n.kind, n.field, n.ours, n.theirs,
        n.answers, coalesce(c.status, 'draft') as status, m.zoho_id
      from public.zoho_questions n
      left join public.contracts c on c.id = n.entity_id
      left join public.business_quotes b on b.id = n.entity_id
      left join public.customer_invoices i on i.id = n.entity_id
      left join public.zoho_entity_mappings m on m.circletel_id = n.entity_id
      where n.closed_at is null
    `);
  const { changes } = await context.stack.zoho.changes();
  const edits = Map.groupBy(changes.filter(({ by }) => by !== "api"), ({ id }) => id);
  for (const asked of open) {
    const { number, kind, field, answers, zoho_id } = asked;
    const isExplained = explanations[kind]?.(asked, context, edits.get(zoho_id ?? "") ?? []) ?? false;
    if (!isExplained) {
      other.push(`${number} has the question ${kind} (${field}), which nothing here explains`);
    }
    if (answers.length === 0) other.push(`${number} has the question ${kind}, which has no answer`);
  }
}

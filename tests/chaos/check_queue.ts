import { join } from "node:path";
import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

const errorPages = join(import.meta.dirname ?? "", "..", "..", "docs", "errors");

interface Letter {
  number: string | null;
  status: string;
  error_code: string | null;
  error_message: string | null;
  leased: boolean;
}

/** Nothing is queued, no lease is held and no hint waits for its look. */
export async function checkQueue(context: ChaosContext, { other }: Findings): Promise<void> {
  const rows = await query(context, (sql) =>
    sql<Letter[]>`
      select c.contract_number as number, q.status, q.error_code, q.error_message, q.lease_owner is not null as leased
      from public.zoho_sync_queue q left join public.contracts c on c.id = q.entity_id
    `);
  for (const { number, status, error_code: code, error_message: message, leased } of rows) {
    if (leased) other.push(`${number} is still leased`);
    if (status !== "dead") other.push(`${number} is still ${status}`);
    else if (code === null || !message) other.push(`${number} is a dead letter without a reason`);
    else if (!await hasPage(code)) other.push(`${number} is a dead letter of ${code}, which has no page`);
    else other.push(`${number} is a dead letter of ${code}, which nothing here explains: ${message}`);
  }
  const [state] = await query(
    context,
    (sql) =>
      sql<{ draining: boolean; paused: string | null; refreshing: boolean; notes: number }[]>`
      select s.drain_owner is not null as draining, s.pause_code as paused,
        exists (select from public.zoho_tokens where lease_owner is not null) as refreshing,
        (select count(*)::int from zoho_sync.outbox) as notes
      from public.zoho_sync_state s
    `,
  );
  if (state?.draining) other.push("the drain lease is not free");
  if (state?.paused) other.push(`the drain is paused: ${state.paused}`);
  if (state?.refreshing) other.push("the token's lease is not free");
  if (state?.notes) other.push(`${state.notes} notes of the outbox were never folded`);
  const hints = await query(
    context,
    (sql) =>
      sql<{ status: string; reason: string | null; count: number }[]>`
      select status, reason, count(*)::int from public.zoho_webhook_events
      where status = 'received' group by 1, 2
    `,
  );
  for (const { status, reason, count } of hints) other.push(`${count} hints are ${status}: ${reason}`);
}

async function hasPage(code: string): Promise<boolean> {
  return await Deno.stat(join(errorPages, `${code}.md`)).then(() => true, () => false);
}

import type { ZohoChange } from "../../local/zoho/mod.ts";
import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

/** The clocks of two processes of one machine, and a row's time being that of its transaction's begin. */
const toleranceMs = 50;

/** Whatever was written in Zoho has an attempt in the log, opened before; and every attempt has an end. */
export async function checkLog(context: ChaosContext, { other }: Findings): Promise<void> {
  const pending = await query(
    context,
    (sql) =>
      sql<{ zoho_entity_type: string; cause: string; count: number }[]>`
      select zoho_entity_type, cause, count(*)::int from public.zoho_sync_logs where status = 'pending' group by 1, 2
    `,
  );
  for (const { zoho_entity_type: type, cause, count } of pending) {
    other.push(`${count} attempts at ${type} have no end (${cause})`);
  }
  const { changes } = await context.stack.zoho.changes();
  const ours = changes.filter(({ by, operation }) => by === "api" && operation !== "delete");
  await checkDealWrites(context, ours.filter(({ module }) => module === "Deals"), other);
  await checkCounts(context, other);
}

/** By contract: the attempt is in the log before Zoho has the write. */
async function checkDealWrites(context: ChaosContext, writes: ZohoChange[], other: string[]): Promise<void> {
  const numbers = new Map<string, string>();
  for (const { id, fields } of writes) {
    if (typeof fields.Contract_Number?.after === "string") numbers.set(id, fields.Contract_Number.after);
  }
  const rows = await query(context, (sql) =>
    sql<{ number: string; opened: number[] }[]>`
      select l.request_number as number,
        array_agg((extract(epoch from l.created_at) * 1000)::float8 order by l.created_at) as opened
      from (
        select l.created_at, first_value(l.request_payload ->> 'Contract_Number') over (
          partition by l.entity_id order by l.request_payload ? 'Contract_Number' desc, l.created_at) as request_number
        from public.zoho_sync_logs l where l.zoho_entity_type = 'Deals' and l.drain_id is not null) l
      group by 1
    `);
  const opened = new Map(rows.map((row) => [row.number, row.opened]));
  const seen = new Map<string, number>();
  for (const { id, atMs } of writes) {
    const number = numbers.get(id) ?? "";
    const times = opened.get(number) ?? [];
    const before = times.filter((ms) => ms <= atMs + toleranceMs).length;
    seen.set(number, (seen.get(number) ?? 0) + 1);
    if (before === 0) {
      other.push(`a write of ${number} at ${new Date(atMs).toISOString()} has no attempt before it`);
    }
  }
}

/** By module: Zoho was not sent more records than there are attempts. A call without a reply may be sent twice. */
async function checkCounts(context: ChaosContext, other: string[]): Promise<void> {
  const rows = await query(context, (sql) =>
    sql<{ type: string; count: number }[]>`
      select zoho_entity_type as type, count(*)::int from public.zoho_sync_logs
      where drain_id is not null group by 1
    `);
  const attempts = new Map(rows.map(({ type, count }) => [type, count]));
  const calls = (await context.stack.zoho.calls()).filter(({ method }) =>
    method === "POST" || method === "PUT"
  );
  const resent = context.faults.of("silent_drop") > 0;
  for (const module of ["Deals", "Accounts", "Contacts", "Quotes", "Invoices", "Products"]) {
    const records = calls.filter(({ path }) => new RegExp(`/${module}(/upsert)?$`).test(path))
      .reduce((sum, call) => sum + call.records, 0);
    const logged = attempts.get(module === "Quotes" ? "Estimates" : module) ?? 0;
    if (records > logged && !resent) other.push(`Zoho was sent ${records} ${module}, the log has ${logged}`);
  }
}

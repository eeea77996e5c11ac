import { isObject } from "../../local/zoho/core/json.ts";
import { query } from "./db_retry.ts";
import type { ChaosContext } from "./context.ts";

const references = ["Contract_Number", "Quote_Reference", "Invoice_Reference"];

interface Entry {
  ms: number;
  text: string;
}

/**
 * What happened to a contract, quote or invoice that is not as promised, and to its Contact: from all sides, in the order
 * of our clock.
 */
export async function historyOf(context: ChaosContext, number: string): Promise<string> {
  const entries = [...await zohoSide(context, number), ...await ourSide(context, number)];
  const lines = entries.sort((a, b) => a.ms - b.ms).map(({ ms, text }) => `  ${clock(ms)} ${text}`);
  return [`${number}:`, ...lines].join("\n");
}

async function zohoSide(context: ChaosContext, number: string): Promise<Entry[]> {
  const { changes } = await context.stack.zoho.changes();
  const records = changes.filter(({ fields }) => references.some((name) => fields[name]?.after === number))
    .map(({ id }) => id);
  const contacts = (await context.stack.zoho.records("Deals")).filter(({ id }) => records.includes(id))
    .map(({ Contact_Name: contact }) => isObject(contact) ? String(contact.id) : "");
  const ids = new Set([...records, ...contacts]);
  const deliveries = (await context.stack.zoho.deliveries()).filter((each) =>
    each.ids.some((id) => ids.has(id))
  );
  return [
    ...changes.filter(({ id }) => ids.has(id)).map(({ atMs, by, operation, module, fields }) => ({
      ms: atMs,
      text: `Zoho     ${by} ${operation} ${module} ${
        Object.entries(fields).map(([name, { after }]) => `${name}=${JSON.stringify(after)}`).join(" ")
      }`,
    })),
    ...deliveries.map(({ atMs, operation, outcome, status }) => ({
      ms: atMs,
      text: `callback ${operation} ${outcome} ${status}`,
    })),
  ];
}

async function ourSide(context: ChaosContext, number: string): Promise<Entry[]> {
  return await query(context, async (sql) => [
    ...await sql<Entry[]>`
      with it as (
        select e.id, e.customer_id, m.zoho_id, m.snapshot, m.agreed_status, m.revision, m.loops, m.state
        from (
          select c.id, coalesce(c.customer_id, q.customer_id) as customer_id
          from public.contracts c join public.business_quotes q on q.id = c.quote_id where c.contract_number = ${number}
          union all select q.id, null from public.business_quotes q where q.quote_number = ${number}
          union all select i.id, null from public.customer_invoices i where i.invoice_number = ${number}) e
        left join public.zoho_entity_mappings m on m.circletel_id = e.id)
      select (extract(epoch from l.created_at) * 1000)::float8 as ms,
        concat_ws(' ', 'attempt ', l.zoho_entity_type, l.cause, l.attempt_number, l.status, l.error_message, l.request_payload,
          l.response_payload, l.revision, l.made_for, l.outcome, 'ended', l.finished_at::time) as text
      from it join public.zoho_sync_logs l on l.entity_id in (it.id, it.customer_id)
      union all
      select (extract(epoch from e.received_at) * 1000)::float8,
        concat_ws(' ', 'hint    ', e.operation, e.status, e.reason, e.modified_at::time, e.told)
      from it join public.zoho_webhook_events e on e.record_id = it.zoho_id
      union all
      select (extract(epoch from n.asked_at) * 1000)::float8,
        concat_ws(' ', 'question', n.kind, n.field, n.ours, n.theirs, n.closed_because)
      from it join public.zoho_questions n on n.entity_id = it.id
      union all
      select (extract(epoch from r.started_at) * 1000)::float8,
        concat_ws(' ', 'compared', r.kind, r.status, w.verdict, w.reason, w.fields, 'since', r.since::time,
          'ended', r.finished_at::time)
      from it join public.zoho_reconcile_rows w on w.entity_id = it.id join public.zoho_reconcile_runs r on r.id = w.run_id
      union all
      select (extract(epoch from clock_timestamp()) * 1000)::float8, concat_ws(' ', 'now     ', to_jsonb(it)) from it
    `,
  ]);
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

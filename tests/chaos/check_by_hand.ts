import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

interface Row {
  number: string;
  amount: number;
  kyc: string;
  verified: string | null;
  rica: string | null;
  signed: string | null;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  contact_id: string | null;
}

/**
 * A second opinion on some columns, written in SQL from the design's table and sharing no line with the mapping: a
 * mistake in the projection must not judge itself.
 */
export async function checkByHand(context: ChaosContext, { wrong }: Findings): Promise<void> {
  const rows = await query(context, (sql) =>
    sql<Row[]>`
      select c.contract_number as number, c.total_contract_value::float8 as amount,
        case
          when k.status = 'completed' and k.verification_result = 'declined' then 'Declined'
          when k.status = 'completed' and k.verification_result = 'pending_review' then 'In Progress'
          when k.status = 'completed' then 'Completed'
          when k.status = 'in_progress' then 'In Progress'
          when k.status = 'declined' then 'Declined'
          else 'Not Started' end as kyc,
        case when k.status = 'completed' and coalesce(k.verification_result, 'approved') = 'approved'
          then to_char(k.completed_at at time zone 'Africa/Johannesburg', 'YYYY-MM-DD') end as verified,
        initcap(r.status) as rica,
        to_char(c.fully_signed_date at time zone 'Africa/Johannesburg', 'YYYY-MM-DD') as signed,
        p.first_name, p.last_name, p.email, m.zoho_id as contact_id
      from public.contracts c
      join public.business_quotes q on q.id = c.quote_id
      left join public.customers p on p.id = coalesce(c.customer_id, q.customer_id)
      left join public.zoho_entity_mappings m on m.circletel_type = 'customer' and m.circletel_id = p.id
      left join lateral (
        select * from public.kyc_sessions s
        where case when c.kyc_session_id is null then s.quote_id = c.quote_id else s.id = c.kyc_session_id end
        order by s.created_at desc, s.id desc limit 1) k on true
      left join lateral (
        select * from public.rica_submissions s where s.kyc_session_id in (
          select t.id from public.kyc_sessions t
          where case when c.kyc_session_id is null then t.quote_id = c.quote_id else t.id = c.kyc_session_id end)
        order by s.created_at desc, s.id desc limit 1) r on true
    `);
  const deals = new Map(
    (await context.stack.zoho.records("Deals")).map((deal) => [String(deal.Contract_Number), deal]),
  );
  const contacts = new Map(
    (await context.stack.zoho.records("Contacts")).map((contact) => [contact.id, contact]),
  );
  for (const row of rows) {
    const deal = deals.get(row.number);
    if (!deal) continue;
    const contact = contacts.get(row.contact_id ?? "");
    const pairs: [string, unknown, unknown][] = [
      ["Amount", deal.Amount, row.amount],
      ["KYC_Status", deal.KYC_Status, row.kyc],
      ["KYC_Verified_Date", deal.KYC_Verified_Date, row.verified],
      ["RICA_Status", deal.RICA_Status, row.rica],
      ["Contract_Signed_Date", deal.Contract_Signed_Date, row.signed],
      ...(row.contact_id === null ? [] : [
        ["the Contact's First_Name", contact?.First_Name, row.first_name],
        ["the Contact's Last_Name", contact?.Last_Name, row.last_name],
        ["the Contact's Email", contact?.Email, row.email],
      ] satisfies [string, unknown, unknown][]),
    ];
    for (const [field, held, wanted] of pairs) {
      if ((held ?? null) !== wanted) {
        wrong.push(
          `${row.number}, by hand: ${field} is ${JSON.stringify(held ?? null)}, not ${
            JSON.stringify(wanted)
          }`,
        );
      }
    }
  }
}

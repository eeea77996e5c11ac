import type { Stack } from "../../local/stack.ts";
import { dealOf, type Sale, sell } from "../support/sale.ts";
import { settled } from "../support/queue.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { fold } from "../support/fold.ts";

// One invented day of a small ISP, for pictures: companies, people and numbers exist nowhere.

const COMPANIES = [
  "Karoo Traders (Pty) Ltd",
  "Baobab Logistics CC",
  "Protea Dental Studio",
  "Umhlanga Print Works",
  "Winelands Cold Storage (Pty) Ltd",
  "Kgalagadi Solar",
  "Table Bay Shipping Agency",
  "Highveld Packaging (Pty) Ltd",
  "Jacaranda Guest Lodge",
  "Magalies Fresh Produce CC",
];

export interface Day {
  sales: Sale[];
  numberOf(sale: Sale): string;
}

/** The day until the evening, when all is well. */
export async function goodDay(stack: Stack): Promise<Day> {
  await fillDay(stack);
  const { apiUrl, webhookSecret: secret, zoho, sql } = stack;
  const sales: Sale[] = [];
  for (const [index, company_name] of COMPANIES.entries()) {
    const monthly = 899 + 350 * index;
    sales.push(
      await sell(stack, {
        customer: { business_name: company_name },
        quote: { company_name, total_monthly: monthly, quote_number: `BQ-2026-${118 + index}` },
        contract: {
          contract_number: `CT-2026-${204 + index}`,
          monthly_recurring: monthly,
          total_contract_value: 24 * monthly + 1500,
          status: index % 3 === 0 ? "pending_signature" : "draft",
        },
        kyc: { risk_tier: index % 4 === 1 ? "medium" : "low" },
      }),
    );
  }
  await settled(
    stack,
    sales.map(({ contract }) => contract),
  );
  await zoho.changeSettings({
    workflow: { url: `${apiUrl}/functions/v1/zoho-webhook`, secret, modules: ["Deals"], sign: "timestamp" },
  });
  const [signed, won, moved] = sales;
  if (!signed || !won || !moved) throw new Error("nothing was sold");
  await sql`
    update public.contracts set status = 'fully_signed', fully_signed_date = now() where id = ${signed.contract.id}
  `;
  await settled(stack, signed.contract);
  await edit(stack, won.contract, { Stage: "Closed Won" });
  await edit(stack, moved.contract, { Stage: "Negotiation/Review" });
  await quiet(stack);
  return { sales, numberOf: ({ contract }) => String(contract.contract_number) };
}

/** What an evening may bring: values that Zoho refuses, a locked Deal, a question, a deletion, drift. */
export async function badEvening(stack: Stack, { sales }: Day): Promise<void> {
  const { zoho, sql } = stack;
  const [signed, , , high, alsoHigh, third, locked, , drifting, gone] = sales.map(({ contract }) => contract);
  if (!signed || !high || !alsoHigh || !third || !locked || !drifting || !gone) {
    throw new Error("too few were sold");
  }
  await zoho.addFaults(refusing("Risk_Tier", "High", "INVALID_DATA"), {
    match: { module: "Deals", field: "Amount", value: 777777 },
    kind: "record_error",
    code: "MANDATORY_NOT_FOUND",
    details: { api_name: "Lead_Source" },
  });
  for (const { id } of [high, alsoHigh, third]) {
    await sql`
      update public.kyc_sessions set risk_tier = 'high'
      where id = (select kyc_session_id from public.contracts where id = ${id})
    `;
  }
  await sql`update public.contracts set total_contract_value = 777777 where id = ${drifting.id}`;
  const dead = () => sql`select from public.zoho_sync_queue where status = 'dead'`;
  await until(async () => (await dead()).length >= 4, { what: "dead letters" });

  await zoho.edit("Deals", (await dealOf(stack, locked)).id, { Locked__s: true });
  await sql`update public.contracts set status = 'pending_signature' where id = ${locked.id}`;
  await zoho.create("Accounts", { Account_Name: "Tafelberg Bakery" });
  await zoho.create("Accounts", { Account_Name: "TAFELBERG BAKERY" });
  await sell(stack, {
    customer: null,
    quote: { company_name: "Tafelberg Bakery", quote_number: "BQ-2026-131" },
    contract: { contract_number: "CT-2026-221" },
  });
  await until(async () => (await dead()).length >= 5, { what: "a question" });
  // A seller moves a signed contract's Deal back.
  await edit(stack, signed, { Stage: "Proposal/Price Quote" });
  await stack.invoke("zoho-sync", { entity: "contract", id: signed.id, options: { forceSync: true } });
  const asked = () => sql`select from public.zoho_questions where kind = 'unsigned' and closed_at is null`;
  await until(async () => (await asked()).length > 0, { what: "a question about the stage" });
  await sql`delete from public.contracts where id = ${gone.id}`;
  await waiting(
    stack,
    sales.slice(0, 3).map(({ contract }) => contract),
  );
}

/** What a comparison should find: edits that no webhook reported. */
export async function drift(stack: Stack, { sales }: Day): Promise<void> {
  const { zoho } = stack;
  await zoho.changeSettings({ workflow: null });
  const [first, second, , , , , , eighth] = sales.map(({ contract }) => contract);
  if (!first || !second || !eighth) throw new Error("too few were sold");
  await zoho.edit("Deals", (await dealOf(stack, second)).id, { KYC_Status: "Declined", Risk_Tier: "High" });
  await zoho.edit("Deals", (await dealOf(stack, first)).id, { Amount: 19_500 });
  await zoho.delete("Deals", (await dealOf(stack, eighth)).id);
  await zoho.create("Deals", {
    Deal_Name: "Contract CT-2025-990",
    Contract_Number: "CT-2025-990",
    Stage: "Closed Won",
  });
}

/** Acts of a named person, as they would have been written down. */
export async function acts(stack: Stack, adminId: string): Promise<void> {
  const rows: [minutesAgo: number, action: string, details: Record<string, string>][] = [
    [410, "pause", { reason: "Zoho's layout of Deals is being changed" }],
    [396, "resume", {}],
    [212, "force sync", { entityType: "contract", number: "CT-2026-206" }],
    [44, "replay (dry run)", { from: "2026-11-22T22:00:00Z", to: "2026-11-23T02:00:00Z" }],
    [43, "replay", { from: "2026-11-22T22:00:00Z", to: "2026-11-23T02:00:00Z" }],
  ];
  for (const [minutesAgo, action, details] of rows) {
    await stack.sql`
      insert into public.zoho_admin_actions (at, actor, action, details)
      values (now() - ${minutesAgo} * interval '1 minute', ${adminId}, ${action}, ${stack.sql.json(details)})
    `;
  }
}

function refusing(field: string, value: string, code: string) {
  return {
    match: { module: "Deals", field, value },
    kind: "record_error" as const,
    code,
    details: { api_name: field },
  };
}

async function edit(stack: Stack, contract: Row, fields: Record<string, string>): Promise<void> {
  await fold(stack.sql);
  await stack.zoho.edit("Deals", (await dealOf(stack, contract)).id, fields);
}

/** Waits until every event was applied and nothing is queued. */
async function quiet({ sql }: Stack): Promise<void> {
  await until(
    async () => {
      await fold(sql);
      const [row] = await sql<{ open: number }[]>`
      select (select count(*) from public.zoho_sync_queue)::integer
        + (select count(*) from public.zoho_webhook_events where status = 'received')::integer as open
    `;
      return row?.open === 0;
    },
    { what: "a quiet queue" },
  );
}

/** Changes of a backfill that wait for their hour. */
async function waiting({ sql }: Stack, contracts: Row[]): Promise<void> {
  for (const [index, { id }] of contracts.entries()) {
    await sql`
      insert into public.zoho_sync_queue (entity_type, entity_id, lane, cause, enqueued_at, next_attempt_at)
      values ('contract', ${id}, 2, 'backfill', now() - ${
      4 + index
    } * interval '1 minute', now() + interval '2 hours')
      on conflict do nothing
    `;
  }
}

/** A working day's attempts and waits, with a bad quarter of an hour at ten, rolled up as the schedule does it. */
async function fillDay({ sql }: Stack): Promise<void> {
  const hours = sql`
    select h.hour, w.local, 15 + (200 * greatest(0, sin(pi() * (w.local - 5) / 13)))::integer as attempts
    from (select date_bin('1 hour', now(), 'epoch') - n * interval '1 hour' as hour from generate_series(1, 24) n) h
    cross join lateral (select extract(hour from h.hour at time zone 'Africa/Johannesburg')::float8 as local) w`;
  await sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
      request_payload, duration_ms, created_at, finished_at, drain_id, cause)
    select 'contract', gen_random_uuid(), 'Deals', (6605992000001000000 + n)::text,
      case when n % 97 = 0 or h.local = 10 and n % 6 = 0 then 'failed' else 'success' end, 1, '{}', 90, t.at,
      t.at + interval '90 ms', md5(h.hour::text || n / 20)::uuid, 'contracts update'
    from (${hours}) h cross join lateral generate_series(1, h.attempts) n
    cross join lateral (select h.hour + interval '1 hour' * n / (h.attempts + 1) as at) t
  `;
  await sql`
    insert into zoho_sync.settled_waits (at, settled, waits_ms)
    select h.hour + interval '30 minutes', 60, array(
      select (240 + 160 * abs(sin(n * 7 + h.local)) + 90 * abs(sin(h.local))
        + case when n > 56 and h.local = 10 then 3500 when n > 56 then 900 else 0 end)::integer
      from generate_series(1, 60) n)
    from (${hours}) h
  `;
  await sql`select zoho_sync.roll_hours()`;
  await sql`
    insert into public.zoho_channels (channel_id, module, expires_at)
    values ('1000000068001', 'Deals', now() + interval '5 days 20 hours')
  `;
  await sql`
    insert into public.zoho_credit_ledger (quarter, lane, credits, calls)
    select q.quarter, l.lane, (l.weight * (30 + 40 * abs(sin(extract(hour from q.quarter) / 4))))::integer, 9
    from (select date_bin('15 minutes', now(), 'epoch') - n * interval '15 minutes' as quarter
      from generate_series(0, 94) n) q
    cross join (values (0, 1.3), (1, 0.6), (2, 0.9)) l (lane, weight)
    on conflict do nothing
  `;
}

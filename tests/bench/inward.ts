import type { Stack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import { clockMs } from "./support.ts";
import { type Figure, goal, median, ms, quantile } from "../support/figures.ts";

interface Deal {
  id: string;
  number: string;
}

/** Signed webhooks one after the other, each moving another contract: from the call to the answer, applied. */
export async function webhookLatency(stack: Stack, calls: number): Promise<Figure[]> {
  const deals = await mappedDeals(stack, calls);
  await Promise.all(deals.slice(0, 20).map((deal) => send(stack, deal, "Value Proposition", -60_000)));
  const took: number[] = [];
  for (const deal of deals) {
    const startedAtMs = clockMs();
    await send(stack, deal, "Closed Won", 0);
    took.push(clockMs() - startedAtMs);
  }
  const p95 = quantile(took, 0.95);
  return [
    {
      what: `webhook → contract, ${calls} calls: p50`,
      measured: ms(median(took)),
      beside: "stored and applied",
    },
    {
      what: "the same: p95",
      measured: ms(p95),
      beside: `${goal(p95 < 25, "< 25 ms")}; the original's was 580 ms`,
    },
  ];
}

/** As many at a time as keep it busy; every accepted event must be in the log and applied. */
export async function webhookThroughput(stack: Stack, events: number): Promise<Figure[]> {
  const deals = await mappedDeals(stack, 1000);
  const [before] = await stack.sql`select count(*)::int as events from public.zoho_webhook_events`;
  const startedAtMs = clockMs();
  let next = 0;
  let accepted = 0;
  const work = async () => {
    while (next < events) {
      const index = next++;
      const deal = deals[index % deals.length];
      // Each contract is moved to and fro, at a later time each time.
      const stage = Math.floor(index / deals.length) % 2 === 0 ? "Closed Lost" : "Closed Won";
      if (deal && await send(stack, deal, stage, 60_000 + index * 1000)) accepted++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  const seconds = (clockMs() - startedAtMs) / 1000;
  const applied = await until(async () => {
    const [row] = await stack.sql`select count(*)::int as events,
        count(*) filter (where status = 'applied')::int as applied
      from (select status from public.zoho_webhook_events order by seq offset ${before?.events ?? 0}) e`;
    return row?.events === accepted ? Number(row.applied) : undefined;
  });
  return [{
    what: `webhooks a second, ${events} of them, 8 at a time`,
    measured: (accepted / seconds).toFixed(0),
    beside: goal(
      accepted === events && applied === events,
      `nothing lost: ${accepted} accepted, ${applied} in the log and applied`,
    ),
  }];
}

async function mappedDeals({ sql }: Stack, count: number): Promise<Deal[]> {
  const rows = await sql<{ id: string; number: string }[]>`
    select m.zoho_id as id, c.contract_number as number
    from public.zoho_entity_mappings m join public.contracts c on c.id = m.circletel_id
    where m.circletel_type = 'contract' order by c.contract_number limit ${count}`;
  return [...rows];
}

const encoder = new TextEncoder();

async function send(stack: Stack, deal: Deal, stage: string, offsetMs: number): Promise<boolean> {
  const body = JSON.stringify({
    module: "Deals",
    operation: "edit",
    record_id: deal.id,
    record_data: {
      id: deal.id,
      Contract_Number: deal.number,
      Stage: stage,
      Modified_Time: new Date(Date.now() + 3_600_000 + offsetMs).toISOString().replace(/\.\d+Z/, "+00:00"),
    },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(stack.webhookSecret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign("HMAC", key, encoder.encode(`${timestamp}.${body}`)),
  );
  const response = await fetch(`${stack.apiUrl}/functions/v1/zoho-webhook`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-zoho-webhook-timestamp": timestamp,
      "x-zoho-webhook-signature": signature.toHex(),
    },
    body,
  });
  await response.body?.cancel();
  return response.status === 200;
}

import type { Stack } from "../../local/stack.ts";
import { ZohoControl } from "../../local/zoho/mod.ts";
import { finishedRun, insertOldContracts, startRun } from "../support/backfill.ts";
import { bookmark, creditsSince } from "../support/zoho_calls.ts";
import { clockMs, contractsInZoho } from "./support.ts";
import { type Figure, goal, median, ms, quantile } from "../support/figures.ts";

const latencyMs = 100;
const liveContracts = 100;
const editEveryMs = 400;

/** Ten contracts to a company and a customer, none of them known, beside edits of contracts that are in Zoho. */
export async function backfillBesideLive(stack: Stack, count: number): Promise<Figure[]> {
  await contractsInZoho(stack, liveContracts);
  await insertOldContracts(stack.sql, { count, perCompany: 10, perCustomer: 10 });
  await stack.zoho.changeSettings({ latencyMs });
  const dryAtMs = clockMs();
  const { id: dryId } = await startRun(stack, { dryRun: true });
  const { credits: { estimated, used: dryCost } } = await finishedRun(stack, dryId, { ceilingMs: 600_000 });
  const dryMs = clockMs() - dryAtMs;

  const mark = await bookmark(stack);
  const startedAtMs = clockMs();
  const { id } = await startRun(stack);
  const live = editLive(stack);
  const run = await finishedRun(stack, id, { ceilingMs: 600_000 });
  const tookMs = clockMs() - startedAtMs;
  const took = await live.stop();
  const [made] = await stack.sql`select count(*)::int as n from public.contracts c
    where c.contract_number like 'CT-OLD-%' and c.zoho_deal_id is not null`;
  if (made?.n !== count) throw new Error(`${made?.n} of ${count} contracts have a Deal`);
  const credits = run.credits.used;
  const all = await creditsSince(stack, mark);
  const off = Math.abs(credits - (estimated ?? 0)) / Math.max(1, estimated ?? 0);
  const p95 = quantile(took, 0.95);
  return [
    {
      what: `dry run of ${count} contracts, Zoho answers in ${latencyMs} ms`,
      measured: `${(dryMs / 1_000).toFixed(1)} s`,
      beside: `${dryCost} credits`,
    },
    {
      what: `backfill of ${count} contracts`,
      measured: `${(tookMs / 1_000).toFixed(1)} s`,
      beside: `${(count / (tookMs / 60_000)).toFixed(0)} a minute`,
    },
    {
      what: `live commit → Deal beside it, ${took.length} edits: p95`,
      measured: ms(p95),
      beside: `${goal(p95 < 2_000, "< 2 s")}; median ${ms(median(took))}, slowest ${ms(Math.max(...took))}`,
    },
    {
      what: "credits used by the backfill",
      measured: String(credits),
      beside: `${goal(off <= 0.02, `the dry run's ${estimated} within 2 %`)}; with the live edits ${all}`,
    },
  ];
}

/** Edits one live contract after another; a Deal's change is matched with the edit by its amount. */
function editLive(stack: Stack): { stop: () => Promise<number[]> } {
  const zoho = new ZohoControl(stack.zohoUrl);
  const sentAtMs = new Map<number, number>();
  const took: number[] = [];
  let isOver = false;
  const editing = (async () => {
    for (let edit = 1; !isOver; edit++) {
      const amount = 5_000_000 + Math.floor(Math.random() * 1_000_000);
      sentAtMs.set(amount, clockMs());
      await stack.sql`update public.contracts set total_contract_value = ${amount}
        where contract_number = ${`CT-BENCH-${edit % liveContracts + 1}`}`;
      await new Promise((resolve) => setTimeout(resolve, editEveryMs));
    }
  })();
  const watching = (async () => {
    let since = (await zoho.changes()).lastSeq;
    while (!isOver || sentAtMs.size > 0) {
      const seen = await zoho.changes({ since, module: "Deals", waitMs: 500 });
      since = seen.lastSeq;
      for (const { atMs, fields } of seen.changes) {
        const amount = Number(fields.Amount?.after);
        const sent = sentAtMs.get(amount);
        if (sent === undefined) continue;
        took.push(atMs - sent);
        sentAtMs.delete(amount);
      }
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await editing;
      await watching;
      return took;
    },
  };
}

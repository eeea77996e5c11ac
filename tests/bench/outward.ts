import postgres from "postgres";
import type { Stack } from "../../local/stack.ts";
import { ZohoControl } from "../../local/zoho/mod.ts";
import { pairsLike, theOriginalWay } from "./baseline.ts";
import { clockMs, databaseRequests } from "./support.ts";
import { tellEchoes } from "./inward.ts";
import { queueEmpty } from "../support/queue.ts";
import { type Figure, goal, median, ms, quantile } from "../support/figures.ts";

interface Thousand {
  what: string;
  change: (sql: Stack["sql"]) => Promise<unknown>;
  mostCalls: number;
  mostCredits: number;
  /** Requests of the database, where there is a goal for them. */
  mostRequests?: number;
}

const thousands: Thousand[] = [
  {
    what: "contracts with another value",
    change: (sql) =>
      sql`update public.contracts set total_contract_value = total_contract_value + 1
        where contract_number like 'CT-BENCH-%'`,
    mostCalls: 10,
    mostCredits: 100,
    mostRequests: 50,
  },
  {
    what: "contracts with another KYC status",
    change: (sql) =>
      sql`update public.kyc_sessions set risk_tier = case risk_tier when 'low' then 'medium' else 'low' end`,
    mostCalls: 10,
    mostCredits: 100,
  },
  {
    what: "contracts with another status",
    change: (sql) =>
      sql`update public.contracts set status = 'fully_signed', fully_signed_date = now()
        where contract_number like 'CT-BENCH-%'`,
    mostCalls: 20,
    mostCredits: 110,
  },
];

/**
 * Calls, credits and database requests for 1,000 changed contracts whose Accounts are known, and for the echoes of those
 * writes. Calls for Deals are counted: not the check of revisions, which a process makes once, nor the Estimate of the one
 * quote that all of them have.
 */
export async function callsPerThousand(stack: Stack): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  const admin = postgres(stack.dbAdminUrl, { max: 1, onnotice() {} });
  const callsSince = async (seq: number) =>
    (await zoho.calls(seq)).filter(({ path }) => path.endsWith("/Deals"));
  const figures: Figure[] = [];
  const spent = (
    what: string,
    calls: { credits: number }[],
    most: { calls: number; credits: number },
  ): Figure => {
    const credits = calls.reduce((sum, call) => sum + call.credits, 0);
    return {
      what: `calls / credits for ${what}`,
      measured: `${calls.length} / ${credits}`,
      beside: goal(
        calls.length <= most.calls && credits <= most.credits,
        `≤ ${most.calls} / ${most.credits}`,
      ),
    };
  };
  try {
    for (const { what, change, mostCalls, mostCredits, mostRequests } of thousands) {
      // A stage that is written within a second of another write waits for that second to pass.
      await zoho.advanceClock(3_000);
      const before = (await zoho.calls()).at(-1)?.seq ?? 0;
      const requestsBefore = await settledRequests(admin);
      await change(stack.sql);
      await queueEmpty(stack);
      const most = { calls: mostCalls, credits: mostCredits };
      figures.push(spent(`1,000 ${what}`, await callsSince(before), most));
      if (mostRequests === undefined) continue;
      const requests = await settledRequests(admin) - requestsBefore;
      figures.push({
        what: `database requests for 1,000 ${what}`,
        measured: String(requests),
        beside: goal(requests <= mostRequests, `≤ ${mostRequests}`),
      });
    }
    const before = (await zoho.calls()).at(-1)?.seq ?? 0;
    await tellEchoes(stack, 1_000);
    await queueEmpty(stack);
    figures.push(
      spent("1,000 echoes of our own writes", await callsSince(before), { calls: 10, credits: 10 }),
    );
    return figures;
  } finally {
    await admin.end();
  }
}

/** Postgres counts calls when a backend is idle for a moment; read until the number stops changing. */
async function settledRequests(admin: Stack["sql"]): Promise<number> {
  let last = -1;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const now = await databaseRequests(admin);
    if (now === last) return now;
    last = now;
  }
}

/** From sending the statement to the Deal, one contract at a time, each edit after the last was seen. */
export async function commitToDeal(stack: Stack, edits: number): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  let since = (await zoho.changes()).lastSeq;
  const took: number[] = [];
  for (let edit = 0; edit < edits; edit++) {
    const sentAtMs = clockMs();
    await stack.sql`update public.contracts set total_contract_value = total_contract_value + 1
      where contract_number = ${`CT-BENCH-${edit + 1}`}`;
    const seen = await zoho.changes({ since, module: "Deals", waitMs: 10_000 });
    since = seen.lastSeq;
    const [change] = seen.changes;
    if (!change) throw new Error("an edit was not seen in Zoho within 10 s");
    took.push(change.atMs - sentAtMs);
  }
  return [
    {
      what: `commit → Deal, ${edits} edits, Zoho answers at once: median`,
      measured: ms(median(took)),
      beside: goal(median(took) < 50, "< 50 ms"),
    },
    {
      what: "the same: p95",
      measured: ms(quantile(took, 0.95)),
      beside: `slowest ${ms(Math.max(...took))}`,
    },
  ];
}

/** Contracts a minute with a Zoho that takes 600 ms, beside the original's way in the same run. */
export async function throughput(stack: Stack, count: number): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  await zoho.changeSettings({ latencyMs: 600 });
  try {
    const startedAtMs = clockMs();
    await stack.sql`update public.contracts set total_contract_value = total_contract_value + 1
      where contract_number like 'CT-BENCH-%'`;
    await queueEmpty(stack);
    const perMinute = count / ((clockMs() - startedAtMs) / 60_000);
    const originally = await theOriginalWay(stack, await pairsLike(stack, "CT-BENCH-%", 15));
    return [{
      what: `contracts a minute, Zoho answers in 600 ms (${count} changed)`,
      measured: perMinute.toFixed(0),
      beside: `${goal(perMinute >= 6000, "≥ 6,000")}; one call and 8 requests each: ${
        originally.toFixed(0)
      }, ×${(perMinute / originally).toFixed(0)}`,
    }];
  } finally {
    await zoho.changeSettings({ latencyMs: 0 });
  }
}

/** 1,000 commits of one row each within about a second. */
export async function doorbells(stack: Stack): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  const rung = async () => {
    const [row] = await stack
      .sql`select last_value::int as last, is_called from net.http_request_queue_id_seq`;
    return row?.is_called ? Number(row.last) : 0;
  };
  const since = (await zoho.changes()).lastSeq;
  const before = await rung();
  const startedAtMs = clockMs();
  let next = 0;
  const edit = async () => {
    while (next < 1000) {
      next++;
      // Paced to one second: a faster burst would ring less.
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAtMs + next - clockMs())));
      await stack.sql`update public.contracts set total_contract_value = total_contract_value + 1
        where contract_number = ${`CT-BENCH-${next}`}`;
    }
  };
  await Promise.all([edit(), edit(), edit(), edit()]);
  const committedAtMs = clockMs();
  await queueEmpty(stack);
  const { changes } = await zoho.changes({ since, module: "Deals" });
  const lastAtMs = Math.max(...changes.map(({ atMs }) => atMs));
  const rings = await rung() - before;
  return [
    {
      what: `doorbells rung by 1,000 commits in ${((committedAtMs - startedAtMs) / 1000).toFixed(1)} s`,
      measured: String(rings),
      beside: goal(rings <= 10, "≤ 10"),
    },
    {
      what: "last Deal after the last commit",
      measured: ms(lastAtMs - committedAtMs),
      beside: goal(lastAtMs - committedAtMs < 2000, "< 2 s"),
    },
  ];
}

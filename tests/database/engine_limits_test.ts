import { assert, assertEquals } from "@std/assert";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { type Stack, startStack } from "../../local/stack.ts";
import { functionSecrets } from "../../local/stack_env.ts";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import type { Database } from "../../supabase/functions/_shared/platform/database.types.ts";
import { loadSettings, type Settings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { drain, type DrainReport } from "../../supabase/functions/_shared/sync/drain.ts";
import { RevisionWatch } from "../../supabase/functions/_shared/sync/claim/revision_watch.ts";
import { WriteGate } from "../../supabase/functions/_shared/identity/write_gate.ts";
import type { SyncDependencies } from "../../supabase/functions/_shared/sync/drain_session.ts";
import { FieldStore } from "../../supabase/functions/_shared/fields/store.ts";
import { createZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { LineItems } from "../../supabase/functions/_shared/zoho/line_items.ts";
import { TokenStore } from "../../supabase/functions/_shared/zoho/token.ts";
import { fold } from "../support/fold.ts";
import { claim, done, settle } from "./steps.ts";
import { forgetRings, rings } from "./rings.ts";
import { letPausePass, syncState } from "../support/queue.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertBusiness } from "../support/fixtures.ts";

// What a drain may take of the platform, of Zoho's calls at a time and of the day's credits. The drain is called here,
// on the real database and the simulator; the doorbell's calls stay in pg_net's table, where they can be counted.

let stack: Stack;
let settings: Settings;
let db: ServiceClient;
let tokens: TokenStore;

Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, cron: false, net: false, functions: [] });
  settings = loadSettings({ SUPABASE_URL: stack.apiUrl, ...functionSecrets(stack.zohoUrl) });
  db = createClient<Database>(stack.apiUrl, stack.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  tokens = new TokenStore({ db, settings, fetch, now: Date.now, sleep: noWait, startedAtMs: Date.now() });
});
Deno.test.afterAll(() => stack.stop());
// Nothing queued, paused or spent is left to the next test.
Deno.test.beforeEach(async () => {
  const { sql, zoho } = stack;
  await zoho.clearFaults();
  await zoho.changeSettings({ latencyMs: 0, concurrency: null });
  await sql`delete from public.zoho_sync_queue where true`;
  await sql`delete from public.zoho_credit_ledger where true`;
  await sql`
    update public.zoho_sync_state set concurrency = 10, daily_credits = 50000, pause_count = 0, pause_code = null,
      pause_message = null, paused_until = null, drain_owner = null, drain_until = null`;
  await forgetRings(sql);
});

const noWait = () => Promise.resolve();

/** How many calls of Zoho's API were under way at once at most. */
interface Watched {
  deps: SyncDependencies;
  mostAtOnce: number;
}

/** As liveDependencies() gives them to a function, with a clock of the test's own and an eye on the calls. */
function dependencies(
  { concurrency = 10, now = Date.now, onCall = () => {} }: {
    concurrency?: number;
    now?: () => number;
    onCall?: (url: URL) => void;
  } = {},
): Watched {
  let atOnce = 0;
  const watching: typeof fetch = async (...args) => {
    const request = new Request(...args);
    onCall(new URL(request.url));
    watched.mostAtOnce = Math.max(watched.mostAtOnce, ++atOnce);
    try {
      return await fetch(request);
    } finally {
      atOnce--;
    }
  };
  const mine = { ...settings, concurrency };
  const zoho = createZohoClient({ settings: mine, tokens, fetch: watching });
  const fields = new FieldStore(db, {}, () => {});
  const watched: Watched = {
    mostAtOnce: 0,
    deps: {
      db,
      zoho,
      gate: new WriteGate({ db, zoho, settings: mine }),
      fields,
      settings: mine,
      log: () => {},
      now,
      sleep: noWait,
      random: () => 0.5,
      watch: new RevisionWatch(),
      lineItems: new LineItems(),
    },
  };
  return watched;
}

let batches = 0;

/** Contracts of one company, one commit; the Account and the Contact are known already. */
async function queueContracts(count: number): Promise<string[]> {
  const { sql } = stack;
  const { quote } = await insertBusiness(sql);
  await drain(dependencies().deps);
  const batch = ++batches;
  const rows = await sql<{ id: string }[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months)
    select ${`CT-LIMIT-${batch}-`} || i, ${quote.id}, 'fibre', 24 from generate_series(1, ${count}::int) i
    returning id`;
  await fold(sql);
  await forgetRings(sql);
  return rows.map(({ id }) => id);
}

async function queued(): Promise<number> {
  await fold(stack.sql);
  const [row] = await stack.sql<{ count: number }[]>`select count(*)::int from public.zoho_sync_queue`;
  return row?.count ?? 0;
}

/** Each contract is one Deal. */
async function assertAllInZoho(ids: string[]): Promise<void> {
  const rows = await stack.sql<{ number: string }[]>`
    select contract_number as number from public.contracts where id = any (${ids}::uuid[])`;
  const wanted = new Set(rows.map(({ number }) => number));
  const deals = (await stack.zoho.records("Deals")).map((deal) => String(deal.Contract_Number));
  assertEquals(deals.filter((number) => wanted.has(number)).toSorted(), [...wanted].toSorted());
}

function pick({ state, claimed, settled, waves }: DrainReport) {
  return { state, claimed, settled, waves };
}

async function concurrency(): Promise<number> {
  return Number((await syncState(stack)).concurrency);
}

Deno.test("a drain that has done its share stops, releases the lease and rings; the next ones finish the rest", async () => {
  const ids = await queueContracts(450);
  const { deps } = dependencies({ concurrency: 1 });
  const share = { mostChanges: 200 };

  const first = await drain(deps, share);
  assertEquals(pick(first), { state: "spent", claimed: 200, settled: 200, waves: 2 });
  assertEquals(await queued(), 250);
  assertEquals((await syncState(stack)).drain_owner, null);
  assertEquals((await rings(stack.sql)).map(({ body }) => body), [{ reason: "spent" }]);

  assertEquals(pick(await drain(deps, share)), { state: "spent", claimed: 200, settled: 200, waves: 2 });
  assertEquals(pick(await drain(deps, share)), { state: "finished", claimed: 50, settled: 50, waves: 1 });
  assertEquals(await queued(), 0);
  assertEquals((await rings(stack.sql)).length, 2);
  await assertAllInZoho(ids);
});

Deno.test("a drain that is out of time stores the current wave, releases the lease and rings", async () => {
  const ids = await queueContracts(250);
  let aheadMs = 0;
  const { deps } = dependencies({
    concurrency: 1,
    now: () => Date.now() + aheadMs,
    // The clock jumps while Zoho has the first wave.
    onCall: ({ pathname }) => aheadMs = pathname.includes("/Deals") ? 101_000 : aheadMs,
  });
  const first = await drain(deps);
  assertEquals(pick(first), { state: "spent", claimed: 100, settled: 100, waves: 1 });
  assertEquals(await queued(), 150);
  assertEquals((await syncState(stack)).drain_owner, null);
  assertEquals((await rings(stack.sql)).map(({ body }) => body), [{ reason: "spent" }]);

  const { state, claimed } = await drain(dependencies().deps);
  assertEquals([state, claimed, await queued()], ["finished", 150, 0]);
  await assertAllInZoho(ids);
});

Deno.test("a drain that finishes in time does not ring", async () => {
  const ids = await queueContracts(30);
  const { state } = await drain(dependencies().deps, { mostChanges: 31 });
  assertEquals([state, await rings(stack.sql)], ["finished", []]);
  await assertAllInZoho(ids);
});

for (const code of ["TOO_MANY_REQUESTS", "RATE_LIMIT_EXCEEDED"]) {
  Deno.test(`each ${code} halves the calls at a time, down to one`, async () => {
    const ids = await queueContracts(20);
    await stack.zoho.addFaults({
      kind: "status",
      status: 429,
      match: { module: "Deals" },
      body: { code, details: {}, message: "slow down", status: "error" },
    });
    const { deps } = dependencies();
    const seen: number[] = [];
    for (let pause = 0; pause < 5; pause++) {
      const { state, pause: why } = await drain(deps);
      assertEquals([state, why?.code], ["paused", code]);
      seen.push(await concurrency());
      await letPausePass(stack);
    }
    assertEquals(seen, [5, 2, 1, 1, 1]);
    await stack.zoho.clearFaults();
    assertEquals((await drain(deps)).state, "finished");
    await assertAllInZoho(ids);
  });
}

Deno.test("a fault that is not about the number of calls leaves the concurrency as it is", async () => {
  await queueContracts(1);
  await stack.zoho.addFaults({
    kind: "status",
    status: 400,
    match: { module: "Deals" },
    body: { code: "INVALID_REQUEST_METHOD", details: {}, message: "no", status: "error" },
  });
  assertEquals((await drain(dependencies().deps)).state, "paused");
  assertEquals(await concurrency(), 10);
});

Deno.test("each successful wave allows one call more and a larger wave, up to ten", async () => {
  const ids = await queueContracts(2_000);
  await stack.sql`update public.zoho_sync_state set concurrency = 1`;
  const watched = dependencies();
  const seen: number[] = [];
  for (let claimed = 0; claimed < 2_000;) {
    const report = await drain(watched.deps, { mostChanges: 1 });
    if (report.waves === 0) break;
    claimed += report.claimed;
    seen.push(report.claimed);
  }
  // 100 + 200 + … + 500 are 1,500, and 500 are left.
  assertEquals(seen, [100, 200, 300, 400, 500, 500]);
  assertEquals(await concurrency(), 7);
  assert(watched.mostAtOnce <= 6, `${watched.mostAtOnce} calls at once`);
  await assertAllInZoho(ids);

  await stack.sql`update public.zoho_sync_state set concurrency = 9`;
  await queueContracts(1);
  for (let wave = 0; wave < 3; wave++) {
    await stack.sql`update public.contracts set total_contract_value = ${wave + 1} where id = ${
      ids[0] ?? ""
    }`;
    await drain(watched.deps);
  }
  assertEquals(await concurrency(), 10);
});

Deno.test("ZOHO_CONCURRENCY is the ceiling even where Zoho would allow more", async () => {
  const ids = await queueContracts(1_000);
  await stack.zoho.changeSettings({ latencyMs: 20 });
  const watched = dependencies({ concurrency: 3 });
  const { waves, claimed } = await drain(watched.deps);
  assertEquals([claimed, waves], [1_000, 4]);
  assert(watched.mostAtOnce <= 3, `${watched.mostAtOnce} calls at once`);
  await assertAllInZoho(ids);
});

Deno.test("a wave of new and known Deals keeps to the concurrency that Zoho has accepted", async () => {
  const ids = await queueContracts(50);
  await drain(dependencies().deps);
  // Of each wave of 100 one half is to be updated and the other made: two calls.
  const more = await queueContracts(50);
  await stack.sql`update public.contracts set total_contract_value = 7 where id = any (${ids}::uuid[])`;
  await stack.sql`update public.zoho_sync_state set concurrency = 1`;
  await stack.zoho.changeSettings({ latencyMs: 50 });
  const watched = dependencies();
  const { waves } = await drain(watched.deps);
  assertEquals({ waves, mostAtOnce: watched.mostAtOnce }, { waves: 1, mostAtOnce: 1 });
  await assertAllInZoho([...ids, ...more]);
});

Deno.test("a drain against an org that allows three concurrent calls adapts and loses nothing", async () => {
  const ids = await queueContracts(1_500);
  await stack.zoho.changeSettings({ latencyMs: 300, concurrency: 3 });
  const pauses: string[] = [];
  for (let round = 0; round < 40 && await queued() > 0; round++) {
    const { state, pause } = await drain(dependencies().deps);
    if (state === "paused") pauses.push(pause?.code ?? "");
    assert(await concurrency() >= 1 && await concurrency() <= 10);
    await letPausePass(stack);
  }
  assertEquals(await queued(), 0);
  assert(pauses.length > 0, "ten calls at a time were never refused");
  assertEquals(pauses.filter((code) => code !== "TOO_MANY_REQUESTS"), []);
  await assertAllInZoho(ids);
  const [burnt] = await stack.sql<{ dead: number }[]>`
    select count(*)::int as dead from public.zoho_sync_queue where failed_rounds > 0`;
  assertEquals(burnt?.dead, 0);
});

Deno.test("a drain within the org's ceiling has no call refused", async () => {
  const ids = await queueContracts(1_200);
  await stack.zoho.changeSettings({ latencyMs: 20, concurrency: 4 });
  const since = (await stack.zoho.calls()).at(-1)?.seq ?? 0;
  assertEquals((await drain(dependencies({ concurrency: 4 }).deps)).state, "finished");
  const statuses = (await stack.zoho.calls(since)).map(({ status }) => status);
  assertEquals(statuses.filter((status) => status === 429), []);
  await assertAllInZoho(ids);
});

/** Spent of 1,000 credits, and the lanes that still run: compliance 0, ordinary 1, backfill 2. */
const RESERVES: { spent: number; runs: number[] }[] = [
  { spent: 700, runs: [0, 1, 2] },
  { spent: 800, runs: [0, 1] },
  { spent: 950, runs: [0] },
  { spent: 1_000, runs: [0] },
];

for (const { spent, runs } of RESERVES) {
  Deno.test(`with ${spent} of 1,000 credits spent the lanes ${runs.join(", ")} run and the others wait`, async () => {
    const ids = await queueContracts(9);
    const { sql } = stack;
    await sql`
      update public.zoho_sync_queue q set lane = (n.i % 3)::smallint
      from (select entity_id, row_number() over () - 1 as i from public.zoho_sync_queue) n
      where n.entity_id = q.entity_id`;
    await sql`update public.zoho_sync_state set daily_credits = 1000`;
    await sql`delete from public.zoho_credit_ledger where true`;
    await sql`
      insert into public.zoho_credit_ledger (quarter, lane, credits)
      values (now() - interval '1 hour', 2, ${spent})`;
    assertEquals((await drain(dependencies().deps)).state, "finished");
    const waiting = await sql<{ lane: number; status: string; failed_rounds: number; count: number }[]>`
      select lane::int, status, failed_rounds, count(*)::int from public.zoho_sync_queue group by 1, 2, 3 order by 1`;
    const expected = [0, 1, 2].filter((lane) => !runs.includes(lane));
    assertEquals(
      waiting.map((row) => ({ ...row })),
      expected.map((lane) => ({ lane, status: "pending", failed_rounds: 0, count: 3 })),
    );

    // As if a day had passed.
    await sql`update public.zoho_credit_ledger set quarter = quarter - interval '25 hours' where true`;
    assertEquals((await drain(dependencies().deps)).state, "finished");
    assertEquals(await queued(), 0);
    await assertAllInZoho(ids);
  });
}

// Nearly always the queue is empty, and a session plans its statements then. Kept for a burst, such a plan read the
// whole queue for each of 400 results: 9 s where a settlement takes less than a tenth of one.
Deno.test("a session that saw the queue empty settles part of a burst without reading the queue per result", async () => {
  const ids = await queueContracts(6_000);
  const worker = crypto.randomUUID();
  await stack.sql`delete from public.zoho_sync_queue where true`;
  const session = postgres(stack.dbUrl, { max: 1, onnotice() {} });
  /** Rows of the queue that were read so far, by whatever way. */
  const rowsRead = async () => {
    await session`select pg_stat_force_next_flush()`;
    const [row] = await session<{ read: number }[]>`
      select (seq_tup_read + idx_tup_fetch)::float8 as read from pg_stat_user_tables
      where relid = 'public.zoho_sync_queue'::regclass`;
    return row?.read ?? 0;
  };
  try {
    await session`vacuum (analyze) public.zoho_sync_queue`;
    const queueAndSettle = async (some: string[]) => {
      await session`select public.zoho_enqueue('contract', ${some}::uuid[])`;
      const { changes } = await claim(session, { worker, limit: 400 });
      const before = await rowsRead();
      const { settled } = await settle(session, { worker, results: changes.map((change) => done(change)) });
      return { settled, read: await rowsRead() - before };
    };
    // Postgres keeps a plan after five executions.
    for (const id of ids.slice(0, 10)) assertEquals((await queueAndSettle([id])).settled, 1);
    const { settled, read } = await queueAndSettle(ids);
    assertEquals(settled, 400);
    // 400 times all of it would be 2.4 million.
    assert(read <= 20 * ids.length, `${read} rows were read`);
  } finally {
    await session.end();
  }
});

import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { holdTransaction, lockedSessions } from "./locks.ts";
import {
  type Claim,
  claim,
  claimOne,
  done,
  emptyQueue,
  insertContracts,
  linkContract,
  onlyChange,
  queueRows,
  rpc,
  settle,
} from "./steps.ts";

// Who gets which change, and for how long.

const [FIRST, SECOND] = [crypto.randomUUID(), crypto.randomUUID()];

Deno.test("a claim takes compliance before ordinary before backfill, and the oldest of a lane first", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const [backfill, young, old, compliance] = await insertContracts(sql, quote.id, 4);
    await emptyQueue(sql);
    await enqueue(sql, backfill, 2, 900);
    await enqueue(sql, young, 1, 10);
    await enqueue(sql, old, 1, 60);
    await enqueue(sql, compliance, 0, 0);

    const order: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const { changes } = await claim(sql, { worker: FIRST, limit: 1 });
      order.push(...changes.map((change) => change.entity_id));
    }
    assertEquals(order, [compliance, old, young, backfill]);
  }));

Deno.test("a claim is live or backfill, and the backfill has its turn every two seconds", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const [backfill, live, late] = await insertContracts(sql, quote.id, 3);
    await emptyQueue(sql);
    await enqueue(sql, backfill, 2, 900);
    await enqueue(sql, live, 1, 0);
    const claimed = async () => {
      const { changes } = await claim(sql, { worker: FIRST, limit: 100 });
      return changes.map((change) => change.entity_id);
    };
    await sql`select setval('zoho_sync.backfill_turn', zoho_sync.clock_ms() - 1000)`;
    assertEquals(await claimed(), [live]);
    assertEquals(await claimed(), [backfill]);

    await fold(sql);
    await sql`update zoho_sync_queue set status = 'pending', lease_owner = null, lease_until = null where true`;
    await enqueue(sql, late, 1, 0);
    await sql`select setval('zoho_sync.backfill_turn', zoho_sync.clock_ms() - 2100)`;
    assertEquals((await claimed()).sort(), [backfill, live, late].sort());
  }));

Deno.test("a change that waits for its retry, a dead letter and one in flight are not claimed", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const [waiting, dead, inFlight, due] = await insertContracts(sql, quote.id, 4);
    await fold(sql);
    await sql`update zoho_sync_queue set next_attempt_at = now() + interval '1 second' where entity_id = ${
      waiting ?? ""
    }`;
    await fold(sql);
    await sql`update zoho_sync_queue set status = 'dead' where entity_id = ${dead ?? ""}`;
    await fold(sql);
    await sql`
      update zoho_sync_queue set status = 'in_flight', lease_owner = ${SECOND}, lease_until = now() + interval '1 minute'
      where entity_id = ${inFlight ?? ""}`;
    assertEquals((await claimOne(sql, FIRST)).entity_id, due);
  }));

Deno.test("a change comes with its version, lane, cause and mapping", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "5000000000001", { Stage: "Closed Won" });
    const { source: _, ...change } = await claimOne(sql, FIRST);
    const { entity_type, entity_id, version, lane, failed_rounds, look, forced, cause, mapping } = change;
    assertEquals({ entity_type, entity_id, version, lane, failed_rounds, look, forced, cause, mapping }, {
      entity_type: "contract",
      entity_id: contract.id,
      version: 1,
      lane: 0,
      failed_rounds: 0,
      look: false,
      forced: false,
      cause: "rica_submissions insert",
      mapping: {
        zoho_id: "5000000000001",
        snapshot: { Stage: "Closed Won" },
        state: "linked",
        agreed_status: "draft",
        revision: null,
        loops: {},
      },
    });
  }));

Deno.test("a claim returns for each contract its row's version and a write revision, kept over its tries", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 3);
    const { changes, revisions } = await claim(sql, { worker: FIRST });
    const versions = await sql<
      { id: string; version: string }[]
    >`select id, xmin::text as version from contracts`;
    for (const { entity_id, row_version } of changes) {
      assertEquals(row_version, versions.find(({ id }) => id === entity_id)?.version);
    }
    const planned = changes.map(({ planned_revision }) => BigInt(planned_revision ?? 0));
    assertEquals(new Set(planned).size, 3);
    for (const revision of planned) {
      assertEquals(revision / 10_000_000_000n, BigInt(revisions?.epoch ?? 0));
      // What is known is from before this claim: a write with a number that is drawn here was made before a restore.
      assert(revision % 10_000_000_000n > BigInt(revisions?.last ?? 0));
    }
  }));

Deno.test("a quote's change has neither a row version nor a write revision", () =>
  withDatabase("plain", async (sql) => {
    await insertQuote(sql);
    const change = await claimOne(sql, FIRST);
    assertEquals([change.entity_type, change.row_version, change.planned_revision], ["quote", null, null]);
  }, ["quote"]));

Deno.test("a claim by hand takes one entity ahead of all others", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const [, , third = ""] = await insertContracts(sql, quote.id, 3);
    const { changes } = await claim(sql, { worker: FIRST, only: { type: "contract", id: third } });
    assertEquals(changes.map((change) => change.entity_id), [third]);
    assertEquals((await queueRows(sql)).filter((row) => row.status === "pending").length, 2);
  }));

Deno.test("five connections of one worker never claim the same change twice", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 60);
    const claims = await Promise.all(
      Array.from({ length: 10 }, () => claim(sql, { worker: FIRST, limit: 8 })),
    );
    const ids = claims.flatMap(({ changes }) => changes.map((change) => change.entity_id));
    assertEquals(ids.length, 60);
    assertEquals(new Set(ids).size, 60);
  }));

Deno.test("many workers at once: exactly one gets the drain", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 20);
    const claims = await Promise.all(
      Array.from({ length: 10 }, () => claim(sql, { worker: crypto.randomUUID(), limit: 5 })),
    );
    const winners = claims.filter(({ acquired }) => acquired);
    assertEquals(winners.map(({ changes }) => changes.length), [5]);
    assert(claims.every(({ acquired, changes }) => acquired || changes.length === 0));
  }));

Deno.test("a second worker is refused until the first one's lease runs out", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 3);
    assertEquals((await claim(sql, { worker: FIRST, limit: 1 })).acquired, true);
    assertEquals(await claim(sql, { worker: SECOND, limit: 1 }), {
      acquired: false,
      paused: null,
      changes: [],
    });

    await sql`update zoho_sync_state set drain_until = now() - interval '1 second' where id`;
    const { acquired, changes } = await claim(sql, { worker: SECOND, limit: 1 });
    assertEquals([acquired, changes.length], [true, 1]);
    assertEquals((await claim(sql, { worker: FIRST, limit: 1 })).acquired, false);
  }));

Deno.test("the same worker renews the drain's lease with each claim", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 2);
    await claim(sql, { worker: FIRST, limit: 1, leaseSeconds: 10 });
    assert(await drainLeaseSeconds(sql) <= 10);
    await claim(sql, { worker: FIRST, limit: 1, leaseSeconds: 60 });
    assert(await drainLeaseSeconds(sql) > 50);
  }));

Deno.test("a claim waits for a fold before it locks a row of the queue, so that a sweep that folds can mark them", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, FIRST);
    await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where entity_id = ${contract.id}`;
    await sql`update zoho_sync_state set drain_until = now() - interval '1 second' where id`;
    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    const waiting: Promise<Claim>[] = [];
    const release = await holdTransaction(sql, async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtextextended('zoho_sync.fold_outbox', 0))`;
      waiting.push(claim(sql, { worker: SECOND }));
      await lockedSessions(sql, 1);
      await tx`select from zoho_sync_queue where entity_id = ${contract.id} for update nowait`;
    });
    await release();
    assertEquals((await Promise.all(waiting)).map(({ changes }) => changes.length), [1]);
  }));

Deno.test("a claim that finds nothing releases the drain at once", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, FIRST);
    await settle(sql, { worker: FIRST, results: [done(change, "5000000000001")] });
    const { acquired, changes } = await claim(sql, { worker: FIRST });
    assertEquals([acquired, changes.length], [true, 0]);

    await sql`update contracts set status = 'active' where id = ${contract.id}`;
    assertEquals((await claimOne(sql, SECOND)).entity_id, contract.id);
  }));

Deno.test("a drain that ends early frees the lease, and only its own", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 2);
    await claim(sql, { worker: FIRST, limit: 1 });
    await rpc(sql, (tx) => tx`select zoho_end_drain(${SECOND}) as answer`);
    assertEquals((await claim(sql, { worker: SECOND, limit: 1 })).acquired, false);
    await rpc(sql, (tx) => tx`select zoho_end_drain(${FIRST}) as answer`);
    assertEquals((await claim(sql, { worker: SECOND, limit: 1 })).acquired, true);
  }));

Deno.test("a lease that ran out puts the change back and closes its log rows as interrupted", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, FIRST);
    await sql`
      insert into zoho_sync_logs (entity_type, entity_id, status, attempt_number, drain_id)
      values ('contract', ${contract.id}, 'pending', 1, ${FIRST}), ('contract', ${contract.id}, 'success', 1, ${FIRST})`;
    await fold(sql);
    await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where true`;
    await sql`update zoho_sync_state set drain_until = now() - interval '1 second' where id`;

    const change = await claimOne(sql, SECOND);
    assertEquals([change.entity_id, change.failed_rounds], [contract.id, 0]);
    assertEquals((await onlyChange(sql)).lease_owner, SECOND);
    const logs = await sql`
      select status, error_message, finished_at is not null as is_finished from zoho_sync_logs order by status`;
    assertEquals(logs.map((log) => ({ ...log })), [
      {
        status: "failed",
        error_message:
          "INTERRUPTED: the drain ended before Zoho's answer was stored; the change is tried again",
        is_finished: true,
      },
      { status: "success", error_message: null, is_finished: false },
    ]);
  }));

Deno.test("a claim that finds nothing says how long the last promise still holds, so that no commit under it is missed", () =>
  withDatabase("plain", async (sql) => {
    const { look_again_ms: untouched } = await claim(sql, { worker: FIRST });
    assertEquals(untouched, 0);

    await insertBusiness(sql);
    assertEquals((await claim(sql, { worker: FIRST })).changes.length, 1);
    await sql`select setval('zoho_sync.doorbell', zoho_sync.clock_ms())`;
    const { look_again_ms: promised } = await claim(sql, { worker: FIRST });
    assert(Number(promised) >= 0 && Number(promised) <= 150, `${promised} ms`);

    await sql`select setval('zoho_sync.doorbell', zoho_sync.clock_ms() + 3600000)`;
    const { look_again_ms: fromTheFuture } = await claim(sql, { worker: FIRST });
    assertEquals(fromTheFuture, 0);
  }));

async function enqueue(sql: postgres.Sql, id: string | undefined, lane: number, ageSeconds: number) {
  await sql`select zoho_enqueue('contract', array[${id ?? ""}]::uuid[], ${lane}::smallint)`;
  await fold(sql);
  await sql`
    update zoho_sync_queue set next_attempt_at = now() - make_interval(secs => ${ageSeconds})
    where entity_id = ${id ?? ""}`;
}

async function drainLeaseSeconds(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ seconds: number }[]>`
    select extract(epoch from drain_until - now())::float as seconds from zoho_sync_state`;
  return row?.seconds ?? NaN;
}

Deno.test("when a change comes due is found without reading all that is due already", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into zoho_sync_queue (entity_type, entity_id, lane, cause, next_attempt_at)
      select 'contract', gen_random_uuid(), 1, 'test', now() - interval '1 hour' from generate_series(1, 50000)`;
    await sql`
      insert into zoho_sync_queue (entity_type, entity_id, lane, cause, next_attempt_at)
      select 'contract', gen_random_uuid(), 2, 'test', now() + n * interval '1 minute' from generate_series(1, 20000) n`;
    await sql`analyze zoho_sync_queue`;
    const pages = async () => {
      await sql`select pg_stat_force_next_flush()`;
      const [row] = await sql`
        select (idx_blks_hit + idx_blks_read)::int as pages from pg_statio_user_indexes
        where indexrelname = 'zoho_sync_queue_due_idx'`;
      return Number(row?.pages);
    };
    const before = await pages();
    await sql.begin(async (tx) => {
      // As in a claim.
      await tx`set local enable_seqscan = off`;
      const [row] = await tx`select zoho_sync.next_due_ms(clock_timestamp()) as ms`;
      assertEquals(Number(row?.ms), 0);
    });
    const read = await pages() - before;
    assert(read < 20, `${read} pages of the index were read`);
  }));

import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { buildDatabase, databaseUrl } from "../../local/database.ts";
import { startPostgres } from "../../local/postgres.ts";
import { openSql } from "../../local/sql.ts";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { claim, done, queueRows, settle } from "./steps.ts";

// Business transactions never fail because of us, and none of their marks is lost.

const TRANSACTIONS = 200;
const CONNECTIONS = 8;

for (const isolation of ["repeatable read", "serializable"]) {
  Deno.test(`a running drain aborts none of ${TRANSACTIONS} business transactions at ${isolation}`, () =>
    withDatabase("plain", async (sql, database) => {
      const businesses: Awaited<ReturnType<typeof insertBusiness>>[] = [];
      for (let i = 0; i < 3 * CONNECTIONS; i++) businesses.push(await insertBusiness(sql));
      // Room on the pages: an update that needs a new index entry conflicts with readers of the whole index page, with us or
      // without.
      for (const table of ["contracts", "kyc_sessions"]) {
        await sql.unsafe(`alter table ${table} set (fillfactor = 10)`);
        await sql.unsafe(`vacuum full ${table}`);
      }
      const drain = drainForEver(sql);
      const business = openSql(database.url, CONNECTIONS);
      const aborted: string[] = [];
      try {
        // Small tables would be read from end to end, and predicate locks on whole tables abort for reasons of their own.
        await Promise.all(Array.from({ length: CONNECTIONS }, async (_, worker) => {
          for (let i = 0; i < TRANSACTIONS / CONNECTIONS; i++) {
            // Each its own rows, which are neighbours of those of the others: the same pages, quotes beside quotes.
            const mine = businesses[(worker + i * CONNECTIONS) % businesses.length];
            if (!mine) throw new Error("there is no business");
            await business.begin(`isolation level ${isolation}`, async (tx) => {
              await tx`set local enable_seqscan = off`;
              await tx`select status from contracts where id = ${mine.contract.id}`;
              await tx`update contracts set total_contract_value = total_contract_value + 1 where id = ${mine.contract.id}`;
              await tx`update kyc_sessions set risk_tier = ${
                i % 2 ? "low" : "high"
              } where id = ${mine.kyc.id}`;
            }).catch((error) => {
              if (!(error instanceof postgres.PostgresError) || !error.code.startsWith("40")) throw error;
              aborted.push(error.message);
            });
          }
        }));
      } finally {
        await business.end({ timeout: 5 });
        await drain.stop();
      }
      assertEquals(aborted, []);
      assert(drain.settled > 0, "the drain settled nothing meanwhile");
      assertEquals(await queueRows(sql), []);
    }));
}

/** Claims and settles until it is stopped and nothing is left. */
function drainForEver(sql: postgres.Sql) {
  const worker = crypto.randomUUID();
  let isOver = false;
  const state = { settled: 0, stop: async () => {} };
  const working = (async () => {
    while (true) {
      const last = isOver;
      const { changes } = await claim(sql, { worker });
      if (changes.length > 0) {
        let left = changes;
        while (left.length > 0) {
          const { settled, busy } = await settle(sql, {
            worker,
            results: left.map((change) => done(change)),
          });
          state.settled += settled;
          // A business transaction holds these rows; it ends in a moment.
          left = left.filter(({ entity_id }) => busy.includes(entity_id));
        }
      } else if (last) return;
    }
  })();
  state.stop = () => {
    isOver = true;
    return working;
  };
  return state;
}

Deno.test("a crash of Postgres between a business commit and the fold loses no mark", async () => {
  // As on the platform: a commit is on disk when it returns.
  const server = await startPostgres({ flags: { synchronous_commit: "on", fsync: "on" } });
  try {
    await buildDatabase(server.adminUrl, "plain", "postgres");
    const url = databaseUrl(server.url, "postgres");
    const before = openSql(url, 2);
    const { contract } = await insertBusiness(before);
    const notes = (await before`select id from zoho_sync.outbox order by id`).map(({ id }) => id);
    assert(notes.length > 0);
    await server.kill();
    await before.end({ timeout: 0 }).catch(() => {});
    await server.restart();

    const after = openSql(url, 2);
    try {
      assertEquals((await after`select id from zoho_sync.outbox order by id`).map(({ id }) => id), notes);
      const queued = await queueRows(after);
      assert(queued.some(({ entity_id }) => entity_id === contract.id));
    } finally {
      await after.end({ timeout: 1 });
    }
  } finally {
    await server.stop();
  }
});

Deno.test("a transaction of many statements rings once, notes each, and holds no subtransaction for them", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await sql`select zoho_sync.fold_outbox()`;
    await sql.begin(async (tx) => {
      for (let i = 1; i <= 100; i++) {
        await tx`update contracts set total_contract_value = ${i} where id = ${contract.id}`;
      }
      const [row] = await tx`
        select count(*)::int as notes, count(*) filter (where rings)::int as rings from zoho_sync.outbox`;
      assertEquals({ ...row }, { notes: 100, rings: 1 });
      // Row versions that a subtransaction wrote carry its own id.
      const [writers] = await tx`select count(distinct xmin::text)::int as writers from zoho_sync.outbox`;
      assert(Number(writers?.writers) <= 2, `${writers?.writers} transactions wrote the notes`);
    });
  }));

Deno.test("an update of more rows than one fold takes is split into notes, all of which reach the queue", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql);
    await sql`
      insert into contracts (contract_number, quote_id, contract_type, contract_term_months)
      select 'CT-2027-' || i, ${quote.id}, 'fibre', 24 from generate_series(1, 25000) i`;
    const sizes =
      await sql`select cardinality(ids)::int as n from zoho_sync.outbox where source_table = 'contracts' order by id`;
    assertEquals(sizes.map(({ n }) => n), [1, 10_000, 10_000, 5_000]);
    const folds = [];
    for (let taken = 1; taken > 0;) {
      const [row] = await sql`select zoho_sync.fold_outbox() as taken`;
      taken = Number(row?.taken);
      folds.push(taken);
    }
    assert(folds.length > 2, JSON.stringify(folds));
    const [row] =
      await sql`select count(*)::int as queued from zoho_sync_queue where entity_type = 'contract'`;
    assertEquals(row?.queued, 25_001);
  }));

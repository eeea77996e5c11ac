import type postgres from "postgres";
import { insertBusiness } from "../support/fixtures.ts";
import { type Figure, goal, median } from "../support/figures.ts";
import { fold } from "../support/fold.ts";

const rows = 10_000;
const statements = 4_000;

/**
 * What the triggers add to an UPDATE of 10,000 contracts, beside the usual database webhook: an AFTER ROW trigger that
 * hands the whole row to net.http_post, as supabase_functions.http_request does.
 */
export async function triggerCost(sql: postgres.Sql, rounds: number): Promise<Figure[]> {
  const { quote, customer } = await insertBusiness(sql);
  await sql`
    insert into public.contracts (contract_number, quote_id, customer_id, contract_type, contract_term_months, status)
    select 'CT-BENCH-' || n, ${quote.id}, ${customer.id}, 'fibre', 24, 'draft' from generate_series(1, ${rows}) n`;
  await sql.unsafe(`
    create function public.bench_webhook() returns trigger language plpgsql security definer as $$
    begin
      perform net.http_post(
        url := 'http://127.0.0.1:9/functions/v1/zoho-sync',
        body := jsonb_build_object('type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema,
          'record', to_jsonb(new), 'old_record', to_jsonb(old)),
        headers := '{"Content-Type":"application/json"}'::jsonb, timeout_milliseconds := 1000);
      return new;
    end $$;
    create trigger bench_webhook after update on public.contracts
      for each row execute function public.bench_webhook();`);

  const variants: Record<string, string> = {
    none: "disable trigger zoho_sync_update, disable trigger bench_webhook",
    ours: "enable trigger zoho_sync_update, disable trigger bench_webhook",
    webhook: "disable trigger zoho_sync_update, enable trigger bench_webhook",
  };
  const took: Record<string, number[]> = { none: [], ours: [], webhook: [] };
  // In turn rather than one after the other, so that a slow moment of the machine hits all three.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, clause] of Object.entries(variants)) {
      await sql.unsafe(`alter table public.contracts ${clause};
        truncate net.http_request_queue; delete from public.zoho_sync_queue`);
      await fold(sql);
      await sql.unsafe("vacuum public.zoho_sync_queue");
      await sql.unsafe("vacuum public.contracts");
      const startedAtMs = performance.now();
      await sql`update public.contracts set total_contract_value = total_contract_value + 1
        where contract_number like 'CT-BENCH-%'`;
      // The first round warms the caches.
      if (round > 0) took[name]?.push(performance.now() - startedAtMs);
    }
  }
  await sql.unsafe(
    "alter table public.contracts enable trigger zoho_sync_update, disable trigger bench_webhook",
  );
  // On one connection, whose statistics are then complete.
  const session = await sql.reserve();
  const [small, large] = [await readsOf(session, statements / 2), await readsOf(session, statements)];
  session.release();
  const growth = (what: "rows" | "buffers") => large[what] / Math.max(1, small[what]);
  const plain = median(took.none ?? []);
  const ours = median(took.ours ?? []) - plain;
  const webhook = median(took.webhook ?? []) - plain;
  const perRow = (added: number) => `${(added * 1000 / rows).toFixed(1)} µs a row`;
  return [
    {
      what: `UPDATE of ${rows} contracts without triggers`,
      measured: `${plain.toFixed(0)} ms`,
      beside: `median of ${rounds}, in turn`,
    },
    {
      what: "our triggers add",
      measured: `${ours.toFixed(0)} ms, ${perRow(ours)}`,
      beside: goal(ours <= 0.15 * webhook, "at most 0.15 of the webhook trigger"),
    },
    {
      what: "a row-level database-webhook trigger adds",
      measured: `${webhook.toFixed(0)} ms, ${perRow(webhook)}`,
      beside: `ours is ${(ours / webhook).toFixed(2)} of it`,
    },
    {
      what: `one transaction of ${statements} updates of one row reads of our tables, COMMIT included`,
      measured: `${large.rows} rows, ${large.buffers} buffers`,
      beside: goal(
        growth("rows") <= 2.2 && growth("buffers") <= 2.2,
        `at most 2.2 times those of ${statements / 2}: ${growth("rows").toFixed(2)} and ${
          growth("buffers").toFixed(2)
        }`,
      ),
    },
    {
      what: "its updates with and without our triggers",
      measured: `${large.ms.toFixed(0)} ms`,
      beside: `${
        ((large.ms - large.withoutMs) * 1000 / statements).toFixed(0)
      } µs a statement more than without`,
    },
  ];
}

/** Rows and buffers that one transaction of so many statements reads in our tables, and how long it takes. */
async function readsOf(session: postgres.ReservedSql, count: number) {
  const prepare = async () => {
    await fold(session);
    await session.unsafe("vacuum (analyze) zoho_sync.outbox");
    await session.unsafe("vacuum (analyze) public.zoho_sync_queue");
  };
  const run = async () => {
    const startedAtMs = performance.now();
    await session.unsafe(`
      do $$ begin
        for i in 1..${count} loop
          update public.contracts set total_contract_value = i where contract_number = 'CT-BENCH-1';
        end loop;
      end $$`);
    return performance.now() - startedAtMs;
  };
  await session.unsafe("alter table public.contracts disable trigger zoho_sync_update");
  await prepare();
  const withoutMs = await run();
  await session.unsafe("alter table public.contracts enable trigger zoho_sync_update");
  // Before, so that what is read is read by the transaction itself.
  await prepare();
  const before = await readSoFar(session);
  const ms = await run();
  const after = await readSoFar(session);
  return { rows: after.rows - before.rows, buffers: after.buffers - before.buffers, ms, withoutMs };
}

async function readSoFar(session: postgres.ReservedSql): Promise<{ rows: number; buffers: number }> {
  await session`select pg_stat_force_next_flush()`;
  const [row] = await session<{ rows: number; buffers: number }[]>`
    select sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0))::float8 as rows,
      sum(io.heap_blks_hit + io.heap_blks_read + coalesce(io.idx_blks_hit + io.idx_blks_read, 0))::float8 as buffers
    from pg_stat_all_tables t join pg_statio_all_tables io using (relid)
    where t.schemaname in ('zoho_sync', 'net', 'vault') or t.relname like 'zoho%'`;
  if (!row) throw new Error("no statistics");
  return row;
}

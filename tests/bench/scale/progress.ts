import type postgres from "postgres";

/**
 * Does what is left of a part, statement by statement, and remembers in the database how far it is and what it took: a run that was
 * cut off loses one statement.
 */
export async function inParts(
  sql: postgres.Sql,
  part: string,
  count: number,
  work: (from: number, to: number) => Promise<unknown>,
  perStatement = 100_000,
): Promise<void> {
  await sql`create table if not exists public.bench_parts (part text primary key, done integer not null, took_ms float8 not null)`;
  const [known] = await sql<{ done: number }[]>`select done from public.bench_parts where part = ${part}`;
  for (let from = (known?.done ?? 0) + 1; from <= count; from += perStatement) {
    const to = Math.min(count, from + perStatement - 1);
    const startedAtMs = performance.now();
    await work(from, to);
    const tookMs = performance.now() - startedAtMs;
    await sql`insert into public.bench_parts as p (part, done, took_ms) values (${part}, ${to}, ${tookMs})
      on conflict (part) do update set done = excluded.done, took_ms = p.took_ms + excluded.took_ms`;
  }
}

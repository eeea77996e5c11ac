import { withSql } from "../../local/sql.ts";
import type postgres from "postgres";

/** When every run begins. */
export const startMs = Date.UTC(2026, 10, 20, 8);

/**
 * The one clock of a run: Zoho's, the worker's and the database's. It stops unless it is moved, so that what happens
 * within one of Zoho's seconds is the seed's doing and not the machine's.
 */
export class TestClock {
  nowMs = startMs;

  reset(): void {
    this.nowMs = startMs;
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** The duration of a call is measured by this clock too. */
  own(): Disposable {
    const real = performance.now;
    performance.now = () => this.nowMs - startMs;
    return { [Symbol.dispose]: () => performance.now = real };
  }
}

/**
 * Gives a database the run's clock: now() and clock_timestamp() answer what `random_test.clock` says and go on from there a
 * thousand times slower than the machine's, so that rows keep their order. To be called before anything else connects.
 */
export async function giveClock(clusterUrl: string, database: string): Promise<void> {
  const url = new URL(clusterUrl);
  url.pathname = `/${database}`;
  await withSql(url.href, (sql) => sql.unsafe(text));
}

const text = `
  create schema random_test;
  alter function pg_catalog.now() rename to machine_now;
  alter function pg_catalog.clock_timestamp() rename to machine_clock;
  create table random_test.clock (at timestamptz not null, machine timestamptz not null, step integer not null);
  insert into random_test.clock values (pg_catalog.machine_now(), pg_catalog.machine_now(), 0);
  grant usage on schema random_test to public;
  grant select, update on random_test.clock to public;
  create function pg_catalog.now() returns timestamptz language sql stable as
    'select c.at + greatest(interval ''0'', pg_catalog.machine_now() - c.machine) / 1000 from random_test.clock c';
  create function pg_catalog.clock_timestamp() returns timestamptz language sql volatile as
    'select c.at + greatest(interval ''0'', pg_catalog.machine_clock() - c.machine) / 1000 from random_test.clock c';
  do $$
  declare
    d record;
  begin
    for d in
      select a.attrelid::regclass as relation, a.attname, pg_get_expr(f.adbin, f.adrelid) as expression
      from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
      where pg_get_expr(f.adbin, f.adrelid) ~ 'machine_(now|clock)'
    loop
      execute format('alter table %s alter column %I set default %s', d.relation, d.attname,
        replace(replace(d.expression, 'machine_now', 'now'), 'machine_clock', 'clock_timestamp'));
    end loop;
  end $$;
`;

/** The database's clock follows ours; what it notes from here on is of this step. */
export async function setDatabaseClock(sql: postgres.Sql, { nowMs }: TestClock, step: number): Promise<void> {
  await sql`
    update random_test.clock set at = ${
    new Date(nowMs).toISOString()
  }::timestamptz, machine = pg_catalog.machine_clock(),
      step = ${step}
  `;
}

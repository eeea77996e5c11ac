import postgres from "postgres";
import { createDatabase, databaseUrl } from "../../../local/database.ts";
import { withSql } from "../../../local/sql.ts";
import { type Figure, goal, ms } from "../../support/figures.ts";
import type { Bench } from "../bench.ts";
import { fillInstallation } from "./fill.ts";
import {
  type Installation,
  installationOf,
  type SizedTable,
  sizedTables,
} from "../../support/scale/installation.ts";
import { bytesOfRows, deviation, statedError } from "../../support/scale/model.ts";
import { type StatementTime, statementTimes } from "./statements.ts";
import type { TableBytes } from "../../support/scale/measured.ts";
import { largestIndexes, tableBytes } from "./table_bytes.ts";

/** Of one statement through the Data API. */
const platformLimitMs = 8_000;

/** What installations of several sizes hold and how long their largest statements take, one database each. */
export async function installationCosts(bench: Bench, sizes: number[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const contracts of sizes) figures.push(...await costsOf(bench, installationOf(contracts)));
  return figures;
}

async function costsOf(bench: Bench, size: Installation): Promise<Figure[]> {
  const database = await openInstallation(bench, size.contracts);
  const sql = postgres(database.url, { max: 1, onnotice() {} });
  try {
    await fillInstallation(sql, size);
    const [walked] = await sql<{ done: number; took_ms: number }[]>`
      select done, took_ms from public.bench_parts where part = 'search'`;
    const found = await tableBytes(sql);
    const indexes = await largestIndexes(sql);
    const { times, bytes } = await statementTimes(() => sql.reserve(), size);
    const tables = { ...found, ...bytes } as Record<SizedTable, TableBytes>;
    times.push({
      what: "1,000 rows of the search's first walk",
      runsIn: "job",
      ms: (walked?.took_ms ?? 0) / (walked?.done ?? 1),
    });
    times.push({ what: "vacuum of the log", runsIn: "job", ms: await vacuum(sql) });
    // For tests/support/scale/measured.ts.
    console.log(
      JSON.stringify({ contracts: size.contracts, load: Deno.loadavg()[0], tables, indexes, times }),
    );
    return [...tableFigures(size, tables), ...times.map((time) => timeFigure(size, time))];
  } finally {
    await sql.end({ timeout: 1 });
    await database.close();
  }
}

async function vacuum(sql: postgres.Sql): Promise<number> {
  const startedAtMs = performance.now();
  await sql`vacuum public.zoho_sync_logs`;
  return performance.now() - startedAtMs;
}

/** On a cluster of one's own the filled database stays, and a run that was cut off goes on with it. */
async function openInstallation({ clusterUrl, keeps }: Bench, contracts: number) {
  if (!keeps) {
    const { url, drop } = await createDatabase(clusterUrl, "plain");
    return { url, close: drop };
  }
  const name = `bench_size_${contracts}`;
  const there = await withSql(clusterUrl, (sql) => sql`select from pg_database where datname = ${name}`);
  if (there.length === 0) {
    const made = await createDatabase(clusterUrl, "plain");
    await withSql(clusterUrl, (sql) => sql`alter database ${sql(made.name)} rename to ${sql(name)}`);
  }
  return { url: databaseUrl(clusterUrl, name, "postgres"), close: async () => {} };
}

function tableFigures(size: Installation, tables: Record<SizedTable, TableBytes>): Figure[] {
  // Of the rows that are there: a filling that was cut off is smaller and no other per row.
  const modelled = bytesOfRows(
    Object.fromEntries(sizedTables.map((table) => [table, tables[table].rows])) as Record<SizedTable, number>,
  );
  const all = sizedTables.reduce((sum, table) => sum + tables[table].table + tables[table].indexes, 0);
  const expected = sizedTables.reduce((sum, table) => sum + modelled[table], 0);
  return [
    ...sizedTables.map((table) => {
      const { rows, table: heap, indexes } = tables[table];
      return {
        what: `${count(size.contracts)} contracts: ${table}`,
        measured: `${count(rows)} rows, ${mib(heap)} and ${mib(indexes)} of indexes`,
        beside: `model ${percent(deviation(modelled[table], heap + indexes))}`,
      };
    }),
    {
      what: `${count(size.contracts)} contracts: all of them`,
      measured: mib(all),
      beside: `model ${percent(deviation(expected, all))}; ${
        goal(Math.abs(deviation(expected, all)) <= statedError.bytes, `within ${percent(statedError.bytes)}`)
      }`,
    },
  ];
}

function timeFigure({ contracts }: Installation, { what, runsIn, ms: took }: StatementTime): Figure {
  return {
    what: `${count(contracts)} contracts: ${what}`,
    measured: ms(took),
    beside: runsIn === "job" ? "a job" : goal(took < platformLimitMs, "< 8 s"),
  };
}

const count = (value: number): string => value.toLocaleString("en");
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const percent = (share: number): string => `${share < 0 ? "−" : ""}${(Math.abs(share) * 100).toFixed(1)} %`;

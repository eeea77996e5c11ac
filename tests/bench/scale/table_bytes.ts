import type postgres from "postgres";
import { type SizedTable, sizedTables } from "../../support/scale/installation.ts";
import type { TableBytes } from "../../support/scale/measured.ts";

/** What each table that grows holds now. */
export async function tableBytes(sql: postgres.ISql, tables: readonly SizedTable[] = sizedTables) {
  const found: Partial<Record<SizedTable, TableBytes>> = {};
  for (const table of tables) {
    const [place] = await sql<{ name: string }[]>`
      select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relname = ${table} and n.nspname in ('public', 'zoho_sync')`;
    if (!place) throw new Error(`there is no table ${table}`);
    const [row] = await sql.unsafe<Record<keyof TableBytes, string>[]>(
      `select count(*) as rows, pg_table_size('${place.name}') as table, pg_indexes_size('${place.name}') as indexes
      from ${place.name}`,
    );
    found[table] = { rows: Number(row?.rows), table: Number(row?.table), indexes: Number(row?.indexes) };
  }
  return found;
}

export interface IndexBytes {
  index: string;
  bytes: number;
}

/** The largest indexes of the tables that grow. */
export async function largestIndexes(sql: postgres.ISql, most = 8): Promise<IndexBytes[]> {
  const rows = await sql<{ index: string; bytes: string }[]>`
    select i.indexrelname as index, pg_relation_size(i.indexrelid) as bytes from pg_stat_user_indexes i
    where i.relname = any (${[...sizedTables]}) order by 2 desc limit ${most}`;
  return rows.map(({ index, bytes }) => ({ index, bytes: Number(bytes) }));
}

import type postgres from "postgres";
import { withSql } from "../../local/sql.ts";

/** Makes one database hold the rows of another one of the same shape, as a branch with data does. */
export async function copyRows(fromAdminUrl: string, toAdminUrl: string): Promise<void> {
  await withSql(fromAdminUrl, (from) =>
    withSql(toAdminUrl, async (to) => {
      const tables = await tablesOf(from);
      const sequences = await from<{ name: string; last: string | null }[]>`
        select format('%I.%I', schemaname, sequencename) as name, last_value as last from pg_sequences
        where schemaname in ('public', 'zoho_sync')`;
      await to.begin(async (tx) => {
        // Neither triggers nor foreign keys.
        await tx`set local session_replication_role = replica`;
        for (const { name, columns } of tables) {
          const [row] = await from.unsafe(
            `select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as rows from ${name} t`,
          );
          await tx.unsafe(`delete from ${name} where true`);
          await tx.unsafe(
            `insert into ${name} (${columns}) overriding system value
             select ${columns} from jsonb_populate_recordset(null::${name}, $1::text::jsonb)`,
            [String(row?.rows)],
          );
        }
        for (const { name, last } of sequences) {
          if (last !== null) await tx`select setval(${name}::regclass, ${last})`;
        }
      });
    }));
}

async function tablesOf(sql: postgres.Sql): Promise<{ name: string; columns: string }[]> {
  return await sql<{ name: string; columns: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name,
      string_agg(format('%I', a.attname), ', ' order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind = 'r' and n.nspname in ('public', 'zoho_sync') group by 1`;
}

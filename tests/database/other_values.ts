import type postgres from "postgres";

/** SQL expressions of values that a column may have, by its table's name and its own. */
export type OtherValues = (table: string, column: string) => string[];

interface ColumnRow {
  table: string;
  column: string;
  type: string;
  isNullable: boolean;
  /** The definitions of the checks that name it. */
  checks: string[];
  labels: string[];
  /** The table that it points to. */
  target: string | null;
}

/** Values for each column of the watched tables, found in the catalog: what its checks and its type allow, and NULL. */
export async function readOtherValues(sql: postgres.Sql): Promise<OtherValues> {
  const columns = await sql<ColumnRow[]>`
    select w.source_table as table, a.attname::text as column, format_type(a.atttypid, null) as type,
      not a.attnotnull as "isNullable",
      array(select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = a.attrelid and c.contype = 'c' and a.attnum = any (c.conkey)) as checks,
      array(select e.enumlabel::text from pg_enum e where e.enumtypid = a.atttypid order by e.enumsortorder) as labels,
      (select c.confrelid::regclass::text from pg_constraint c
        where c.conrelid = a.attrelid and c.contype = 'f' and c.conkey = array[a.attnum]) as target
    from zoho_sync.watched_tables() w
    join pg_attribute a on a.attrelid = to_regclass(format('public.%I', w.source_table))
    where a.attnum > 0 and not a.attisdropped`;
  const values = new Map<string, string[]>();
  for (const each of columns) {
    const allowed = each.target === null ? allowedBy(each) : await idsOf(sql, each.target);
    values.set(`${each.table}.${each.column}`, each.isNullable ? [...allowed, "null"] : allowed);
  }
  return (table, column) => values.get(`${table}.${column}`) ?? [];
}

async function idsOf(sql: postgres.Sql, table: string): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`select id from ${sql(table)} order by id`;
  return rows.map(({ id }) => quoted(id));
}

function allowedBy({ column, type, checks, labels }: ColumnRow): string[] {
  if (labels.length > 0) return labels.map(quoted);
  const listed = checks.flatMap((check) => [...check.matchAll(/'([^']*)'::|\b(\d+)\b/g)])
    .map(([, text, number]) => text === undefined ? String(number) : quoted(text));
  if (listed.length > 0) return listed;
  return byType[type]?.(`t.${column}`) ?? [];
}

const texts = () => ["'Other'", "''"];
const moments = () => ["'2001-01-01'", "'2041-01-01'"];
const numbers = (column: string) => [`coalesce(${column}, 0) + 1`];
const byType: Record<string, (column: string) => string[]> = {
  "text": texts,
  "character varying": texts,
  "timestamp with time zone": moments,
  "date": moments,
  "numeric": numbers,
  "integer": numbers,
  "uuid": () => ["gen_random_uuid()"],
  "jsonb": () => [`'{"other": true}'::jsonb`],
  "text[]": () => ["'{other}'::text[]"],
  "boolean": (column) => [`not coalesce(${column}, false)`],
};

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

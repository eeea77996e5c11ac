import type { Stack } from "../../local/stack.ts";

// Rows and records as a test compares them.

/** The id of a lookup; null when it is empty. */
export function idOf(lookup: unknown): string | null {
  const hasId = typeof lookup === "object" && lookup !== null && "id" in lookup;
  return hasId && typeof lookup.id === "string" ? lookup.id : null;
}

/** Some fields of a record. */
export function pick(record: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}

/** Everything the sync's tables hold, as text to search in. */
export async function dumpOf({ sql }: Stack, tables: string[]): Promise<string> {
  const dumps = await Promise.all(
    tables.map(async (table) => {
      const rows = await sql<{ row: string }[]>`select t::text as row from ${sql(`public.${table}`)} t`;
      return rows.map(({ row }) => `${table}: ${row}`);
    }),
  );
  return dumps.flat().join("\n");
}

/** Every table of ours as text, row by row. */
export async function dumpAll({ sql }: Stack, except: string[] = []): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select tablename::text as name from pg_catalog.pg_tables
    where schemaname = 'public' and tablename like 'zoho\_%' and tablename <> all (${except}) order by 1
  `;
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await sql<{ row: string }[]>`
      select to_jsonb(t)::text as row from ${sql(`public.${name}`)} t order by 1
    `;
    lines.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return lines.join("\n");
}

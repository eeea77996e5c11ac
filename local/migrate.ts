import { basename, join } from "node:path";
import postgres from "postgres";
import { withSql } from "./sql.ts";
import { lineAt, splitStatements, type Statement } from "./sql_statements.ts";

/** The project's own migrations. */
export const MIGRATIONS = join(import.meta.dirname ?? "", "..", "supabase", "migrations");

// The shape in which the Supabase CLI keeps its record, so that it finds nothing to do on a database of ours.
const RECORD = `
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
`;

const FILE_NAME = /^(\d+)_(.*)\.sql$/;

/** A migration that Postgres refused: the message names the file, the line and what the server said. */
export class MigrationError extends Error {
  override name = "MigrationError";

  constructor(readonly file: string, readonly line: number, cause: unknown) {
    super(`${basename(file)}:${line}: ${describe(cause)}`, { cause });
  }
}

/** Applies the migrations that the database has not seen, each file in one transaction; returns their versions. */
export async function migrate(url: string, directory: string = MIGRATIONS): Promise<string[]> {
  return await withSql(url, async (sql) => {
    await sql.unsafe(RECORD);
    const rows = await sql<{ version: string }[]>`select version from supabase_migrations.schema_migrations`;
    const known = new Set(rows.map((row) => row.version));
    const applied: string[] = [];
    for (const { version, name, path } of await migrationFiles(directory)) {
      if (known.has(version)) continue;
      await sql.begin((tx) => applyFile(tx, { version, name, path }));
      applied.push(version);
    }
    return applied;
  });
}

interface MigrationFile {
  version: string;
  name: string;
  path: string;
}

async function migrationFiles(directory: string): Promise<MigrationFile[]> {
  const files: MigrationFile[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const [, version, name] = FILE_NAME.exec(entry.name) ?? [];
    if (version && name !== undefined) files.push({ version, name, path: join(directory, entry.name) });
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function applyFile(tx: postgres.TransactionSql, { version, name, path }: MigrationFile): Promise<void> {
  const statements = splitStatements(await Deno.readTextFile(path));
  for (const statement of statements) {
    try {
      await tx.unsafe(statement.text);
    } catch (error) {
      throw new MigrationError(path, lineOf(statement, error), error);
    }
  }
  const texts = statements.map((statement) => statement.text);
  await tx`
    insert into supabase_migrations.schema_migrations (version, name, statements)
    values (${version}, ${name}, ${texts})
  `;
}

// Postgres gives the position of a mistake it can point at, in characters from the start of the statement.
function lineOf(statement: Statement, error: unknown): number {
  const position = error instanceof postgres.PostgresError ? Number(error.position) : NaN;
  if (Number.isNaN(position)) return statement.line;
  return statement.line + lineAt(statement.text, position - 1) - 1;
}

function describe(cause: unknown): string {
  if (!(cause instanceof postgres.PostgresError)) return String(cause);
  const more = [cause.detail, cause.hint, cause.where].filter(Boolean).join(" | ");
  return `${cause.message} (${cause.code})${more ? ` | ${more}` : ""}`;
}

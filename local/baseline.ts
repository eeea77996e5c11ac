import { join } from "node:path";
import { MIGRATIONS } from "./migrate.ts";
import { type SchemaFile, schemaFiles } from "./schemas.ts";

// Until the first release the migration that makes our part of the database is generated from supabase/schemas, which is
// what people read and change. --check only compares. After the first release it is never written again: what changes
// is changed in schemas/ and in a migration by hand (docs/upgrade.md).

const FILE = join(MIGRATIONS, "20261127000000_zoho_sync.sql");

const HEAD = `-- Generated from supabase/schemas by \`deno task baseline\`; change it there.
--
-- Applies to an empty project and to CircleTel's production project, once or again.

-- Production's tables are in use: rather fail and be run again than hold up the business.
set lock_timeout = '10s';
-- Functions may name what comes further down.
set check_function_bodies = off;
`;

const FOOT = `
reset check_function_bodies;
reset lock_timeout;
`;

function baselineOf(files: SchemaFile[]): string {
  return HEAD + files.map(({ path, text }) => `\n-- schemas/${path}\n\n${text}`).join("") + FOOT;
}

async function main(): Promise<number> {
  const generated = baselineOf(await schemaFiles());
  const committed = await Deno.readTextFile(FILE).catch(() => "");
  if (committed === generated) {
    console.log("The baseline migration is up to date.");
    return 0;
  }
  if (Deno.args.includes("--check")) {
    console.error(
      `${FILE} is not what supabase/schemas says. Run \`deno task baseline\` and commit the file.`,
    );
    return 1;
  }
  await Deno.writeTextFile(FILE, generated);
  console.log(`Wrote ${FILE}.`);
  return 0;
}

if (import.meta.main) Deno.exit(await main());

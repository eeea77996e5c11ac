import { join } from "node:path";
import { createDatabase } from "./database.ts";
import { startPostgres } from "./postgres.ts";
import { sweepDeadRuns } from "./run_dir.ts";

// Writes the TypeScript types of the schema as the migrations make it, with the Supabase CLI's own generator.
// --check only compares, and fails if the committed file is another.

const CLI = "supabase@3.1.0";
const FILE = join(
  import.meta.dirname ?? "",
  "..",
  "supabase",
  "functions",
  "_shared",
  "platform",
  "database.types.ts",
);

async function generate(url: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", CLI, "gen", "types", `--remote=${url}?sslmode=disable`, "--schema", "public"],
    env: { SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const types = new TextDecoder().decode(stdout);
  if (success && types.includes("export type Database")) return types;
  throw new Error(`npx ${CLI} gen types failed:\n${new TextDecoder().decode(stderr)}${types}`);
}

async function generateFromMigrations(): Promise<string> {
  await sweepDeadRuns();
  const server = await startPostgres({ inMemory: true });
  try {
    const { url } = await createDatabase(server.adminUrl, "plain");
    return await generate(url);
  } finally {
    await server.stop();
  }
}

/** The first line in which two texts differ, for people. */
function firstDifference(committed: string, generated: string): string {
  const [old, fresh] = [committed.split("\n"), generated.split("\n")];
  const index = fresh.findIndex((line, number) => line !== old[number]);
  const line = index === -1 ? fresh.length : index;
  return `line ${line + 1}:\n- ${old[line] ?? "(end)"}\n+ ${fresh[line] ?? "(end)"}`;
}

async function main(): Promise<number> {
  const generated = await generateFromMigrations();
  const committed = await Deno.readTextFile(FILE).catch(() => "");
  if (committed === generated) {
    console.log("The database types are up to date.");
    return 0;
  }
  if (Deno.args.includes("--check")) {
    console.error(`${FILE} does not match the migrations, from ${firstDifference(committed, generated)}`);
    console.error("Run `deno task types` and commit the file.");
    return 1;
  }
  await Deno.writeTextFile(FILE, generated);
  console.log(`Wrote ${FILE}.`);
  return 0;
}

if (import.meta.main) Deno.exit(await main());

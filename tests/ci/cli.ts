import { buildEmptyDatabase } from "./empty_database.ts";

const cli = "supabase@3.1.0";

interface Answer {
  success: boolean;
  stdout: string;
  stderr: string;
}

async function supabase(...args: string[]): Promise<Answer> {
  const { success, stdout, stderr } = await new Deno.Command("npx", { args: ["-y", cli, ...args] }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Puts it into npm's cache, before two steps that run beside each other could both do so. */
export async function fetchCli(): Promise<void> {
  await supabase("--version");
}

/** The path of production: `db push` on the database of a new project, then `db advisors`. */
export async function pushAndAdvise(): Promise<string | null> {
  await using database = await buildEmptyDatabase();
  const remote = `--remote=${database.url}?sslmode=disable`;
  const push = await supabase("db", "push", remote, "--yes", "--skip-vault");
  if (!push.success) return push.stderr;
  const again = await supabase("db", "push", remote, "--yes", "--skip-vault");
  if (!again.success) return `a second push failed:\n${again.stderr}`;
  const advice = await supabase(
    "db",
    "advisors",
    remote,
    "--type",
    "all",
    "--level",
    "warn",
    "--fail-on",
    "warn",
  );
  return advice.success ? null : advice.stdout + advice.stderr;
}

export async function isDatabaseTypesFileCurrent(): Promise<string | null> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "local/types.ts", "--check"],
  }).output();
  return success ? null : [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
}

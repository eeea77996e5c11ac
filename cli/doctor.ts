// deno task doctor: checks everything that can be wrong, and says how to fix it.
import { type Check, fail, ok, warn } from "../supabase/functions/_shared/doctor/check.ts";
import { AdminRefusal, callAdmin } from "./support/call_admin.ts";
import { isRecord } from "../supabase/functions/_shared/platform/is_record.ts";
import { paint } from "./support/colour.ts";
import { CommandError, readArguments, runCommand, type Terminal } from "./support/command.ts";
import { type Project, projectUsage, readProject } from "./support/project.ts";
import { compareSecrets, digestsIn, newSalt } from "./support/secrets_file.ts";
import { textTable } from "./support/table.ts";

const usage = `Usage: deno task doctor [--all] [--json]

Checks a project from end to end: variables, Vault, cron jobs, keys, extensions, migrations, triggers, the token, every
right in Zoho, fields and picklist values, clock, notification channel, queue. Says what was found and how to fix it.
It changes nothing, and costs about 35 of Zoho's credits.
  --secrets-file path   the functions' variables at hand, compared by digest with what the functions run with; no value
            leaves this machine (supabase/functions/.env if it is there)
  --all     list what is well, too
  --json    print the checks as JSON

Ends with 1 when a check fails. docs/doctor.md explains each.

${projectUsage}`;

const deploy = "supabase functions deploy --use-api --yes";
const push = "supabase db push --remote --yes";

const options = {
  all: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  "secrets-file": { type: "string" },
} as const;

/** @param migrations the versions of this checkout; null where they cannot be read */
export async function runDoctor(
  args: string[],
  terminal: Terminal,
  migrations: () => Promise<string[] | null> = localMigrations,
): Promise<number> {
  const { values: { all, json, "secrets-file": path } } = readArguments(args, options, usage);
  const file = await readSecrets(path);
  const checks = await examine(terminal, readProject(terminal), await migrations(), file);
  const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
  if (json) terminal.print(JSON.stringify({ success: count("fail") === 0, checks }, null, 2));
  else terminal.print(report(checks, all));
  return count("fail") === 0 ? 0 : 1;
}

interface SecretsFile {
  path: string;
  text: string;
}

const usualSecretsFile = "supabase/functions/.env";

/** @throws CommandError for a file that was named and is not there */
async function readSecrets(named: string | undefined): Promise<SecretsFile | null> {
  const path = named ?? usualSecretsFile;
  try {
    return { path, text: await Deno.readTextFile(path) };
  } catch {
    if (named === undefined) return null;
    throw new CommandError(`${path} cannot be read.`);
  }
}

async function examine(
  terminal: Terminal,
  project: Project,
  migrations: string[] | null,
  file: SecretsFile | null,
): Promise<Check[]> {
  try {
    const salt = newSalt();
    const answer = await callAdmin(terminal, project, `GET /doctor${file ? `?digests=${salt}` : ""}`);
    const digests = digestsIn(answer.digests);
    const ofSecrets = file && digests ? [await compareSecrets(file.path, file.text, digests, salt)] : [];
    const checks = Array.isArray(answer.checks) ? answer.checks.filter(isCheck) : [];
    return [
      ok("secret key", "accepted"),
      checkMigrations(migrations, answer.migrations),
      ...ofSecrets,
      ...checks,
    ];
  } catch (error) {
    if (error instanceof AdminRefusal) return [refusalCheck(error)];
    if (!(error instanceof CommandError)) throw error;
    return [
      fail(
        "PROJECT_AWAY",
        "project",
        error.message,
        "Correct SUPABASE_URL, or wake the project up.",
        "docs/deploy.md",
      ),
    ];
  }
}

/** What kept zoho-admin from looking is what is wrong. */
function refusalCheck({ code, status, message }: AdminRefusal): Check {
  if (code === "BAD_CONFIGURATION") {
    return fail(
      "VARIABLE_WRONG",
      "variables",
      message,
      "supabase secrets set it; deno task zoho:connect makes all of them.",
      "docs/errors/BAD_CONFIGURATION.md",
    );
  }
  if (status === 401) {
    return fail(
      "KEY_REFUSED",
      "secret key",
      "refused",
      "Give a secret key of this project (Dashboard → Settings → API Keys) as SUPABASE_SECRET_KEY.",
      "docs/doctor.md",
    );
  }
  if (code === "HTTP_404" || code === "NO_SUCH_ACTION") {
    return fail("FUNCTION_WRONG", "function zoho-admin", message, deploy, "docs/deploy.md");
  }
  if (code === "DATABASE") {
    return fail("DATABASE_REFUSES", "migrations", message, push, "docs/errors/DATABASE.md");
  }
  return fail(
    "FUNCTION_WRONG",
    "function zoho-admin",
    message,
    `${deploy}; its log says more`,
    "docs/operate.md",
  );
}

function checkMigrations(local: string[] | null, applied: unknown): Check {
  const name = "migrations";
  if (local === null || !Array.isArray(applied)) {
    return ok(name, "could not be compared: the migrations are not listed");
  }
  const missing = local.filter((version) => !applied.includes(version));
  if (missing.length > 0) {
    return fail(
      "MIGRATIONS_MISSING",
      name,
      `${missing.length} of ${local.length} are not applied: ${missing.slice(0, 3).join(", ")}`,
      push,
      "docs/deploy.md",
    );
  }
  const newer = applied.map(String).filter((version) => version > (local.at(-1) ?? ""));
  return newer.length === 0 ? ok(name, `all ${local.length} are applied`) : warn(
    "CHECKOUT_OLD",
    name,
    `the database is newer than this checkout by ${newer.length}`,
    "git pull, if they are this project's.",
    "docs/upgrade.md",
  );
}

async function localMigrations(): Promise<string[] | null> {
  try {
    const folder = new URL("../supabase/migrations/", import.meta.url);
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return names.flatMap((name) => /^(\d{14})_.*\.sql$/.exec(name)?.[1] ?? []).sort();
  } catch {
    return null;
  }
}

function isCheck(value: unknown): value is Check & Record<string, unknown> {
  return isRecord(value) && typeof value.name === "string" && typeof value.found === "string" &&
    (value.level === "ok" || value.level === "warn" || value.level === "fail");
}

const signs = { ok: paint("green", "✓"), warn: paint("yellow", "!"), fail: paint("red", "✗") };

function report(checks: Check[], all: boolean): string {
  const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
  const order = ["ok", "warn", "fail"];
  const shown = checks.filter(({ level }) => all || level !== "ok")
    .toSorted((a, b) => order.indexOf(b.level) - order.indexOf(a.level));
  const blocks = shown.map((check) => {
    const line = textTable([[signs[check.level], paint("bold", check.name), check.found]]);
    if (check.mend === null) return line;
    return `${line}\n    → ${check.mend}${check.docs ? `\n      ${paint("grey", check.docs)}` : ""}`;
  });
  const summary = `${count("ok")} well, ${count("warn")} to look at, ${count("fail")} wrong.`;
  return [...blocks, blocks.length > 0 ? "" : undefined, summary].filter((part) => part !== undefined).join(
    "\n",
  );
}

if (import.meta.main) await runCommand(usage, (args, terminal) => runDoctor(args, terminal));

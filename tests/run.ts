import { join } from "node:path";
import { createTemplate } from "../local/database.ts";
import { shutdownRequested } from "../local/shutdown.ts";
import { reaches, testsTouchedBy } from "./runner/changed.ts";
import { readReport, slowest } from "./runner/report.ts";
import { leftIn, type TempFolder, withTempFolder } from "./support/temp_folder.ts";
import { startTestPostgres } from "./support/test_postgres.ts";
import { importGraph, sourceFiles } from "./support/import_graph.ts";

// One Postgres for all test files, with both templates built before the first test asks for a database; none when no
// file that runs needs one. Files run beside each other, one more than there are cores since they also wait, and tests in
// a random order, whose seed is printed. What is given on the command line goes to `deno test`, but for --changed
// (docs/testing.md); without a path that is every test there is but those in a browser, which have a task of their own
// (`deno task browser`).

const usualBase = "main";

interface Plan {
  /** Test files and folders. */
  paths: string[];
  flags: string[];
}

/** Flags of `deno test` whose value may stand apart: it must not be taken for a path. */
const withValue = new Set(["--filter", "--ignore", "--reporter", "--coverage"]);

function joinValues(args: string[]): string[] {
  return args.flatMap((argument, i) => {
    if (withValue.has(args[i - 1] ?? "")) return [];
    return withValue.has(argument) ? [`${argument}=${args[i + 1] ?? ""}`] : [argument];
  });
}

async function readPlan(given: string[]): Promise<Plan> {
  const args = joinValues(given);
  const paths = args.filter((argument) => !argument.startsWith("-"));
  const changed = args.find((argument) => /^--changed(=|$)/.test(argument));
  const seed = args.find((argument) => argument.startsWith("--shuffle=")) ??
    `--shuffle=${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const flags = [
    ...args.filter((argument) =>
      argument.startsWith("-") && argument !== changed && !argument.startsWith("--shuffle")
    ),
    seed,
  ];
  if (changed !== undefined) return { paths: await touched(changed.split("=")[1] ?? usualBase), flags };
  return { paths: paths.length > 0 ? paths : everyTest(), flags };
}

function everyTest(): string[] {
  return sourceFiles("tests").filter((file) =>
    file.endsWith("_test.ts") && !file.startsWith("tests/browser/")
  );
}

/** The test files touched by what differs from where this branch left the base, uncommitted and new files included. */
async function touched(base: string): Promise<string[]> {
  // A clone of one branch has no branch of its own by that name.
  const [since = base] = await git("merge-base", "HEAD", base)
    .catch(() => git("merge-base", "HEAD", `origin/${base}`));
  const changed = [
    ...await git("diff", "--name-only", since),
    ...await git("ls-files", "-o", "--exclude-standard"),
  ];
  const files = testsTouchedBy(
    changed,
    importGraph(["supabase/functions", "cli", "dashboard", "local", "tests"]),
  );
  console.log(`${changed.length} files changed since ${since.slice(0, 12)} touch ${files.length} test files`);
  return files;
}

async function git(...args: string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("git", { args }).output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

/** Whether one of the paths is, or may hold, a test that asks for the shared Postgres. */
function needsPostgres(paths: string[]): boolean {
  const graph = importGraph(["local", "tests"]);
  return paths.some((path) => !path.endsWith(".ts") || reaches(graph, path, "tests/support/cluster.ts"));
}

interface Outcome {
  code: number;
  passed: number;
  failed: number;
}

async function runTests(
  { paths, flags }: Plan,
  clusterUrl: string | null,
  folder: TempFolder,
  interrupted: Promise<Deno.Signal>,
): Promise<Outcome> {
  const reportFile = join(folder.run.dir, "report.xml");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--parallel", `--junit-path=${reportFile}`, ...flags, ...paths],
    env: {
      ...folder.env,
      ...(clusterUrl === null ? {} : { TEST_CLUSTER_URL: clusterUrl }),
      DENO_NO_UPDATE_CHECK: "1",
      DENO_JOBS: Deno.env.get("DENO_JOBS") ?? String(navigator.hardwareConcurrency + 1),
    },
    stdin: "null",
  }).spawn();
  interrupted.then((signal) => child.kill(signal)).catch(() => {}); // it may be over already
  await folder.run.adopt(child.pid, "deno test");
  const { code, signal } = await child.status;
  const xml = await Deno.readTextFile(reportFile).catch(() => "");
  await Deno.remove(reportFile).catch(() => {});
  const report = readReport(xml);
  if (report === null) {
    console.log(`deno test wrote no report; it ended with ${signal ?? `code ${code}`}`);
    return { code, passed: 0, failed: code === 0 ? 0 : 1 };
  }
  console.log(`\nSeconds of the slowest files:\n${slowest(report.files)}`);
  return { code, passed: report.passed, failed: report.failed };
}

/** What tests leave on the machine counts as a failure. */
function withLeftovers({ code, passed, failed }: Outcome, left: string[]): Outcome {
  if (left.length === 0) return { code, passed, failed };
  console.log(`\nLeft in the temporary folder: ${left.join(", ")}`);
  return { code: code || 1, passed, failed: failed + 1 };
}

async function withPostgres(work: (clusterUrl: string) => Promise<Outcome>): Promise<Outcome> {
  const server = await startTestPostgres();
  try {
    await createTemplate(server.adminUrl, "plain");
    await createTemplate(server.adminUrl, "stack");
    return await work(server.adminUrl);
  } finally {
    await server.stop();
  }
}

async function main(): Promise<number> {
  Deno.chdir(join(import.meta.dirname ?? "tests", ".."));
  const interrupted = shutdownRequested();
  const plan = await readPlan(Deno.args);
  const seed = plan.flags.find((flag) => flag.startsWith("--shuffle"));
  if (plan.paths.length === 0) {
    console.log("0 passed, 0 failed");
    return 0;
  }
  console.log(`The order of the tests: ${seed}`);
  const { code, passed, failed } = await withTempFolder(async (folder) => {
    const outcome = needsPostgres(plan.paths)
      ? await withPostgres((clusterUrl) => runTests(plan, clusterUrl, folder, interrupted))
      : await runTests(plan, null, folder, interrupted);
    return withLeftovers(outcome, leftIn(folder));
  });
  if (code !== 0) console.log(`\nThe same order again: deno task test ${seed}`);
  console.log(`${passed} passed, ${failed} failed`);
  return code;
}

if (import.meta.main) Deno.exit(await main());

import { join } from "node:path";
import { createTemplate } from "../local/database.ts";
import { startPostgres } from "../local/postgres.ts";
import { sweepDeadRuns } from "../local/run_dir.ts";
import { shutdownRequested } from "../local/shutdown.ts";
import { failedFilesOf, type Summary, summaryOf } from "./support/summary.ts";

// One Postgres for all test files, with both templates built before the first test asks for a database. What is given
// on the command line goes to `deno test`; without a path that is every test there is but those in a browser, which
// have a task of their own (`deno task browser`).

const TESTS = import.meta.dirname ?? "tests";

interface Outcome {
  code: number;
  summary: Summary;
  /** Files with a test that failed. */
  failed: string[];
}

/** More than these have a reason in common. */
const mostFilesAgain = 4;

/**
 * Real processes, hundreds of them beside each other on a small machine, now and then miss a moment that a test counts on:
 * what failed in a run of everything is run once more by itself, and said to have been.
 */
async function runTests(clusterUrl: string, interrupted: Promise<Deno.Signal>): Promise<Outcome> {
  const hasPath = Deno.args.some((argument) => !argument.startsWith("-"));
  const all = [TESTS, `--ignore=${join(TESTS, "browser")}`];
  const first = await runOnce(clusterUrl, interrupted, [
    "--parallel",
    ...Deno.args,
    ...(hasPath ? [] : all),
  ]);
  if (hasPath || first.failed.length === 0 || first.failed.length > mostFilesAgain) return first;
  console.log(`\nFailed beside the others, and run again by themselves: ${first.failed.join(", ")}`);
  const again = await runOnce(clusterUrl, interrupted, [...Deno.args, ...first.failed]);
  if (again.code !== 0) return first;
  const { passed, failed } = first.summary;
  return { ...again, summary: { passed: passed + failed, failed: 0 } };
}

async function runOnce(
  clusterUrl: string,
  interrupted: Promise<Deno.Signal>,
  args: string[],
): Promise<Outcome> {
  const colour: Record<string, string> = Deno.stdout.isTerminal() && !Deno.noColor
    ? { FORCE_COLOR: "1" }
    : {};
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      ...args,
    ],
    env: { TEST_CLUSTER_URL: clusterUrl, DENO_NO_UPDATE_CHECK: "1", ...colour },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  interrupted.then((signal) => child.kill(signal)).catch(() => {}); // it may be over already

  const output = await printAndKeep(child.stdout);
  const { code } = await child.status;
  const summary = summaryOf(output) ?? { passed: 0, failed: code === 0 ? 0 : 1 };
  return { code, summary, failed: failedFilesOf(output) };
}

async function printAndKeep(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    await writeAll(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

async function writeAll(chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) written += await Deno.stdout.write(chunk.subarray(written));
}

async function main(): Promise<number> {
  const interrupted = shutdownRequested();
  await sweepDeadRuns();
  const server = await startPostgres();
  let outcome: Outcome;
  try {
    await createTemplate(server.adminUrl, "plain");
    await createTemplate(server.adminUrl, "stack");
    outcome = await runTests(server.adminUrl, interrupted);
  } finally {
    await server.stop();
    // Test files that were interrupted, or whose process crashed, could not stop what they had started.
    await sweepDeadRuns();
  }
  const { code, summary } = outcome;
  console.log(`${summary.passed} passed, ${summary.failed} failed`);
  return code;
}

if (import.meta.main) Deno.exit(await main());

import { tmpdir } from "node:os";
import { KEPT_COPIES_VARIABLE, keptCopiesFolder } from "../../local/kept_copy.ts";
import { MEMORY_FOLDER } from "../../local/memory_folder.ts";
import { openRun, type StackRun, sweepDeadRuns } from "../../local/run_dir.ts";

export interface TempFolder {
  run: StackRun;
  /** For the processes of the run: their temporary files go into the folder, the copies of Postgres stay outside. */
  env: Record<string, string>;
}

/**
 * Runs the work with a temporary folder of its own, so that nothing stays on the machine: not after a failure, not after
 * Ctrl-C, and after a kill until the next run.
 */
export async function withTempFolder<T>(work: (folder: TempFolder) => Promise<T>): Promise<T> {
  await sweepDeadRuns();
  const run = await openRun();
  try {
    return await work({ run, env: { TMPDIR: run.dir, [KEPT_COPIES_VARIABLE]: keptCopiesFolder() } });
  } finally {
    // Processes that were interrupted, or crashed, could not stop what they had started.
    await sweepDeadRuns([run.dir, tmpdir(), MEMORY_FOLDER]);
    await run.close();
  }
}

/** Left by the tools that the steps run: Node's cache, and what the Supabase CLI unpacks of itself. */
const OF_TOOLS = /^(node-compile-cache$|\.bun-)/;

/** What the processes of the run have not removed. */
export function leftIn({ run }: TempFolder): string[] {
  return [...Deno.readDirSync(run.dir)].map(({ name }) => name)
    .filter((name) => name !== "run.json" && !OF_TOOLS.test(name)).sort();
}

import { CommandError } from "./command.ts";

const reportFile = "./report.csv, or - for the terminal";

/**
 * Checks that a file can be written before a long run begins. A file created by the check is removed.
 * @param write what to write after the option instead
 * @throws CommandError naming the file
 */
export async function ensureWritable(option: string, path: string, write = reportFile): Promise<void> {
  try {
    if (await isNew(path)) await Deno.remove(path);
  } catch (error) {
    const why = error instanceof Error ? error.name : "unknown";
    throw new CommandError(
      `${path} cannot be written (${why}); nothing was done.\n→ Write ${option} ${write}`,
      2,
    );
  }
}

/** Opens the file for writing and changes nothing in one that is there; true when there was none. */
async function isNew(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    (await Deno.open(path, { append: true })).close();
    return false;
  }
}

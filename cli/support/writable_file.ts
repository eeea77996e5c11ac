import { CommandError } from "./command.ts";

/**
 * Checks that a file can be written before a long run begins. A file created by the check is removed.
 * @throws CommandError naming the file
 */
export async function ensureWritable(option: string, path: string): Promise<void> {
  try {
    if (await isNew(path)) await Deno.remove(path);
  } catch (error) {
    const why = error instanceof Error ? error.name : "unknown";
    throw new CommandError(
      `${path} cannot be written (${why}); nothing was done.\n→ Write ${option} ./report.csv, or - for the terminal`,
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

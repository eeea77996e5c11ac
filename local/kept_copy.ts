import { tmpdir } from "node:os";
import { join } from "node:path";
import { processMark } from "./process_mark.ts";
import { throwIfAbandoned } from "./run_dir.ts";

/** Names the folder of the copies where the temporary one is removed with its run, as that of the tests is. */
export const KEPT_COPIES_VARIABLE = "STACK_COPIES";

export const keptCopiesFolder = () => Deno.env.get(KEPT_COPIES_VARIABLE) || tmpdir();

/**
 * A directory that every user of the machine can read, made once and kept: a checkout below /root is closed to the
 * server's user, and files in node_modules are shared with other checkouts. The name has to say everything that the
 * content depends on.
 */
export async function keptCopy(name: string, make: (draft: string) => Promise<void>): Promise<string> {
  const target = join(keptCopiesFolder(), `circletel-stack-${name}-${Deno.uid()}`);
  if (await isOurs(target)) return target;

  await sweepDrafts(keptCopiesFolder());
  const draft = await Deno.makeTempDir({ dir: keptCopiesFolder(), prefix: `${DRAFT}${Deno.pid}-` });
  try {
    await Deno.chmod(draft, 0o755);
    await make(draft);
    await Deno.rename(draft, target);
  } catch (cause) {
    await Deno.remove(draft, { recursive: true });
    // A second run may have been faster. Anything else in that place is not to be run as a program.
    if (!await isOurs(target)) throw new Error(`${target} could not be made.`, { cause });
  }
  return target;
}

const DRAFT = "circletel-stack-draft-";

/** Removes what a process that was killed while it copied has left; each names its process. */
async function sweepDrafts(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const pid = new RegExp(`^${DRAFT}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || await processMark(Number(pid)) !== undefined) continue;
    const draft = join(folder, name);
    if (await isOurs(draft)) await Deno.remove(draft, { recursive: true }).catch(() => {});
  }
}

async function isOurs(dir: string): Promise<boolean> {
  const found = await Deno.lstat(dir).catch(() => undefined);
  return found?.isDirectory === true && found.uid === Deno.uid();
}

/** Copies what lies in one directory into another one. */
export async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  await Deno.chmod(to, 0o755);
  for await (const entry of Deno.readDir(from)) {
    throwIfAbandoned();
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.name.endsWith(".a")) continue; // static libraries: a compiler's business
    if (entry.isDirectory) await copyTree(source, target);
    else if (entry.isSymlink) await Deno.symlink(await Deno.readLink(source), target);
    else await Deno.copyFile(source, target);
  }
}

/** Twelve letters that change with the name or the content of any of these files. */
export async function filesDigest(paths: string[]): Promise<string> {
  const parts: BlobPart[] = [];
  for (const path of paths.toSorted()) {
    parts.push(path.slice(path.lastIndexOf("/")), await Deno.readFile(path));
  }
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer());
  return new Uint8Array(digest).toHex().slice(0, 12);
}

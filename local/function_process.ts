import { setTimeout as delay } from "node:timers/promises";
import { dirname, join } from "node:path";
import { childLog } from "./child_log.ts";
import { functionRuntime } from "./function_runtime.ts";
import { signalQuietly } from "./process_mark.ts";
import type { StackRun } from "./run_dir.ts";

const LISTENING = /Listening on (http:\/\/\S+?)\/?(\s|$)/;
/** A first start may have to fetch packages from npm. */
const START_PATIENCE_MS = 60_000;

// A function sees what the platform gives it and nothing of this machine, except what Deno itself needs to run, to
// find its cache and to reach a package registry.
const PASSED_ON = new RegExp(
  "^(PATH|HOME|TMPDIR|XDG_CACHE_HOME|DENO_DIR|DENO_CERT|DENO_TLS_CA_STORE|NODE_EXTRA_CA_CERTS|SSL_CERT_\\w+" +
    "|NPM_CONFIG_\\w+|\\w+_PROXY)$",
  "i",
);

export interface FunctionProcess {
  readonly url: string;
  readonly pid: number;
  isAlive(): boolean;
  end(signal: Deno.Signal): Promise<void>;
}

export interface FunctionProcessOptions {
  name: string;
  directory: string;
  env: Record<string, string>;
  run: StackRun;
  /** A version of Deno; this one's unless given. */
  deno?: string;
  onLine: (line: string) => void;
}

/** Serves one function's unchanged index.ts; settles when it answers, or with what it printed before it died. */
export async function startFunctionProcess(options: FunctionProcessOptions): Promise<FunctionProcess> {
  const { name, directory, env, run, onLine } = options;
  const folder = join(directory, name);
  const child = new Deno.Command(await functionRuntime(options.deno), {
    args: [
      "serve",
      "--no-lock",
      "--no-prompt",
      `--config=${join(folder, "deno.json")}`,
      "--allow-net",
      "--allow-env",
      "--allow-sys",
      `--allow-read=${dirname(directory)},/tmp`,
      "--allow-write=/tmp",
      "--host=127.0.0.1",
      "--port=0",
      join(folder, "index.ts"),
    ],
    cwd: folder,
    clearEnv: true,
    env: { ...passedOn(), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();

  const log = childLog();
  const listening = Promise.withResolvers<string>();
  log.listen((line) => {
    const [, url] = LISTENING.exec(line) ?? [];
    if (url) listening.resolve(url);
    // Deno's own word while it fills an empty cache is none of the function's.
    else if (!line.startsWith("Download ")) onLine(line);
  });
  let alive = true;
  const ended = Promise.all([child.status, log.read(child.stdout), log.read(child.stderr)])
    .then(() => {
      alive = false;
      run.release(child.pid);
    });
  child.status.then(() => alive = false);
  await run.adopt(child.pid, `function ${name}`);

  const patience = new AbortController();
  const url = await Promise.race([
    listening.promise,
    ended.then(() => undefined),
    delay(START_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
  if (!url) {
    signalQuietly(child.pid, "SIGKILL");
    await ended;
    throw new Error(`function "${name}" did not start:\n${log.tail()}`);
  }
  return {
    url,
    pid: child.pid,
    isAlive: () => alive,
    async end(signal) {
      signalQuietly(child.pid, signal);
      await ended;
    },
  };
}

function passedOn(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => PASSED_ON.test(name)));
}

import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { childLog } from "./child_log.ts";
import { signalQuietly } from "./process_mark.ts";
import type { StackRun } from "./run_dir.ts";
import { ZohoControl } from "./zoho/control/client.ts";
import type { ZohoOptions } from "./zoho/options.ts";

const MAIN = join(import.meta.dirname ?? "", "zoho", "main.ts");
const START_PATIENCE_MS = 60_000;

export interface ZohoProcess {
  readonly url: string;
  logs(): string[];
  stop(): Promise<void>;
}

/** Runs the Zoho simulator beside us; its first line on stdout says where it listens. */
export async function startZohoProcess(run: StackRun, options: ZohoOptions): Promise<ZohoProcess> {
  const { port = 0, seed = 1, bare = false, settings } = options;
  const args = [`--port=${port}`, `--seed=${seed}`, ...(bare ? ["--bare"] : [])];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const log = childLog();
  const ready = Promise.withResolvers<string>();
  log.listen((line) => {
    const url = urlOf(line);
    if (url) ready.resolve(url);
  });
  const ended = Promise.all([child.status, log.read(child.stdout), log.read(child.stderr)])
    .then(() => run.release(child.pid));
  await run.adopt(child.pid, "zoho");

  const stop = async () => {
    signalQuietly(child.pid, "SIGKILL"); // it keeps nothing that could be lost
    await ended;
  };
  const patience = new AbortController();
  const url = await Promise.race([
    ready.promise,
    ended.then(() => undefined),
    delay(START_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
  if (url) {
    if (settings) await new ZohoControl(url).changeSettings(settings);
    return { url, logs: () => [...log.lines], stop };
  }
  await stop();
  throw new Error(`the Zoho simulator did not start:\n${log.tail()}`);
}

function urlOf(line: string): string | undefined {
  if (!line.startsWith('{"ready":true')) return undefined;
  const { url } = JSON.parse(line) as { url?: string };
  return url?.replace(/\/$/, "");
}

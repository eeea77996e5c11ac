import { join } from "node:path";
import { type FunctionProcess, startFunctionProcess } from "./function_process.ts";
import type { StackRun } from "./run_dir.ts";

/** The project's own functions. */
export const FUNCTIONS = join(import.meta.dirname ?? "", "..", "supabase", "functions");

export interface FunctionsOptions {
  run: StackRun;
  env: Record<string, string>;
  /** Default: the project's. */
  directory?: string;
  /** Default: every folder with an index.ts. */
  names?: string[];
  /** Processes for each function; requests go to them in turn. Default 1. */
  instances?: number;
  /** A version of Deno that runs them. */
  deno?: string;
  /** Receives every line a function prints. */
  onLog?: (name: string, line: string) => void;
}

/** The functions of a project, each in processes of its own, as the platform runs each in isolates of its own. */
export interface Functions {
  readonly names: readonly string[];
  isKnown(name: string): boolean;
  /** The address of a living instance, in turn; undefined when the function is down. */
  next(name: string): string | undefined;
  /** The process ids of the living instances, for what is measured from outside. */
  pids(name: string): number[];
  /** The last lines of all instances of a function, past ones included. */
  logs(name: string): string[];
  listen(name: string, listener: (line: string) => void): () => void;
  /** Ends all instances, by default as the platform ends an isolate: without asking. */
  kill(name: string, signal?: Deno.Signal): Promise<void>;
  /** Ends what lives and starts again, with changed variables if given; undefined removes one. */
  restart(name: string, env?: Record<string, string | undefined>): Promise<void>;
  /** Puts the functions of another folder in place of these, as `supabase functions deploy` does. */
  deploy(directory: string, env?: Record<string, string | undefined>): Promise<void>;
  /**
   * Starts instances with changed variables beside those that live, as the platform does after `supabase secrets set`:
   * requests go to all of them.
   */
  startBeside(name: string, env: Record<string, string | undefined>): Promise<Earlier>;
  stop(): Promise<void>;
}

/** Instances that newer ones stand beside. */
export interface Earlier {
  /** They get no further requests, but finish those they have begun. */
  retire(): void;
  end(): Promise<void>;
}

interface Deployed {
  env: Record<string, string>;
  living: FunctionProcess[];
  /** Alive perhaps, but out of turn. */
  retired: FunctionProcess[];
  turn: number;
  past: string[];
  listeners: Set<(line: string) => void>;
}

const LOG_LINES = 500;

export async function startFunctions(options: FunctionsOptions): Promise<Functions> {
  const { run, deno, instances = 1, onLog } = options;
  let directory = options.directory ?? FUNCTIONS;
  const names = options.names ?? await functionNames(directory);
  const deployed = new Map<string, Deployed>();

  function get(name: string): Deployed {
    const found = deployed.get(name);
    if (!found) throw new Error(`no function is named "${name}"; there are: ${names.join(", ")}`);
    return found;
  }

  async function startAll(name: string): Promise<void> {
    const target = get(name);
    const onLine = (line: string) => {
      target.past.push(line);
      if (target.past.length > LOG_LINES) target.past.shift();
      for (const listener of target.listeners) listener(line);
      onLog?.(name, line);
    };
    const start = () => startFunctionProcess({ name, directory, env: target.env, run, deno, onLine });
    const results = await Promise.allSettled(Array.from({ length: instances }, start));
    target.living.push(...results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  async function endAll(name: string, signal: Deno.Signal): Promise<void> {
    const target = get(name);
    const ended = [...target.living.splice(0), ...target.retired.splice(0)];
    await Promise.all(ended.map((process) => process.end(signal)));
  }

  for (const name of names) {
    deployed.set(name, {
      env: { ...options.env },
      living: [],
      retired: [],
      turn: 0,
      past: [],
      listeners: new Set(),
    });
  }
  const stop = async () => {
    await Promise.all(names.map((name) => endAll(name, "SIGKILL")));
  };
  const started = await Promise.allSettled(names.map(startAll));
  const failure = started.find((result) => result.status === "rejected");
  if (failure) {
    await stop();
    throw failure.reason;
  }

  return {
    names,
    isKnown: (name) => deployed.has(name),
    next(name) {
      const target = get(name);
      const living = target.living.filter((process) => process.isAlive());
      return living[target.turn++ % living.length]?.url;
    },
    pids: (name) => get(name).living.filter((process) => process.isAlive()).map(({ pid }) => pid),
    logs: (name) => [...get(name).past],
    listen(name, listener) {
      const { listeners } = get(name);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    kill: (name, signal = "SIGKILL") => endAll(name, signal),
    async restart(name, env = {}) {
      await endAll(name, "SIGKILL");
      const target = get(name);
      target.env = withChanges(target.env, env);
      await startAll(name);
    },
    async deploy(next, env = {}) {
      directory = next;
      await Promise.all(names.map(async (name) => {
        await endAll(name, "SIGKILL");
        const target = get(name);
        target.env = withChanges(target.env, env);
        await startAll(name);
      }));
    },
    async startBeside(name, env) {
      const target = get(name);
      const earlier = [...target.living];
      target.env = withChanges(target.env, env);
      await startAll(name);
      const retire = () => {
        target.living = target.living.filter((process) => !earlier.includes(process));
        target.retired.push(...earlier);
      };
      return {
        retire,
        async end() {
          retire();
          await Promise.all(earlier.map((process) => process.end("SIGKILL")));
        },
      };
    },
    stop,
  };
}

async function functionNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    if (!entry.isDirectory || entry.name.startsWith("_")) continue;
    const hasIndex = await Deno.stat(join(directory, entry.name, "index.ts")).then(() => true, () => false);
    if (hasIndex) names.push(entry.name);
  }
  return names.sort();
}

function withChanges(
  env: Record<string, string>,
  changes: Record<string, string | undefined>,
): Record<string, string> {
  const merged = Object.entries({ ...env, ...changes });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

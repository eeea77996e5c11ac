import { join } from "node:path";
import { startFunctionProcess } from "../../local/function_process.ts";
import { FUNCTIONS } from "../../local/functions.ts";
import { openRun, type StackRun } from "../../local/run_dir.ts";
import { functionSecrets, platformVariables } from "../../local/stack_env.ts";
import { type Figure, median, ms } from "../support/figures.ts";

const ours = ["zoho-admin", "zoho-sync", "zoho-token-refresh", "zoho-webhook"];
const empty = "empty";

/**
 * From starting a process to its first answer, with Deno's module cache warm, beside a function that does nothing;
 * and how much code each has to load.
 */
export async function coldStarts(started: AsyncDisposableStack, rounds: number): Promise<Figure[]> {
  const run = await openRun();
  started.defer(() => run.close());
  const emptyFolder = await emptyFunction(run);
  const functions = [
    { name: empty, directory: emptyFolder },
    ...ours.map((name) => ({ name, directory: FUNCTIONS })),
  ];
  const took = new Map(functions.map(({ name }): [string, number[]] => [name, []]));
  // In turn, so that a slow moment of the machine hits all of them; the first round warms the cache.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, directory } of functions) {
      const startMs = await firstAnswer(run, name, directory, started);
      if (round > 0) took.get(name)?.push(startMs);
    }
  }
  const plain = median(took.get(empty) ?? []);
  return await Promise.all(functions.map(async ({ name, directory }): Promise<Figure> => {
    const startMs = median(took.get(name) ?? []);
    const graph = await moduleGraph(join(directory, name));
    return {
      what: name === empty ? "an empty function: start → first answer" : `${name}: start → first answer`,
      measured: ms(startMs),
      beside: `${name === empty ? "" : `×${(startMs / plain).toFixed(2)}, +${ms(startMs - plain)}; `}${
        describe(graph)
      }`,
    };
  }));
}

async function emptyFunction(run: StackRun): Promise<string> {
  const folder = join(run.dir, "functions");
  await Deno.mkdir(join(folder, empty), { recursive: true });
  await Deno.writeTextFile(join(folder, empty, "deno.json"), "{}");
  await Deno.writeTextFile(
    join(folder, empty, "index.ts"),
    "export default { fetch: () => new Response() };\n",
  );
  return folder;
}

/** Any answer will do: a call without a key is refused by code that everything else had to be loaded for. */
async function firstAnswer(
  run: StackRun,
  name: string,
  directory: string,
  started: AsyncDisposableStack,
): Promise<number> {
  // Nothing is called there; the addresses have only to be read.
  const nowhere = "http://127.0.0.1:9";
  const env = {
    ...platformVariables({ apiUrl: nowhere, dbUrl: "postgres://127.0.0.1:9/postgres", jwks: { keys: [] } }),
    ...functionSecrets(nowhere),
  };
  const startedAtMs = performance.now();
  const process = await startFunctionProcess({ name, directory, env, run, onLine: () => {} });
  started.defer(() => process.end("SIGKILL"));
  try {
    const response = await fetch(process.url, { method: "POST", body: "{}" });
    await response.body?.cancel();
    return performance.now() - startedAtMs;
  } finally {
    await process.end("SIGKILL");
  }
}

interface Graph {
  modules: number;
  bytes: number;
  packages: number;
  packageBytes: number;
}

interface DenoInfo {
  modules: { specifier: string; size?: number }[];
  npmPackages?: Record<string, { localPath?: string }>;
}

/** Our modules are counted as written; of a package Deno knows no single modules, so its folder is counted. */
async function moduleGraph(folder: string): Promise<Graph> {
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", `--config=${join(folder, "deno.json")}`, join(folder, "index.ts")],
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`deno info: ${new TextDecoder().decode(stderr)}`);
  const info = JSON.parse(new TextDecoder().decode(stdout)) as DenoInfo;
  const files = info.modules.filter(({ specifier }) => specifier.startsWith("file:"));
  const packages = Object.values(info.npmPackages ?? {});
  const sizes = await Promise.all(packages.map(({ localPath }) => localPath ? sizeOf(localPath) : 0));
  return {
    modules: files.length,
    bytes: sum(files.map(({ size }) => size ?? 0)),
    packages: packages.length,
    packageBytes: sum(sizes),
  };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) bytes += await sizeOf(path);
    else if (/\.[cm]?js$/.test(entry.name)) bytes += (await Deno.stat(path)).size;
  }
  return bytes;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

function describe({ modules, bytes, packages, packageBytes }: Graph): string {
  const kib = (bytes / 1024).toFixed(0);
  const mib = (packageBytes / 2 ** 20).toFixed(1);
  return `ours ${modules} modules, ${kib} KiB; npm ${packages} packages, ${mib} MiB of scripts on disk`;
}

/**
 * Zoho's own Node SDK against the simulator: a client that this project did not write, with its own idea of every
 * request and answer. Prints what it tried, and ends with 1 when anything was thrown, refused or bent into shape.
 */
import { join } from "node:path";
import { type HeardAnswer, listenToSdk, startSdk } from "./client.ts";
import { operations } from "./operations/mod.ts";
import type { Made, SdkOperation } from "./operations/operation.ts";
import { startSimulator } from "./simulator.ts";
import { mismatchesOf } from "./strict.ts";

type Fields = Parameters<typeof mismatchesOf>[1];

const made: Made = { ids: { account: 0n, contact: 0n, product: 0n, deal: 0n }, of: {}, field: 0n };

/** What the SDK keeps of a module's fields is in a file of its own naming. */
async function learnedFields(folder: string): Promise<Fields> {
  const known: Record<string, ReturnType<Fields>> = {};
  const resources = join(folder, "resources");
  const files = await Array.fromAsync(Deno.readDir(resources)).catch(() => []);
  for (const { name } of files) {
    Object.assign(known, JSON.parse(await Deno.readTextFile(join(resources, name))));
  }
  return (module) => known[module.toLowerCase()] ?? {};
}

/** What was wrong with one operation; empty when it went as it should. */
async function problemsOf(operation: SdkOperation, heard: HeardAnswer[], folder: string): Promise<string[]> {
  const from = heard.length;
  try {
    const answer = await operation.run();
    const problems: string[] = [];
    const status = answer.getStatusCode();
    const became = answer.getObject()?.constructor.name ?? null;
    if (status !== operation.status) problems.push(`answered ${status}, not ${operation.status}`);
    if (became !== operation.becomes) problems.push(`became ${became}, not ${operation.becomes}`);
    const fields = await learnedFields(folder);
    for (const each of heard.slice(from)) {
      const mismatches = mismatchesOf(each, fields);
      problems.push(...new Set(mismatches.map((found) => `${each.method} ${each.path} ${found}`)));
    }
    return problems;
  } catch (error) {
    return [`threw ${explain(error)}`];
  }
}

/** The SDK's own exceptions keep what matters beside the message. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const { code, details } = error as Error & { code?: unknown; details?: unknown };
  return [error.message, code, JSON.stringify(details)].filter(Boolean).join(" ");
}

async function main(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "zoho-sdk-" });
  const simulator = await startSimulator();
  const heard: HeardAnswer[] = [];
  const problems: string[] = [];
  const all = operations(made);
  try {
    listenToSdk((each) => heard.push(each));
    await startSdk(simulator.url, folder);
    for (const operation of all) {
      const found = await problemsOf(operation, heard, folder);
      console.log(`${found.length === 0 ? "ok    " : "FAILED"} ${operation.name} (${operation.method})`);
      for (const problem of found) console.log(`       ${problem}`);
      problems.push(...found);
    }
  } finally {
    await simulator.stop();
    await Deno.remove(folder, { recursive: true });
  }
  const thrown = problems.filter((problem) => problem.startsWith("threw ")).length;
  console.log(
    `${all.length} operations in ${heard.length} calls, ${
      problems.length - thrown
    } mismatches, ${thrown} throws`,
  );
  return problems.length === 0 ? 0 : 1;
}

Deno.exit(await main());

import { readArguments, runCommand } from "../../cli/support/command.ts";
import { wrongArgument } from "../../cli/support/wrong_argument.ts";
import { startPostgres } from "../../local/postgres.ts";
import { sweepDeadRuns } from "../../local/run_dir.ts";
import { openGround } from "./ground.ts";
import { failureReport, runSeed } from "./run.ts";

const usage = `Usage: deno task random [--seeds 100] [--from 1] [--history]

Runs so many seeds of tests/random, one after the other, and prints the history of each that breaks a promise. Exit code 1
when one does.`;

function readOptions(args: string[]): { seeds: number; from: number; history: boolean } {
  const { values } = readArguments(args, {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    history: { type: "boolean", default: false },
  }, usage);
  return {
    seeds: count("--seeds", values.seeds),
    from: count("--from", values.from),
    history: values.history,
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw wrongArgument(`${name} ${text} is not a whole number above 0.`, `Write ${name} 100`, usage);
}

async function random(args: string[]): Promise<number> {
  const { seeds, from, history } = readOptions(args);
  await sweepDeadRuns();
  const server = await startPostgres({ inMemory: true });
  const ground = await openGround(server.adminUrl);
  const failed: number[] = [];
  const startedAtMs = Date.now();
  try {
    for (let seed = from; seed < from + seeds; seed++) {
      console.error(`seed ${seed}`);
      const outcome = await runSeed(ground, seed);
      if (outcome.broken.length > 0) failed.push(seed);
      if (outcome.broken.length > 0 || history) console.log(`${failureReport(outcome)}\n`);
    }
  } finally {
    await ground.close();
    await server.stop();
  }
  const seconds = Math.round((Date.now() - startedAtMs) / 1000);
  console.log(
    `${seeds - failed.length} of ${seeds} seeds keep every promise (${seconds} s); failed: ${
      failed.join(", ") || "none"
    }`,
  );
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) await runCommand(usage, random);

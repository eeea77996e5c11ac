import { readArguments, runCommand } from "../../cli/support/command.ts";
import { wrongArgument } from "../../cli/support/wrong_argument.ts";
import { sweepDeadRuns } from "../../local/run_dir.ts";
import { runChaos } from "./run.ts";

const usage = `Usage: deno task chaos [--minutes 1] [--seed S]

Runs the whole stack, changes rows and stages at random under random faults, waits until it is quiet and checks every
promise of docs/reliability.md. The same seed makes the same changes and faults. Exit code 1 when a promise is broken.`;

function readOptions(args: string[]): { minutes: number; seed: number } {
  const { values } = readArguments(args, {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
  }, usage);
  return { minutes: positive("--minutes", values.minutes), seed: positive("--seed", values.seed) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw wrongArgument(`${name} ${text} is not a number above 0.`, `Write ${name} 5`, usage);
}

async function chaos(args: string[]): Promise<number> {
  const options = readOptions(args);
  console.log(`seed ${options.seed}`);
  await sweepDeadRuns();
  const { findings, report, histories } = await runChaos(options);
  console.log(`\n${report}`);
  const found = Object.entries(findings).flatMap(([kind, all]: [string, string[]]) =>
    all.map((finding) => `${kind}: ${finding}`)
  );
  if (found.length === 0) return 0;
  console.log(`\n${found.slice(0, 100).join("\n")}`);
  for (const history of histories) console.log(`\n${history}`);
  console.log(`\nReplay: deno task chaos --minutes ${options.minutes} --seed ${options.seed}`);
  return 1;
}

if (import.meta.main) await runCommand(usage, chaos);

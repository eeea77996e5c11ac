import { parseArgs } from "node:util";
import { sweepDeadRuns } from "../../local/run_dir.ts";
import { runChaos } from "./run.ts";

const usage = `Usage: deno task chaos [--minutes 1] [--seed S]

Runs the whole stack, changes rows and stages at random under random faults, waits until it is quiet and checks every
promise of docs/reliability.md. The same seed makes the same changes and faults. Exit code 1 when a promise is broken.`;

function readArguments(): { minutes: number; seed: number } {
  const { values } = parseArgs({
    args: Deno.args,
    strict: true,
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    Deno.exit(0);
  }
  return { minutes: positive("--minutes", values.minutes), seed: positive("--seed", values.seed) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name} ${text} is not a number above 0`);
}

async function main(): Promise<number> {
  const options = readArguments();
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

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(error);
    Deno.exit(1);
  }
}

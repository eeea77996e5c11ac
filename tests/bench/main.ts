import { parseArgs } from "node:util";
import postgres from "postgres";
import { startPostgres } from "../../local/postgres.ts";
import { sweepDeadRuns } from "../../local/run_dir.ts";
import { shutdownRequested } from "../../local/shutdown.ts";
import { describeMachine } from "./machine.ts";
import { type Section, sections } from "./sections.ts";
import { quickSizes, realSizes, type Sizes } from "./sizes.ts";

const usage = `Usage: deno task bench [--quick] [--only ${Object.keys(sections).join("|")}]

Prints the machine and then a table for each section. --quick takes small sizes and about a minute.`;

function readArguments(): { chosen: Section[]; sizes: Sizes } {
  const { values: { quick, only, help } } = parseArgs({
    args: Deno.args,
    strict: true,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (help) {
    console.log(usage);
    Deno.exit(0);
  }
  const sizes = quick ? quickSizes : realSizes;
  if (only === undefined) return { chosen: Object.values(sections), sizes };
  const section = Object.hasOwn(sections, only) ? sections[only] : undefined;
  if (!section) throw new RangeError(`--only ${only} is none of ${Object.keys(sections).join(", ")}`);
  return { chosen: [section], sizes };
}

async function main(interrupted: Promise<never>): Promise<void> {
  const { chosen, sizes } = readArguments();
  await sweepDeadRuns();
  const server = await startPostgres();
  try {
    const admin = postgres(server.adminUrl, { max: 1, onnotice() {} });
    await admin.unsafe("alter system set track_functions = 'all'");
    await admin.unsafe("select pg_reload_conf()");
    console.log(await describeMachine(admin));
    await admin.end();
    for (const section of chosen) {
      const work = section(server.adminUrl, sizes);
      work.catch(() => {}); // after an interruption nobody listens any more
      await Promise.race([work, interrupted]);
    }
  } finally {
    await server.stop();
  }
}

const interrupted = shutdownRequested().then((signal): never => {
  throw new Error(`stopped by ${signal}`);
});
interrupted.catch(() => {});
try {
  await main(interrupted);
  Deno.exit(0);
} catch (error) {
  console.error(error);
  Deno.exit(1);
}

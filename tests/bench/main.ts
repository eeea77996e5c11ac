import postgres from "postgres";
import { readArguments, runCommand } from "../../cli/support/command.ts";
import { oneOfWords, wrongArgument } from "../../cli/support/wrong_argument.ts";
import { startPostgres } from "../../local/postgres.ts";
import { sweepDeadRuns } from "../../local/run_dir.ts";
import { shutdownRequested } from "../../local/shutdown.ts";
import { describeMachine } from "../support/machine.ts";
import { type Section, sections } from "./sections.ts";
import { quickSizes, realSizes, type Sizes } from "./sizes.ts";
import { printTable } from "../support/figures.ts";

const usage = `Usage: deno task bench [--quick] [--only ${Object.keys(sections).join("|")}]
       [--cluster postgres://supabase_admin:postgres@127.0.0.1:PORT/postgres] [--contracts N]

Prints the machine and then a table for each section. --quick takes small sizes and about a minute.
--cluster uses a server that runs already and keeps the databases of the section "scale" in it, so that a run that was
cut off goes on where it was. --contracts takes one size of that section.`;

interface Arguments {
  chosen: [string, Section][];
  sizes: Sizes;
  cluster: string | undefined;
}

function readOptions(args: string[]): Arguments {
  const { values: { quick, only, cluster, contracts } } = readArguments(args, {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    cluster: { type: "string" },
    contracts: { type: "string" },
  }, usage);
  if (contracts !== undefined && !(Number(contracts) > 0)) {
    throw wrongArgument(
      `--contracts ${contracts} is not a number above 0.`,
      "Write --contracts 10000",
      usage,
    );
  }
  const sizes = {
    ...(quick ? quickSizes : realSizes),
    ...(contracts === undefined ? {} : { installations: [Number(contracts)] }),
  };
  const name = only && oneOfWords("--only", only, Object.keys(sections), usage);
  return { chosen: Object.entries(sections).filter(([each]) => !name || each === name), sizes, cluster };
}

async function bench(args: string[]): Promise<number> {
  const { chosen, sizes, cluster } = readOptions(args);
  const interrupted = shutdownRequested().then((signal): never => {
    throw new Error(`stopped by ${signal}`);
  });
  interrupted.catch(() => {});
  await sweepDeadRuns();
  await using running = new AsyncDisposableStack();
  const clusterUrl = cluster ?? await startCluster(running);
  const admin = postgres(clusterUrl, { max: 1, onnotice() {} });
  await admin.unsafe("alter system set track_functions = 'all'");
  await admin.unsafe("select pg_reload_conf()");
  console.log(await describeMachine(admin));
  await admin.end();
  for (const [name, section] of chosen) {
    await using started = new AsyncDisposableStack();
    const work = section({ clusterUrl, keeps: cluster !== undefined, sizes, started });
    work.catch(() => {}); // after an interruption nobody listens any more
    printTable(capitalised(name), await Promise.race([work, interrupted]));
  }
  return 0;
}

async function startCluster(running: AsyncDisposableStack): Promise<string> {
  const server = await startPostgres();
  running.defer(() => server.stop());
  return server.adminUrl;
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

await runCommand(usage, bench);

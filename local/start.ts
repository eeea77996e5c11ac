import { parseArgs } from "node:util";
import { banner } from "./banner.ts";
import { sweepDeadRuns } from "./run_dir.ts";
import { shutdownRequested } from "./shutdown.ts";
import { type Stack, startStack, type USUAL_PORTS } from "./stack.ts";
import { tellStory } from "./story.ts";

const USAGE = `Usage: deno task start [options]
  --once            tell the story and stop; exit code 0 only if every step was seen
  --api-port 54321  a port that is given must be free; without one the usual port is taken,
  --db-port 54322   or any free one where a second copy has it already
  --zoho-port 54323
  --logs            print what the functions print`;

interface Arguments {
  once: boolean;
  logs: boolean;
  ports: Partial<typeof USUAL_PORTS>;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    args: Deno.args,
    strict: true,
    options: {
      once: { type: "boolean", default: false },
      logs: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      "api-port": { type: "string" },
      "db-port": { type: "string" },
      "zoho-port": { type: "string" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  const ports = { api: values["api-port"], db: values["db-port"], zoho: values["zoho-port"] };
  const given = Object.entries(ports).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, portOf(text)]]
  );
  return { once: values.once, logs: values.logs, ports: Object.fromEntries(given) };
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new RangeError(`${text} is not a port`);
}

async function main(): Promise<number> {
  const { once, logs, ports } = readArguments();
  const interrupted = shutdownRequested();
  const beganMs = performance.now();
  const swept = await sweepDeadRuns();
  if (swept.length > 0) {
    console.log(`Cleaned up after ${swept.length} run(s) that did not end by themselves.`);
  }

  const stack = await startStack({
    ports,
    preferUsualPorts: true,
    onLog: (name, line) => logs && console.log(`${name} │ ${line}`),
  });
  try {
    console.log(banner(stack, performance.now() - beganMs));
    await connectWorkflow(stack);
    const told = await Promise.race([tellStory(stack), interrupted.then(() => false)]);
    if (once) return told ? 0 : 1;
    console.log("\nThe stack stays up. Ctrl-C stops it.");
    await interrupted;
    return 0;
  } finally {
    await stop(stack);
  }
}

/** The simulator acts as the Deluge function of docs/zoho-setup.md: every change of a Deal is signed and posted. */
function connectWorkflow({ apiUrl, webhookSecret: secret, zoho }: Stack): Promise<unknown> {
  const url = `${apiUrl}/functions/v1/zoho-webhook`;
  return zoho.changeSettings({ workflow: { url, secret, modules: ["Deals"], sign: "timestamp" } });
}

async function stop(stack: Stack): Promise<void> {
  const beganMs = performance.now();
  await stack.stop();
  console.log(`Stopped in ${Math.round(performance.now() - beganMs)} ms; nothing is left behind.`);
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

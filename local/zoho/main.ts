/** The simulator as a program: `deno run -A local/zoho/main.ts --help` lists its options. */
import { parseArgs } from "node:util";
import { startZoho } from "./mod.ts";
import { defaultPort, settingsOf } from "./options.ts";
import { readSettings } from "./org/settings.ts";

const usage = `Usage: deno run -A local/zoho/main.ts [options]
  --port 8890            0 is any free port
  --hostname 127.0.0.1
  --seed 1               same seed, same ids, tokens and faults
  --edition enterprise   free, standard, professional, enterprise or ultimate
  --latency-ms 0         added to every call
  --set name=value       any switch of README.md, its value as JSON; as often as needed
  --bare                 without the custom fields
  --client-id 1000.LOCALCLIENT
  --client-secret local-client-secret
  --refresh-token 1000.local.refresh`;

const optionTypes = {
  port: { type: "string", default: String(defaultPort) },
  hostname: { type: "string", default: "127.0.0.1" },
  seed: { type: "string", default: "1" },
  edition: { type: "string", default: "enterprise" },
  "latency-ms": { type: "string", default: "0" },
  set: { type: "string", multiple: true, default: [] as string[] },
  bare: { type: "boolean", default: false },
  "client-id": { type: "string" },
  "client-secret": { type: "string" },
  "refresh-token": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

function readOptions() {
  const { values } = parseArgs({ args: Deno.args, options: optionTypes, strict: true });
  if (values.help) {
    console.log(usage);
    Deno.exit(0);
  }
  return {
    port: wholeNumber("port", values.port),
    hostname: values.hostname,
    seed: wholeNumber("seed", values.seed),
    bare: values.bare,
    clientId: values["client-id"],
    clientSecret: values["client-secret"],
    refreshToken: values["refresh-token"],
    settings: readSettings({
      edition: values.edition,
      latencyMs: wholeNumber("latency-ms", values["latency-ms"]),
      ...settingsOf(values.set),
    }),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(`--${name} must be a whole number, not ${text}`);
}

/** A sentence a person can act on, without a stack trace. */
function explain(error: unknown, port: number | undefined): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return `Port ${port} is taken; choose another with --port, or 0 for any free one.`;
  }
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  let port: number | undefined;
  try {
    const options = readOptions();
    port = options.port;
    const zoho = await startZoho(options);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => void zoho.stop().then(() => Deno.exit(0)));
    }
    console.log(JSON.stringify({ ready: true, url: zoho.url }));
  } catch (error) {
    console.error(explain(error, port));
    Deno.exit(1);
  }
}

await main();

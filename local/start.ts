import { parseArgs } from "node:util";
import { banner } from "./banner.ts";
import { type Dashboard, serveDashboard } from "./dashboard.ts";
import { LOCAL_ADMIN, seedAdmin } from "./dashboard_admin.ts";
import { ensureDashboard } from "./dashboard_build.ts";
import { connectWorkflow } from "./deluge.ts";
import { adoptCopy, copyOptions } from "./copied_database.ts";
import { emptyOrg, followEnvFile, USUAL_ENV_FILE } from "./empty_org.ts";
import { isFree, isPortTaken } from "./free_port.ts";
import { abandonRuns, sweepDeadRuns } from "./run_dir.ts";
import { shutdownRequested } from "./shutdown.ts";
import { type Stack, startStack, USUAL_DASHBOARD_PORT, USUAL_PORTS } from "./stack.ts";
import { tellStory } from "./story.ts";
import type { SigningMethod } from "./user_tokens.ts";

const USAGE = `Usage: deno task start [options]
  --once            tell the story and stop; exit code 0 only if every step was seen
  --empty           no story: Zoho without our fields and records, forty businesses that Zoho does not know yet, and
                    functions with the secrets of supabase/functions/.env only (docs/quickstart.md)
  --secrets-file path   another file for --empty
  --database url    no story: this database, a copy of a project's, by a superuser's address on this machine. One that is
                    pinned, has mappings or rings another project is refused
  --as-copy         … unless it is adopted for the simulator: what it knows of its org is put aside
  --api-port 54321  a port that is given must be free; without one the usual port is taken,
  --db-port 54322   or any free one where a second copy has it already
  --zoho-port 54323
  --dashboard-port 54324
  --no-dashboard    leave the operators' page out (it is built at the first start, with npm)
  --user-tokens HS256  sign users in as a project on the legacy JWT secret does; unless given, with a key pair (ES256)
  --logs            print what the functions print`;

interface Arguments {
  once: boolean;
  logs: boolean;
  /** The secrets' file of --empty; null runs the story. */
  envFile: string | null;
  userTokens: SigningMethod;
  /** A database that is there already. */
  database: string | null;
  asCopy: boolean;
  hasDashboard: boolean;
  /** Null takes the usual one, or any where that is taken. */
  dashboardPort: number | null;
  ports: Partial<typeof USUAL_PORTS>;
}

/** @throws TypeError, RangeError with what is wrong, before anything is started */
export function startArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    strict: true,
    options: {
      once: { type: "boolean", default: false },
      logs: { type: "boolean", default: false },
      empty: { type: "boolean", default: false },
      "secrets-file": { type: "string", default: USUAL_ENV_FILE },
      database: { type: "string" },
      "as-copy": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      "api-port": { type: "string" },
      "db-port": { type: "string" },
      "zoho-port": { type: "string" },
      "dashboard-port": { type: "string" },
      "user-tokens": { type: "string", default: "ES256" },
      "no-dashboard": { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  refuseTogether(values);
  const ports = { api: values["api-port"], db: values["db-port"], zoho: values["zoho-port"] };
  const given = Object.entries(ports).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, portOf(`${name}-port`, text)]]
  );
  return {
    once: values.once,
    logs: values.logs,
    userTokens: signingMethodOf(values["user-tokens"]),
    database: values.database ?? null,
    asCopy: values["as-copy"],
    envFile: values.empty ? values["secrets-file"] : null,
    hasDashboard: !values.once && !values["no-dashboard"],
    dashboardPort: values["dashboard-port"] === undefined
      ? null
      : portOf("dashboard-port", values["dashboard-port"]),
    ports: Object.fromEntries(given),
  };
}

/** Each of these says what the stack is for: beside another one it would be ignored, and --once would never end. */
function refuseTogether(
  { once, empty, database, "as-copy": asCopy }: {
    once: boolean;
    empty: boolean;
    database?: string | undefined;
    "as-copy": boolean;
  },
): void {
  const purposes = [once && "--once", empty && "--empty", database !== undefined && "--database"].filter(
    Boolean,
  );
  if (purposes.length > 1) {
    throw new RangeError(`${purposes.join(" and ")} do not go together.\n→ Write one of them`);
  }
  if (asCopy && database === undefined) {
    throw new RangeError(
      "--as-copy says nothing without --database.\n→ Write --database postgres://… --as-copy",
    );
  }
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port <= 0 || port >= 65_536) {
    throw new RangeError(`--${option} ${text} is not a port.\n→ Write --${option} 54330, or leave it out`);
  }
  if (isFree(port)) return port;
  throw new RangeError(
    `--${option} ${port}: another program has this port.\n→ Write another one, or leave it out`,
  );
}

function signingMethodOf(text: string): SigningMethod {
  if (text === "ES256" || text === "HS256") return text;
  throw new RangeError("--user-tokens takes ES256 or HS256");
}

async function main(): Promise<number> {
  const { once, logs, envFile, userTokens, database, asCopy, ports, hasDashboard, dashboardPort } =
    startArguments(Deno.args);
  const interrupted = shutdownRequested();
  const starting = new AbortController();
  interrupted.then(() => leaveIfStarting(starting));
  const swept = await sweepDeadRuns();
  if (swept.length > 0) {
    console.log(`Cleaned up after ${swept.length} run(s) that did not end by themselves.`);
  }

  const ofCopy = database === null ? null : await copyOptions(database, asCopy);
  if (hasDashboard) await ensureDashboard((what) => console.log(what), starting.signal);
  console.log("Starting Postgres, the Zoho simulator and the functions …");
  const startedMs = performance.now();
  const stack = await startStack({
    ports,
    preferPorts: USUAL_PORTS,
    readFields: true,
    userTokens,
    ...(envFile === null ? {} : emptyOrg),
    ...ofCopy,
    onLog: (name, line) => logs && console.log(`${name} │ ${line}`),
  });
  hasStarted.add(starting);
  let dashboard: Dashboard | undefined;
  try {
    const bootMs = performance.now() - startedMs;
    if (hasDashboard) dashboard = await openDashboard(stack, dashboardPort, database !== null);
    console.log(banner(stack, bootMs, dashboard && { url: dashboard.url, admin: LOCAL_ADMIN }));
    if (database !== null) {
      if (asCopy) await adoptCopy(stack);
      console.log(
        `\nThe database is ${new URL(database).host}${new URL(database).pathname}. Ctrl-C stops the rest.`,
      );
      await interrupted;
      return 0;
    }
    if (envFile !== null) {
      const following = followEnvFile(stack, envFile);
      console.log("\nThe stack stays up. Ctrl-C stops it.");
      await interrupted;
      await following.stop();
      return 0;
    }
    await connectWorkflow(stack, stack.webhookSecret);
    const told = await Promise.race([tellStory(stack), interrupted.then(() => false)]);
    if (once) return told ? 0 : 1;
    console.log("\nThe stack stays up. Ctrl-C stops it.");
    await interrupted;
    return 0;
  } finally {
    await dashboard?.stop();
    await stop(stack);
  }
}

/** Starts that came to their end: from there on a stop is orderly. */
const hasStarted = new WeakSet<AbortController>();

let isLeaving = false;

/** Ctrl-C during the start does not wait for the remaining parts. */
async function leaveIfStarting(starting: AbortController): Promise<void> {
  if (hasStarted.has(starting)) return;
  starting.abort();
  isLeaving = true;
  await abandonRuns();
  console.log("Stopped while starting; nothing is left behind.");
  Deno.exit(130);
}

/** The page, and a user who may sign in. This stack has no Realtime, so the page polls. */
async function openDashboard(stack: Stack, given: number | null, isCopy: boolean): Promise<Dashboard> {
  // A copy that was started before has our admin already, and people of its own.
  await seedAdmin(stack).catch((error) => {
    if (!isCopy) throw error;
  });
  const { apiUrl: supabaseUrl, publishableKey } = stack;
  const serve = (port: number) =>
    serveDashboard({ port, config: { supabaseUrl, publishableKey, realtime: false } });
  try {
    return serve(given ?? USUAL_DASHBOARD_PORT);
  } catch (error) {
    if (given !== null || !isPortTaken(error)) throw error;
    return serve(0);
  }
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
    // The failure follows from a stop, and the code that stopped it ends the process.
    if (isLeaving) await new Promise(() => {});
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

import type postgres from "postgres";
import { type CronWorker, cronWorker } from "./cron_worker.ts";
import { type Functions, startFunctions } from "./functions.ts";
import type { DatabaseShape } from "./database.ts";
import { freePort, isFree, isPortTaken } from "./free_port.ts";
import { startGateway } from "./gateway.ts";
import { type Invocation, invoke } from "./invoke.ts";
import { createSigningKey, PUBLISHABLE_KEY, SECRET_KEY } from "./keys.ts";
import { type Lite, LITE_JWT_SECRET, openLite } from "./lite.ts";
import { watchReturns } from "./listen.ts";
import { serveLite } from "./lite_service.ts";
import { type NetWorker, netWorker, type NetWorkerOptions } from "./net_worker.ts";
import type { Postgres } from "./postgres.ts";
import { openRun } from "./run_dir.ts";
import { type RenewableSql, renewableSql } from "./sql.ts";
import { openStackDatabase } from "./stack_database.ts";
import { functionSecrets, platformVariables } from "./stack_env.ts";
import { type SigningMethod, tokenExchange } from "./user_tokens.ts";
import { ZohoControl } from "./zoho/control/client.ts";
import type { ZohoOptions } from "./zoho/options.ts";
import { startZohoProcess, type ZohoProcess } from "./zoho_process.ts";

/** The addresses of `supabase start`, and two more, for Zoho and for the dashboard. */
export const USUAL_PORTS = { api: 54321, db: 54322, zoho: 54323 };
export const USUAL_DASHBOARD_PORT = 54324;

export interface StackOptions {
  /** Exactly these; an error if one is taken. Default: any free one. */
  ports?: Partial<typeof USUAL_PORTS>;
  /** Takes these where they are free and any other where not, so that a second copy runs beside the first. */
  preferPorts?: typeof USUAL_PORTS;
  /** A running cluster (superuser's address) to make a database in, rather than starting Postgres. */
  clusterUrl?: string;
  /** A database that is there already, by a superuser's address: neither made nor dropped. */
  databaseUrl?: string;
  /** Options of the simulator; false: none runs, and the functions get no address of Zoho. */
  zoho?: Pick<ZohoOptions, "seed" | "bare" | "settings"> | false;
  /** Adds to or changes what the functions see; undefined takes a variable away. */
  functionEnv?: Record<string, string | undefined>;
  /** How users are signed in; default with a key pair (ES256). */
  userTokens?: SigningMethod;
  /** Secret keys besides the usual one, for the Data API; functions get theirs through `functionEnv`. */
  moreSecretKeys?: string[];
  /** Which functions to start, and from where. Default: all of the project's. */
  functions?: string[];
  functionsDirectory?: string;
  /** A version of Deno that runs the functions. Default: FUNCTIONS_DENO, or the one that runs this. */
  functionsDeno?: string;
  /** A folder of other migrations than the project's; not together with `clusterUrl`. */
  migrations?: string;
  /** What the project was before its migrations. Default: new. */
  shape?: Partial<DatabaseShape>;
  /** Processes for each function. */
  instances?: number;
  /**
   * The kinds of record that are synced. Default: all of them; in a given cluster, where the tests are, contracts, so
   * that a test counts what it is about.
   */
  types?: ("contract" | "quote" | "customer" | "invoice")[];
  /** Runs on the database before the API reads its schema, which it does once. */
  prepare?: (sql: postgres.Sql) => Promise<unknown>;
  /** Lets a drain read the fields of Zoho once an hour; without it no call is made that was not asked for. */
  readFields?: boolean;
  cron?: boolean;
  net?: boolean | NetWorkerOptions;
  /** Receives every line that a function prints. */
  onLog?: (name: string, line: string) => void;
}

export interface Stack {
  readonly apiUrl: string;
  readonly dbUrl: string;
  /** As the superuser. */
  readonly dbAdminUrl: string;
  readonly zohoUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  /** What Zoho's Deluge function signs its webhooks with. */
  readonly webhookSecret: string;
  /** A pool as `postgres`, the owner of the schema; another one after postgres.restart(). */
  readonly sql: postgres.Sql;
  readonly zoho: ZohoControl;
  readonly functions: Functions;
  readonly net: NetWorker;
  readonly cron: CronWorker;
  /** Undefined when the database is in an external cluster. */
  readonly postgres: Postgres | undefined;
  /** Calls a function as a component does, with the secret key; other headers replace it. */
  invoke(name: string, body?: unknown, headers?: Record<string, string>): Promise<Invocation>;
  stop(): Promise<void>;
}

const START_TRIES = 5;

/** A preferred port that another process takes while the stack starts is left to it: the stack starts on another. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  for (let tryNumber = 1;; tryNumber++) {
    try {
      return await startOn(choosePorts(options), options);
    } catch (error) {
      const isPreferred = options.preferPorts !== undefined &&
        Object.values(options.ports ?? {}).every(isFree);
      if (!isPreferred || !isPortTaken(error) || tryNumber === START_TRIES) throw error;
    }
  }
}

async function startOn(ports: typeof USUAL_PORTS, options: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const run = await openRun();
  started.defer(() => run.close());

  const key = await createSigningKey();
  const { userTokens = "ES256" } = options;
  const jwks = userTokens === "ES256" ? key.jwks : { keys: [] };
  const gateway = startGateway({
    port: ports.api,
    jwks,
    exchange: tokenExchange(userTokens, key, LITE_JWT_SECRET),
    moreSecretKeys: options.moreSecretKeys,
  });
  started.defer(() => gateway.stop());

  const startDatabase = async () => {
    const { clusterUrl, databaseUrl: existing, migrations, shape } = options;
    const database = await openStackDatabase({
      run,
      port: ports.db,
      clusterUrl,
      existing,
      migrations,
      shape,
    });
    started.defer(() => database.close());
    await database.setSecrets({ project_url: gateway.url, zoho_sync_key: SECRET_KEY });
    const types = options.types ?? (options.clusterUrl === undefined ? undefined : ["contract"]);
    if (types) await database.run((sql) => sql`update public.zoho_sync_state set synced_types = ${types}`);
    if (!options.readFields) await database.run(neverReadFields);
    await database.run(options.prepare);
    const lite = await serveLite({
      open: () => openWarmLite(database.url, database.adminUrl),
      watch: (onReturn) => watchReturns(database.adminUrl, onReturn),
    });
    started.defer(() => lite.close());
    return { database, lite };
  };
  const startZohoIfWanted = async (): Promise<ZohoProcess | undefined> => {
    if (options.zoho === false) return undefined;
    const zoho = await startZohoProcess(run, { port: ports.zoho, ...options.zoho });
    started.defer(() => zoho.stop());
    return zoho;
  };
  const [{ database, lite }, zoho] = await allOrNone([startDatabase(), startZohoIfWanted()]);

  const env = definedOnly({
    ...platformVariables({ apiUrl: gateway.url, dbUrl: database.url, jwks }),
    ...functionSecrets(zoho?.url),
    ...options.functionEnv,
  });
  const functions = await startFunctions({
    run,
    env,
    directory: options.functionsDirectory,
    names: options.functions,
    deno: options.functionsDeno,
    instances: options.instances,
    onLog: options.onLog,
  });
  started.defer(() => functions.stop());
  gateway.connect({ lite, functions });

  const sql = renewableSql(database.url, 5);
  started.defer(() => sql.end());
  const net = netWorker(database.adminUrl, typeof options.net === "object" ? options.net : {});
  started.defer(() => net.stop());
  const cron = cronWorker(database.adminUrl);
  started.defer(() => cron.close());
  if (options.net !== false) net.start();
  if (options.cron !== false) cron.start();

  const parts = started.move();
  return {
    apiUrl: gateway.url,
    dbUrl: database.url,
    dbAdminUrl: database.adminUrl,
    zohoUrl: zoho?.url ?? "",
    publishableKey: PUBLISHABLE_KEY,
    secretKey: SECRET_KEY,
    webhookSecret: env.ZOHO_CRM_WEBHOOK_SECRET?.split(",")[0] ?? "",
    get sql() {
      return sql.current;
    },
    zoho: new ZohoControl(zoho?.url ?? ""),
    functions,
    net,
    cron,
    postgres: database.postgres && renewing(database.postgres, sql),
    invoke: (name, body, headers) => invoke(`${gateway.url}/functions/v1/${name}`, body, headers),
    stop: () => parts.disposeAsync(),
  };
}

async function neverReadFields(sql: postgres.Sql): Promise<void> {
  await sql`update public.zoho_sync_state set fields_due_at = 'infinity' where true`;
}

function renewing(server: Postgres, sql: RenewableSql): Postgres {
  return {
    ...server,
    async restart() {
      await server.restart();
      await sql.renew();
    },
  };
}

async function openWarmLite(url: string, adminUrl: string): Promise<Lite> {
  const lite = openLite(url, { publishableKey: PUBLISHABLE_KEY, secretKey: SECRET_KEY });
  try {
    await lite.warmUp(adminUrl);
    return lite;
  } catch (error) {
    await lite.close();
    throw error;
  }
}

function choosePorts({ ports = {}, preferPorts }: StackOptions): typeof USUAL_PORTS {
  const choose = (name: keyof typeof USUAL_PORTS) =>
    ports[name] ?? (preferPorts ? freePort(preferPorts[name]) : 0);
  return { api: choose("api"), db: choose("db"), zoho: choose("zoho") };
}

/** Waits for all even when one fails, so that what did start is known and can be stopped. */
async function allOrNone<A, B>(work: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseEnv } from "node:util";
import { connectWorkflow } from "./deluge.ts";
import type { Stack, StackOptions } from "./stack.ts";
import { functionSecrets } from "./stack_env.ts";

/** Where `supabase functions serve` looks for the secrets, and deno task zoho:connect puts them. */
export const USUAL_ENV_FILE = join(import.meta.dirname ?? "", "..", "supabase", "functions", ".env");

/** A project before its first day: Zoho has none of our fields, the functions have no secrets, and there are businesses. */
export const emptyOrg: Pick<StackOptions, "zoho" | "functionEnv" | "prepare"> = {
  zoho: { bare: true },
  functionEnv: Object.fromEntries(Object.keys(functionSecrets("-")).map((name) => [name, undefined])),
  async prepare(sql) {
    const businesses = await Deno.readTextFile(join(import.meta.dirname ?? "", "sql", "businesses.sql"));
    await sql.unsafe(businesses);
    // They were there before the triggers were: nothing of them is queued.
    await sql`delete from zoho_sync.outbox where true`;
    await sql`delete from net.http_request_queue where true`;
    await sql`delete from zoho_sync.rings where true`;
  },
};

const LOOK_EVERY_MS = 300;

/** Runs the functions with the file's variables, and anew whenever it changes; says so each time. */
export function followEnvFile(stack: Stack, path: string): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const shown = relative(Deno.cwd(), path).startsWith("..") ? path : relative(Deno.cwd(), path);
  let text = "";
  let known: string[] = [];

  async function look(): Promise<void> {
    const now = await Deno.readTextFile(path).catch(() => "");
    if (now === text) return;
    text = now;
    const variables = definedOnly(parseEnv(now));
    const gone = known.filter((name) => !(name in variables)).map((name) => [name, undefined]);
    known = Object.keys(variables);
    const env = { ...Object.fromEntries(gone), ...variables };
    await Promise.all(stack.functions.names.map((name) => stack.functions.restart(name, env)));
    const secret = variables.ZOHO_CRM_WEBHOOK_SECRET?.split(",")[0];
    if (secret) await connectWorkflow(stack, secret);
    console.log(`The functions run with the ${known.length} variables of ${shown}.`);
  }
  console.log(
    `\nThe functions have no secrets yet: they wait for ${shown} (deno task zoho:connect writes it).`,
  );
  const following = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error) => console.error(error instanceof Error ? error.message : error));
      await delay(LOOK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await following;
    },
  };
}

/** An optional variable that is empty counts as left out. */
function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(entries);
}

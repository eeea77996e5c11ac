import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { FUNCTIONS } from "../../local/functions.ts";
import { migrate, MIGRATIONS } from "../../local/migrate.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import type { Row } from "../support/fixtures.ts";
import { dealsOf, quickNet, sell, settledDeal, sweep } from "../flows/steps.ts";

/** The newest migration of the release that is upgraded from. */
const lastMigration = "20261123000011";

/**
 * docs/upgrade.md, with work in flight: the database first, under the functions of the release before, then the functions;
 * then back again. Null when every contract arrived once.
 */
export async function upgradeAndRollBack(): Promise<string | null> {
  if (await git("rev-parse", "--is-shallow-repository") === "true") {
    console.log("  not tried: a shallow clone has no earlier release to upgrade from");
    return null;
  }
  const commit = await lastCommitOfRelease();
  const earlier = await Deno.makeTempDir({ prefix: "release-" });
  try {
    await checkOut(commit, earlier);
    await using stack = await startEarlier(earlier);
    await upgrade(stack.stack, join(earlier, "supabase", "functions"));
    return null;
  } finally {
    await Deno.remove(earlier, { recursive: true });
  }
}

async function startEarlier(root: string): Promise<{ stack: Stack } & AsyncDisposable> {
  const stack = await startStack({
    cron: false,
    net: quickNet,
    readFields: true,
    migrations: join(root, "supabase", "migrations"),
    functionsDirectory: join(root, "supabase", "functions"),
    // That release could only be installed where somebody had created pg_cron.
    shape: { extensions: "created" },
  });
  return { stack, [Symbol.asyncDispose]: () => stack.stop() };
}

async function upgrade(stack: Stack, earlierFunctions: string): Promise<void> {
  const { sql, functions } = stack;
  const sign = (contract: Row, status = "active") =>
    sql`update public.contracts set status = ${status} where id = ${contract.id}`;

  const known = (await sell(stack)).contract;
  await settledDeal(stack, known);

  // Work that is under way when the database changes: a new contract, a changed one, and a call that Zoho keeps waiting.
  const stalled = (await sell(stack)).contract;
  await settledDeal(stack, stalled);
  await stack.zoho.addFaults({ match: { path: "/Deals" }, kind: "hang", times: 1 });
  await sign(stalled);
  await until(
    async () => (await sql`select from public.zoho_sync_queue where status = 'in_flight'`).length > 0,
    { what: "a change in flight" },
  );
  await functions.kill("zoho-sync");
  await stack.zoho.clearFaults();
  await sign(known);
  const fresh = (await sell(stack)).contract;

  const applied = await migrate(stack.dbUrl, MIGRATIONS);
  assertEquals(applied.length > 0, true, "there is a migration to apply");
  await readSchemaAnew(stack);

  // The functions of the release before, on the newer database: they take over what lay there and what comes.
  await functions.restart("zoho-sync");
  await leasesRunOut(stack);
  await sweep(stack);
  for (const contract of [stalled, known]) {
    assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
  }
  await settledDeal(stack, fresh);
  const late = (await sell(stack)).contract;
  await settledDeal(stack, late);
  assertEquals((await stack.invoke("zoho-token-refresh")).status, 200);

  // Paused, as docs/upgrade.md has it for a long one: changes wait in the queue for the newer functions.
  await sql`select public.zoho_pause('UPGRADE', 'by the test', p_until_resumed => true)`;
  await sign(late);
  const waiting = (await sell(stack)).contract;
  await functions.deploy(FUNCTIONS);
  await sql`select public.zoho_resume()`;
  await sweep(stack);
  assertEquals((await settledDeal(stack, late)).Stage, "Closed Won");
  await settledDeal(stack, waiting);

  // And back: the functions only, with the database as it is. They know contracts only, and the others wait.
  await functions.deploy(earlierFunctions);
  await sql`update public.business_quotes set status = 'expired' where id = ${String(waiting.quote_id)}`;
  await sign(waiting);
  await leasesRunOut(stack);
  await sweep(stack);
  assertEquals((await settledDeal(stack, waiting)).Stage, "Closed Won");
  const quotes = () => sql<Row[]>`select status from public.zoho_sync_queue where entity_type = 'quote'`;
  assertEquals((await quotes()).length > 0, true, "the quote's change waits for functions that know quotes");
  await functions.deploy(FUNCTIONS);
  await sign(fresh);
  await leasesRunOut(stack);
  await sweep(stack);
  assertEquals((await settledDeal(stack, fresh)).Stage, "Closed Won");
  await until(async () => (await quotes()).length === 0, { what: "the quotes' changes to be worked" });
  const expired = (await stack.zoho.records("Quotes")).filter(({ Quote_Stage: stage }) =>
    stage === "Closed Lost"
  );
  assertEquals(expired.length, 1);

  for (const contract of [known, stalled, fresh, late, waiting]) {
    assertEquals((await dealsOf(stack, contract)).length, 1);
  }
  const refused = await sql`select error_code from public.zoho_sync_queue where status = 'dead'`;
  assertEquals([...refused], []);
}

/** What PostgREST does at `notify pgrst`, which a migration of the platform ends with. */
async function readSchemaAnew({ sql }: Stack): Promise<void> {
  await sql`notify local_stack_watch`;
}

/** As if the 45 s of what was killed had passed. */
async function leasesRunOut({ sql }: Stack): Promise<void> {
  await sql`update public.zoho_sync_state set drain_until = now() - interval '1 second' where drain_until is not null`;
  await sql`update public.zoho_sync_queue set lease_until = now() - interval '1 second' where status = 'in_flight'`;
}

/** The parent of the commit that brought the first migration after the release's. */
async function lastCommitOfRelease(): Promise<string> {
  const newer: string[] = [];
  for await (const { name } of Deno.readDir(MIGRATIONS)) {
    if (name.slice(0, lastMigration.length) > lastMigration) newer.push(`supabase/migrations/${name}`);
  }
  const added = await git("log", "--reverse", "--diff-filter=A", "--format=%H", "--", ...newer);
  const [first] = added.split("\n");
  if (!first) throw new Error("the history has no migration after the release");
  return await git("rev-parse", `${first}^`);
}

async function checkOut(commit: string, into: string): Promise<void> {
  const archive = join(into, "release.tar");
  await git("archive", `--output=${archive}`, commit, "supabase");
  const tar = await new Deno.Command("tar", { args: ["-xf", archive, "-C", into] }).output();
  if (!tar.success) throw new Error(new TextDecoder().decode(tar.stderr));
}

async function git(...args: string[]): Promise<string> {
  const cwd = join(import.meta.dirname ?? "", "..", "..");
  const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`git ${args[0]}: ${decode(stderr)}`);
  return decode(stdout);
}

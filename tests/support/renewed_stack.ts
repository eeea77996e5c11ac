import type { Stack, StackOptions } from "../../local/stack.ts";
import { withSql } from "../../local/sql.ts";
import { keepRows, putRowsBack } from "./database_state.ts";
import { startQuietStack } from "./stack.ts";
import { until } from "./until.ts";

/**
 * One stack for a file whose tests each need all of it to themselves: every test finds the rows that the start left and
 * another Zoho, for half of what a stack of its own costs. The structure of the database and the isolates stay as they
 * are, with what these remember: a test that teaches them something restarts them.
 */
export interface RenewedStack {
  /** The stack, as it was started. */
  renew(): Promise<Stack>;
  stop(): Promise<void>;
}

/** @param restarted functions whose isolates end with each test, and with them what they know of the org */
export function renewedStack(options: StackOptions, restarted: readonly string[] = []): RenewedStack {
  let stack: Stack | undefined;
  return {
    async renew() {
      for (const name of stack ? restarted : []) await stack?.functions.restart(name);
      if (stack && await startAnew(stack, restarted.includes("zoho-sync"))) return stack;
      await stack?.stop();
      stack = await startQuietStack(options);
      await withSql(stack.dbAdminUrl, keepRows);
      return stack;
    },
    stop: async () => await stack?.stop(),
  };
}

/**
 * @param wasKilled a drain may have ended without giving back its turn; the rows that are put back do that
 * @returns false when there is so much in its database that a new one is cheaper
 */
async function startAnew({ zoho, dbAdminUrl }: Stack, wasKilled: boolean): Promise<boolean> {
  // Without the faults of the last test, which a drain may wait for.
  await zoho.reset();
  return await withSql(dbAdminUrl, async (sql) => {
    await until(async () => {
      const [work] = await sql`
        select from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
          and backend_type = 'client backend' and state <> 'idle'
        union all
        select from public.zoho_sync_state where drain_owner is not null and not ${wasKilled}::boolean`;
      return work === undefined;
    }, { what: "the end of what the last test has begun" });
    // Without what that drain still wrote: the next test would find writes that its database does not know.
    await zoho.reset();
    return await putRowsBack(sql);
  });
}

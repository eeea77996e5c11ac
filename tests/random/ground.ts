import { createClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { openSql } from "../../local/sql.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { functionSecrets } from "../../local/stack_env.ts";
import { startZoho, ZohoControl } from "../../local/zoho/mod.ts";
import { FieldStore } from "../../supabase/functions/_shared/fields/store.ts";
import { requiredFields } from "../../supabase/functions/_shared/mapping/record_types.ts";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import type { Database } from "../../supabase/functions/_shared/platform/database.types.ts";
import { loadSettings, type Settings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { createZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { TokenStore } from "../../supabase/functions/_shared/zoho/token.ts";
import { load, makeBackups, save } from "./backup.ts";
import { giveClock, setDatabaseClock, TestClock } from "./clock.ts";
import { clearJournal, keepJournal } from "./journal.ts";

const pristine = "random_pristine";

/** What all runs of a process stand on: a database, the API before it and a Zoho, each as new at the start of a run. */
export interface Ground {
  sql: postgres.Sql;
  /** As the superuser. */
  admin: postgres.Sql;
  zoho: ZohoControl;
  clock: TestClock;
  settings: Settings;
  /** A client of the database's API whose calls go by `through`. */
  database(through: typeof fetch): ServiceClient;
  tokens(): TokenStore;
  /** Back to the start. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** In a running Postgres, by its superuser's address. */
export async function openGround(clusterUrl: string): Promise<Ground> {
  await using opened = new AsyncDisposableStack();
  const clock = new TestClock();
  const server = await startZoho({ port: 0, nowMs: () => clock.nowMs });
  opened.defer(() => server.stop());
  const stack = await startStack({
    clusterUrl,
    cron: false,
    net: false,
    functions: [],
    zoho: false,
    readFields: true,
    prepare: async (sql) => {
      const [row] = await sql<{ name: string }[]>`select current_database() as name`;
      await giveClock(clusterUrl, row?.name ?? "");
    },
  });
  opened.defer(() => stack.stop());
  const admin = openSql(stack.dbAdminUrl, 1);
  opened.defer(() => admin.end({ timeout: 1 }));
  const ground = groundOf(stack, admin, clock, server.url);
  await keepJournal(admin);
  await makeBackups(admin);
  await setDatabaseClock(stack.sql, clock, 0);
  await stack.sql`update public.zoho_sync_state set concurrency = 1 where true`;
  await readFields(ground);
  await stack.sql`delete from public.zoho_tokens where true`;
  await save(admin, pristine);
  const moved = opened.move();
  return { ...ground, close: () => moved.disposeAsync() };
}

function groundOf(
  stack: Stack,
  admin: postgres.Sql,
  clock: TestClock,
  zohoUrl: string,
): Omit<Ground, "close"> {
  const settings = {
    ...loadSettings({ SUPABASE_URL: stack.apiUrl, ...functionSecrets(zohoUrl) }),
    // One call at a time: their order is the run's.
    concurrency: 1,
  };
  const database = (through: typeof fetch): ServiceClient =>
    createClient<Database>(stack.apiUrl, stack.secretKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { fetch: through },
    });
  const zoho = new ZohoControl(zohoUrl);
  return {
    sql: stack.sql,
    admin,
    zoho,
    clock,
    settings,
    database,
    tokens: () =>
      new TokenStore({
        db: database(fetch),
        settings,
        fetch,
        now: () => clock.nowMs,
        sleep: () => Promise.resolve(clock.pass(100)),
        startedAtMs: clock.nowMs,
      }),
    renew: async () => {
      clock.reset();
      await zoho.reset();
      await load(admin, pristine);
      await setDatabaseClock(stack.sql, clock, 0);
      await clearJournal(admin);
    },
  };
}

/** As a drain does once an hour; a run begins with what it found. */
async function readFields({ database, settings, tokens }: Omit<Ground, "close">): Promise<void> {
  const db = database(fetch);
  const zoho = createZohoClient({ settings, tokens: tokens(), fetch });
  await new FieldStore(db, requiredFields, () => {}).read(zoho);
}

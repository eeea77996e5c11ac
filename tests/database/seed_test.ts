import { assertEquals } from "@std/assert";
import { join } from "node:path";
import type postgres from "postgres";
import { migrate } from "../../local/migrate.ts";
import { withBareDatabase, withForeignPostgres } from "./bare_database.ts";
import { fold } from "../support/fold.ts";

const SEED = join(import.meta.dirname ?? "", "..", "..", "supabase", "seed.sql");
const CONTRACT = "5eed0000-0000-4000-8000-000000000004";

/** As `supabase db reset` does it: after all migrations, the whole file. */
async function seed(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(await Deno.readTextFile(SEED));
}

async function rowCounts(sql: postgres.Sql) {
  const [counts] = await sql`
    select (select count(*)::int from customers) as customers, (select count(*)::int from business_quotes) as quotes,
      (select count(*)::int from kyc_sessions) as sessions, (select count(*)::int from contracts) as contracts,
      (select count(*)::int from admin_users) as admins`;
  return { ...counts };
}

const ONE_BUSINESS = { customers: 1, quotes: 1, sessions: 1, contracts: 1, admins: 0 };

Deno.test("the seed makes one business without an admin, and its contract, customer and quote are queued", () =>
  withBareDatabase(async (sql, url) => {
    await migrate(url);
    await seed(sql);

    assertEquals(await rowCounts(sql), ONE_BUSINESS);
    await fold(sql);
    const queue = await sql`
      select entity_type, entity_id, status from zoho_sync_queue order by entity_type`;
    assertEquals(queue.map(({ entity_type: type, status }) => `${type} ${status}`), [
      "contract pending",
      "customer pending",
      "quote pending",
    ]);
    assertEquals(queue[0]?.entity_id, CONTRACT);
  }));

Deno.test("the seed run twice changes nothing and queues nothing again", () =>
  withBareDatabase(async (sql, url) => {
    await migrate(url);
    await seed(sql);
    await fold(sql);
    await sql`delete from zoho_sync_queue`;
    await seed(sql);

    assertEquals(await rowCounts(sql), ONE_BUSINESS);
    assertEquals((await sql`select from zoho_sync_queue`).length, 0);
  }));

Deno.test("the seed runs on a Postgres that has no pg_net, no pg_cron and no Vault", () =>
  withForeignPostgres(async (sql, url) => {
    await migrate(url);
    await seed(sql);
    await seed(sql);

    assertEquals(await rowCounts(sql), ONE_BUSINESS);
  }));

Deno.test("the seed stores the local address once, keeps an existing one, and stores no key", () =>
  withBareDatabase(async (sql, url) => {
    await migrate(url);
    await seed(sql);
    const secrets = () => sql`select name, decrypted_secret from vault.decrypted_secrets order by name`;
    assertEquals((await secrets()).map((row) => ({ ...row })), [
      { name: "project_url", decrypted_secret: "http://api.supabase.internal:8000" },
    ]);

    await sql`select vault.update_secret(id, 'https://branch.supabase.co') from vault.secrets`;
    await seed(sql);
    assertEquals((await secrets()).map(({ decrypted_secret }) => decrypted_secret), [
      "https://branch.supabase.co",
    ]);
  }));

Deno.test("every e-mail address in the seed is one that cannot exist", async () => {
  const text = await Deno.readTextFile(SEED);
  const mails = text.match(/[\w.]+@[\w.-]+/g) ?? [];
  assertEquals(mails.filter((mail) => !mail.endsWith(".example")), []);
});

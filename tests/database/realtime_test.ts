import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { migrate } from "../../local/migrate.ts";
import { withBareDatabase } from "./bare_database.ts";

const PUBLISHES = new URL("../../supabase/schemas/finish/realtime.sql", import.meta.url);

async function published(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select schemaname || '.' || tablename as name from pg_publication_tables
    where pubname = 'supabase_realtime' order by name
  `;
  return rows.map(({ name }) => name);
}

Deno.test("Realtime publishes the state and notices, never rows of the queue; running it twice changes nothing", () =>
  withBareDatabase(async (sql, url) => {
    await sql`create publication supabase_realtime`;
    await migrate(url);
    const expected = ["public.zoho_notices", "public.zoho_sync_state"];
    assertEquals(await published(sql), expected);
    await sql.unsafe(await Deno.readTextFile(PUBLISHES));
    assertEquals(await published(sql), expected);
  }));

Deno.test("without Realtime nothing is published", () =>
  withBareDatabase(async (sql, url) => {
    await migrate(url);
    assertEquals(await published(sql), []);
  }));

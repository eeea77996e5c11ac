import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { migrate, MIGRATIONS } from "../../local/migrate.ts";
import { schemaFiles } from "../../local/schemas.ts";
import { openSql } from "../../local/sql.ts";
import { withBareDatabase } from "./bare_database.ts";
import { describeDatabase, ourFunctions } from "./catalog.ts";

// supabase/schemas is the one text of the database; the migrations make the same.

/** Fixed by production; the schemas begin where they end. */
const FROZEN = ["20251103000000_circletel_core_tables.sql", "20251103000001_create_zoho_sync_system.sql"];

const withFrozen = (test: Parameters<typeof withBareDatabase>[0]) =>
  withBareDatabase(async (sql, url) => {
    const folder = await Deno.makeTempDir();
    try {
      for (const file of FROZEN) await Deno.copyFile(join(MIGRATIONS, file), join(folder, file));
      await migrate(url, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    await test(sql, url);
  });

Deno.test("the migrations and supabase/schemas make the same database", () =>
  withBareDatabase(async (sql, url) => {
    await migrate(url);
    const migrated = await describeDatabase(sql);
    await withFrozen(async (_, otherUrl) => {
      const other = openSql(otherUrl, 1);
      try {
        await other`set check_function_bodies = off`;
        for (const { text } of await schemaFiles()) await other.unsafe(text);
        assertEquals(await describeDatabase(other), migrated);
        // With everything there, Postgres checks every body as well.
        await other`set check_function_bodies = on`;
        for (const { path, text } of await schemaFiles()) {
          await other.unsafe(text).execute().catch((error) => {
            throw new Error(`${path}: ${error.message}`, { cause: error });
          });
        }
      } finally {
        await other.end({ timeout: 1 });
      }
    });
  }));

Deno.test("every function of ours is defined once in supabase/schemas, and nothing else is", () =>
  withBareDatabase(async (sql, url) => {
    const frozen = new Set<string>();
    await withFrozen(async (before) => {
      for (const { name } of await ourFunctions(before)) frozen.add(name);
    });
    await migrate(url);
    const definitions = (await schemaFiles()).flatMap(({ text }) =>
      [...text.matchAll(/^create (?:or replace )?function ([a-z_.]+)\s*\(/gm)].map(([, name]) => name ?? "")
    );
    const made = (await ourFunctions(sql)).map(({ name }) => name).filter((name) => !frozen.has(name));
    assert(made.length > 100);
    assertEquals(definitions.sort(), made.sort());
  }));

Deno.test("no function of supabase/schemas has more than 80 lines", async () => {
  const long = (await schemaFiles()).flatMap(({ text }) =>
    [...text.matchAll(/create or replace function (\S+?)\(.*?(\$\w*\$).*?\2;/gs)]
      .map(([definition, name]) => ({ name, lines: definition.split("\n").length }))
      .filter(({ lines }) => lines > 80)
  );
  assertEquals(long, []);
});

Deno.test("no comment in supabase/schemas points into another SQL file", async () => {
  const strays = (await schemaFiles()).flatMap(({ path, text }) =>
    text.split("\n").filter((line) => /^\s*--.*(\.sql\b|\b20\d{12}\b|\bmigrations?\b)/i.test(line))
      .map((line) => `${path}: ${line.trim()}`)
  );
  assertEquals(strays, []);
});

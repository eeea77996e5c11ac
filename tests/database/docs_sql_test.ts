import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";

const DOCS = join(import.meta.dirname ?? "", "..", "..", "docs");
const STATEMENT = /`((?:select|update|delete|insert|alter|drop|create) [^`]*;)`/g;

Deno.test("each SQL command of the docs runs on a database with a business in it", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await sql`select zoho_sync.fold_outbox()`;
    const failed: string[] = [];
    let count = 0;
    for await (const { name } of Deno.readDir(DOCS)) {
      if (!name.endsWith(".md")) continue;
      const text = await Deno.readTextFile(join(DOCS, name));
      for (
        const [, statement = ""] of [...text.matchAll(/^ *```sql\n([^]*?)```/gm), ...text.matchAll(STATEMENT)]
      ) {
        count++;
        // Placeholders such as <deal id>.
        const filled = statement.replace(/<[a-z ]+ id>/g, crypto.randomUUID());
        const run = filled.includes("uninstall") ? tryAndTakeBack(sql, filled) : sql.unsafe(filled);
        await run.catch((error: unknown) => failed.push(`${name}: ${error}: ${statement}`));
      }
    }
    assertEquals(failed, []);
    assert(count > 30, `${count}`);
  }));

/** What takes the sync out is taken back, for the commands after it. */
async function tryAndTakeBack(sql: postgres.Sql, statement: string): Promise<void> {
  const takenBack = new Error("taken back");
  const tried = sql.begin(async (tx) => {
    await tx.unsafe(statement);
    throw takenBack;
  });
  await tried.catch((error: unknown) => {
    if (error !== takenBack) throw error;
  });
}

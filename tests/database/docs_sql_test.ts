import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { allPages } from "../support/docs/pages.ts";
import { insertBusiness } from "../support/fixtures.ts";

/** A statement in a line of text, and one that a shell hands to psql. */
const inText = /`((?:select|update|delete|insert|alter|drop|create) [^`]*;)`/g;
const ofPsql = /^psql "\$DB_URL" -c "([^"]*)"/gm;

Deno.test("each SQL command of the docs runs on a database with a business in it", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await sql`select zoho_sync.fold_outbox()`;
    const failed: string[] = [];
    let count = 0;
    for (const { path, text } of allPages()) {
      for (
        const [, statement = ""] of [/^ *```sql\n([^]*?)```/gm, inText, ofPsql].flatMap((form) => [
          ...text.matchAll(form),
        ])
      ) {
        count++;
        // Placeholders such as <deal id>.
        const filled = statement.replace(/<[a-z ]+ id>/g, crypto.randomUUID());
        const takesBack = /uninstall|^rollback;$/m.test(filled);
        const run = takesBack ? tryAndTakeBack(sql, filled) : sql.unsafe(filled);
        await run.catch((error: unknown) => failed.push(`${path}: ${error}: ${statement}`));
      }
    }
    assertEquals(failed, []);
    assert(count > 60, `${count}`);
  }));

/** What takes the sync out, or is only tried, is taken back, for the commands after it. */
async function tryAndTakeBack(sql: postgres.Sql, statement: string): Promise<void> {
  const takenBack = new Error("taken back");
  const tried = sql.begin(async (tx) => {
    await tx.unsafe(statement.replaceAll(/^(begin|rollback);$/gm, ""));
    throw takenBack;
  });
  await tried.catch((error: unknown) => {
    if (error !== takenBack) throw error;
  });
}

import { assert, assertEquals, assertThrows } from "@std/assert";
import { vaultSql } from "../../cli/vault.ts";

const good: Record<string, string> = {
  PROJECT_URL: "https://abcdefghijklmnopqrst.supabase.co",
  ZOHO_SYNC_KEY: "sb_secret_abc-DEF_123",
};
const sqlOf = (changed: Record<string, string | undefined> = {}) =>
  vaultSql((name) => ({ ...good, ...changed })[name]);

Deno.test("the SQL stores both values under the names that the doorbell reads", () => {
  const sql = sqlOf();
  assert(sql.includes(`('project_url', '${good.PROJECT_URL}')`), sql);
  assert(sql.includes(`('zoho_sync_key', '${good.ZOHO_SYNC_KEY}')`), sql);
  assertEquals(sqlOf({ PROJECT_URL: `${good.PROJECT_URL}/` }), sql);
});

Deno.test("a value that is missing or could end the SQL string is refused by its name and not repeated", () => {
  const broken: [string, string | undefined][] = [
    ["PROJECT_URL", undefined],
    ["PROJECT_URL", "ftp://somewhere"],
    ["ZOHO_SYNC_KEY", ""],
    ["ZOHO_SYNC_KEY", "eyJhbGciOiJIUzI1NiJ9.legacy"],
    ["ZOHO_SYNC_KEY", "sb_secret_'; drop table contracts; --"],
  ];
  for (const [variable, value] of broken) {
    const { message } = assertThrows(() => sqlOf({ [variable]: value }), Error);
    assert(message.startsWith(variable), message);
    assert(!value || !message.includes(value), message);
  }
});

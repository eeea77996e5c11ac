import { assertEquals, assertMatch } from "@std/assert";
import { type DatabaseState, refusalOf } from "../../local/existing_database.ts";

// Which databases `task start --database` starts with: a good one, and one thing about it changed.

const local = "postgres://postgres:postgres@127.0.0.1:54322/postgres";
const good: DatabaseState = { isOurs: true, projectHost: null, mappings: 0, vaultUrl: null };

Deno.test("a migrated, unused database on this machine is used", () => {
  for (const url of [local, "postgres://u@localhost/db", "postgres://u@[::1]:5432/db"]) {
    assertEquals(refusalOf(url, good, false), null, url);
  }
  assertEquals(refusalOf(local, { ...good, vaultUrl: "http://127.0.0.1:54321" }, false), null);
});

const copies: [what: string, state: Partial<DatabaseState>, says: RegExp][] = [
  ["a pin", { projectHost: "x.supabase.co" }, /pinned to x\.supabase\.co/],
  ["a pin of a local stack", { projectHost: "localhost" }, /pinned to localhost/],
  ["mappings", { mappings: 12 }, /12 mappings/],
  ["a Vault that rings a project", { vaultUrl: "https://x.supabase.co" }, /rings x\.supabase\.co/],
];
for (const [what, state, says] of copies) {
  Deno.test(`a database with ${what} is refused unless it is adopted as a copy`, () => {
    assertMatch(refusalOf(local, { ...good, ...state }, false) ?? "", says);
    assertEquals(refusalOf(local, { ...good, ...state }, true), null);
  });
}

Deno.test("a hosted address and a database without our schema are refused, as a copy too", () => {
  const hosted = [
    "postgres://postgres@db.x.supabase.co/postgres",
    "postgres://u@aws-0-eu.pooler.supabase.com:6543/postgres",
  ];
  for (const url of [...hosted, "postgres://u@10.0.0.5/db"]) {
    for (const asCopy of [true, false]) assertMatch(refusalOf(url, good, asCopy) ?? "", /not this machine/);
  }
  assertMatch(refusalOf(local, { ...good, isOurs: false }, true) ?? "", /migrations/);
});

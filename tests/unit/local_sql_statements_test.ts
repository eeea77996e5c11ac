import { assertEquals } from "@std/assert";
import { splitStatements } from "../../local/sql_statements.ts";

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.text);

Deno.test("a semicolon inside a string, a name, a comment or a body ends nothing", () => {
  const whole = [
    `select ';', "a;b" -- one; two\n, 3`,
    `do $$ begin perform 1; end $$`,
    `do $outer$ begin execute $$ select 1; $$; end $outer$`,
    `select 'it''s; fine', E'\\';'`,
    `/* a; b */ select 1`,
    `create function f() returns int begin atomic select 1; select 2; end`,
  ];
  for (const sql of whole) assertEquals(texts(`${sql};`), [sql]);
});

Deno.test("a comment alone is no statement", () => {
  assertEquals(texts("-- nothing here; really\n/* nor; here */\n;\n"), []);
});

Deno.test("each statement has the line it begins on", () => {
  const lines = splitStatements("select 1;\n\n-- why\nselect 2;\nselect\n3").map((statement) =>
    statement.line
  );
  assertEquals(lines, [1, 3, 5]);
});

import { assertEquals, assertThrows } from "@std/assert";
import { parseCoql } from "../../local/zoho/coql/parse.ts";
import { Refused } from "../../local/zoho/http/reply.ts";

const rules = { quotes: "both", pairwise: true } as const;

function codeOf(run: () => unknown): unknown {
  const error = assertThrows(run, Refused);
  const body = error.reply.body;
  return typeof body === "object" && body !== null && "code" in body ? body.code : undefined;
}

Deno.test("a query is read with its columns, conditions, order and page", () => {
  const query = parseCoql(
    "SELECT Deal_Name, Account_Name.Account_Name AS who FROM Deals WHERE (Stage in ('A', 'B')) and " +
      "(Amount between 1 and 2 or Contract_Number is not null) ORDER BY id DESC, Stage LIMIT 10, 5",
    rules,
  );
  assertEquals(query.from, "Deals");
  assertEquals(query.select.map((item) => item.alias ?? item.field), ["Deal_Name", "who"]);
  assertEquals(query.where.kind, "and");
  assertEquals(query.orderBy, [{ field: "id", descending: true }, { field: "Stage", descending: false }]);
  assertEquals([query.offset, query.limit], [10, 5]);
});

Deno.test("a quote in a text may be escaped by a backslash or by doubling", () => {
  for (const text of ["'O\\'Brien'", "'O''Brien'"]) {
    const { where } = parseCoql(`select id from Contacts where Last_Name = ${text}`, rules);
    assertEquals(where.kind === "test" && where.values, ["O'Brien"]);
  }
});

Deno.test("a doubled quote is an error where only the backslash counts, and the other way round", () => {
  const doubled = "select id from Contacts where Last_Name = 'O''Brien'";
  assertEquals(codeOf(() => parseCoql(doubled, { ...rules, quotes: "backslash" })), "SYNTAX_ERROR");
  const escaped = "select id from Contacts where Last_Name = 'O\\'Brien'";
  assertEquals(codeOf(() => parseCoql(escaped, { ...rules, quotes: "doubled" })), "SYNTAX_ERROR");
});

Deno.test("a third condition without brackets is an error unless brackets are free", () => {
  const query = "select id from Deals where Stage = 'A' and Stage = 'B' and Stage = 'C'";
  assertEquals(codeOf(() => parseCoql(query, rules)), "SYNTAX_ERROR");
  assertEquals(parseCoql(query, { ...rules, pairwise: false }).where.kind, "and");
});

Deno.test("a query without a where clause, or with a cut text, is an error", () => {
  assertEquals(codeOf(() => parseCoql("select id from Deals", rules)), "SYNTAX_ERROR");
  assertEquals(codeOf(() => parseCoql("select id from Deals where Stage = 'A", rules)), "SYNTAX_ERROR");
  assertEquals(codeOf(() => parseCoql("select id from Deals where Stage like", rules)), "SYNTAX_ERROR");
});

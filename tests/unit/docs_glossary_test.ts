import { assert, assertEquals } from "@std/assert";
import { root, sourceFiles, withoutComments } from "../support/import_graph.ts";
import { declaredTables, sqlTexts } from "../support/docs/schema_names.ts";

const glossary = Deno.readTextFileSync(new URL("docs/glossary.md", root));
const rows = glossary.split("\n").filter((line) => /^\| (?!-|word |table )/.test(line))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
const words = rows.filter((cells) => cells.length === 3).map(([word = "", meaning = "", not = ""]) => ({
  word,
  meaning,
  not: not.split(", ").filter((each) => each !== ""),
}));
const explainedTables = rows.filter((cells) => cells.length === 2).map(([name = ""]) =>
  name.replaceAll("`", "")
);

const tables = declaredTables();
const sql = sqlTexts().join("\n");
const code = sourceFiles("supabase/functions").map(withoutComments).join("\n");

/** account_key, accountKey → account, key */
const wordsOf = (name: string) => name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().split("_");

Deno.test("every table of the sync is explained in the glossary, once", () => {
  assert(tables.length > 30, "the tables were not found");
  assertEquals(explainedTables.toSorted(), tables.map(({ name }) => name).sort());
});

Deno.test("no word is explained twice", () => {
  assert(words.length > 60, "the words were not found");
  const names = words.map(({ word }) => word);
  assertEquals(names.filter((name, at) => names.indexOf(name) !== at), []);
});

Deno.test("every word that the glossary marks as code exists", () => {
  const marked = words.flatMap(({ meaning }) =>
    [...meaning.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
  );
  const unknown = marked.filter((name) => {
    const exact = new RegExp(`(?<!\\w)${name.split(".").at(-1)}(?!\\w)`);
    return !exact.test(sql) && !exact.test(code);
  });
  assertEquals(unknown, []);
});

Deno.test("no table, column, SQL function or export is named with a word that the glossary rejects", () => {
  const rejected = new Map(words.flatMap(({ word, not }) => not.map((each) => [each, word] as const)));
  assert(rejected.size > 10, "the rejected words were not found");
  const names = [
    ...tables.flatMap(({ name, columns }) => [name.split(".")[1] ?? "", ...columns]),
    ...[...sql.matchAll(/create or replace function \w+\.(\w+)/g)].map(([, name = ""]) => name),
    ...[...code.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)].map((
      [, name = ""],
    ) => name),
  ];
  const strays = names.flatMap((name) =>
    wordsOf(name).map((each) => each.replace(/s$/, "")).filter((each) => rejected.has(each))
      .map((each) => `${name}: say ${rejected.get(each)}`)
  );
  assertEquals([...new Set(strays)], []);
});

/** Words of our columns that mean what they mean in any database. */
const plain = new Set(
  `access acknowledged action after answer answered answers api applied arrived asked asks at because
   before began body by called calls changed checked chosen circletel closed code company concurrency
   content count counts created credentials customer daily days data detail details digest displayed domain due
   duration earlier ended enqueued erased error estimated exact expires failed faults field fields finished for
   forced full function held hour id ids is key kind label last left listed made matched message minute missing
   modified ms name next normalised notified number operation optional options outcome p50 p95 payload
   person plan position previous product project quarter reason received recent refresh refreshes
   repaired request response scheduled scope seq set shown since started state succeeded table telling
   token told total type types unique until updated used zoho`
    .split(/\s+/),
);

Deno.test("each word of a column is in the glossary or has its everyday meaning", () => {
  const known = new Set(
    words.flatMap((
      { word, meaning },
    ) => [word, ...[...meaning.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)])
      .flatMap((each) => wordsOf(each.replaceAll(/\W/g, "_"))),
  );
  const isKnown = (word: string) =>
    plain.has(word) ||
    [
      word,
      word.replace(/s$/, ""),
      word.replace(/e?d$/, ""),
      word.replace(/ed$/, "e"),
      word.replace(/ing$/, "e"),
    ].some((each) => known.has(each));
  const unknown = tables.flatMap(({ name, columns }) =>
    columns.flatMap((column) =>
      wordsOf(column).filter((word) => !isKnown(word)).map((word) => `${name}.${column}: ${word}`)
    )
  );
  assertEquals(unknown, []);
});

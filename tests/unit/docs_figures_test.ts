import { assert, assertEquals } from "@std/assert";
import { root } from "../support/import_graph.ts";

const page = Deno.readTextFileSync(new URL("docs/figures.md", root));

/** A heading's own text; one of the third level is preceded by what its chapter says of all of them. */
function sections(): { title: string; text: string }[] {
  let chapter = "";
  return page.split(/^(?=##+ )/m).slice(1).map((text) => {
    const [title = ""] = text.split("\n");
    if (title.startsWith("## ")) chapter = text;
    return { title, text: title.startsWith("## ") ? text : chapter + text };
  });
}

Deno.test("every table of figures has its date, its command and the load of the machine", () => {
  const tables = sections().filter(({ text }) => /^\| --/m.test(text));
  assert(tables.length > 5, "the tables were not found");
  const bare = tables.filter(({ text }) => {
    const before = text.slice(0, text.search(/^\| --/m));
    return !(/2026-\d\d-\d\d/.test(before) && /`deno task bench/.test(before) && /\bload \d/.test(before));
  });
  assertEquals(bare.map(({ title }) => title), []);
  assert(/\d+ cores, .*EPYC/.test(page.replaceAll("\n", " ")), "the machine is not named");
});

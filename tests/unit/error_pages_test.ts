import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { errorTable, genericPage, pageOf } from "../../supabase/functions/_shared/zoho/error_table.ts";

const root = join(import.meta.dirname ?? "", "..", "..");
const pagesFolder = join(root, "docs", "errors");

/** Codes of an answer or a log row that are no decision of the table. */
const codesOutsideTheTable = ["DATABASE", "INTERRUPTED", genericPage];

const wantedPages = [...new Set([...Object.keys(errorTable), ...codesOutsideTheTable])].sort();
const index = await Deno.readTextFile(join(pagesFolder, "README.md"));
const indexedPages = [...index.matchAll(/^\| \[(\w+)\]\((\w+)\.md\)/gm)];

Deno.test("every code has a page and every page has a code", async () => {
  const pages: string[] = [];
  for await (const { name } of Deno.readDir(pagesFolder)) {
    if (name !== "README.md") pages.push(name.replace(/\.md$/, ""));
  }
  assertEquals(pages.sort(), wantedPages);
});

Deno.test("every code that Zoho or the database may send has a page", () => {
  const pages = [
    ...Object.keys(errorTable).map((code) => [code, code]),
    ["NEVER_SEEN", genericPage],
    ["UNKNOWN", genericPage],
    ["constructor", genericPage],
    ["", genericPage],
    ["HTTP_401", "HTTP_401"],
    ["HTTP_404", "RESOURCE_NOT_FOUND"],
    ["HTTP_413", "FILE_TOO_LARGE"],
    ["HTTP_418", "HTTP_4XX"],
    ["HTTP_502", "HTTP_5XX"],
    ["PGRST303", "DATABASE"],
    ["40001", "DATABASE"],
    ["UNREACHABLE", "DATABASE"],
  ] as const;
  for (const [code, page] of pages) {
    assertEquals(pageOf(code), page);
    assert(wantedPages.includes(pageOf(code)), code);
  }
});

Deno.test("every page is in the index, once, under its own name", () => {
  assertEquals(indexedPages.map(([, name]) => name).sort(), wantedPages);
  assertEquals(indexedPages.map(([, name]) => name), indexedPages.map(([, , file]) => file));
});

const sections = [
  "**What it means.** ",
  "**What happens by itself.** ",
  "**What it costs.** ",
  "**How to fix it.**",
  "**Source.** ",
];

for (const code of wantedPages) {
  Deno.test(`the page of ${code} says what it means, what happens, what it costs and how to fix it`, async () => {
    const page = await Deno.readTextFile(join(pagesFolder, `${code}.md`));
    assert(page.startsWith(`# ${code}\n\n_`), "no heading with the code and its decision");
    const places = sections.map((section) => page.indexOf(`\n${section}`));
    assert(!places.includes(-1), `without ${sections[places.indexOf(-1)]}`);
    assertEquals(places, places.toSorted((a, b) => a - b));
  });
}

for (const [code, { decision, rounds }] of Object.entries(errorTable)) {
  Deno.test(`page and index say that ${code} means ${decision}`, async () => {
    const page = await Deno.readTextFile(join(pagesFolder, `${code}.md`));
    assert(page.split("\n")[2]?.startsWith(`_${decision}`), `the page says ${page.split("\n")[2]}`);
    const row = index.split("\n").find((line) => line.startsWith(`| [${code}]`)) ?? "";
    const [, , inIndex] = row.split("|").map((cell) => cell.trim());
    assertEquals(inIndex, rounds ? `${decision}, ${rounds} rounds` : decision);
    if (rounds) assert(page.includes(`${rounds} rounds`), `the page does not speak of ${rounds} rounds`);
  });
}

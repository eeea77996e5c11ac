import { assert, assertEquals } from "@std/assert";
import { allPages } from "../support/docs/pages.ts";

const folder = "docs/decisions/";
const pages = allPages().filter(({ path }) => path.startsWith(folder));
const index = pages.find(({ path }) => path.endsWith("README.md"))?.text ?? "";
const records = pages.filter(({ path }) => !path.endsWith("README.md")).map(({ path, text }) => ({
  file: path.slice(folder.length),
  number: Number(/^# (\d+)\. \S/.exec(text)?.[1]),
  text,
}));
const rows = [...index.matchAll(/^\| \[(\d+)\]\((\S+)\)\s*\| (.*?)\s*\| (.*?)\s*\|$/gm)].map((
  [, number, file = "", decision = "", state = ""],
) => ({ number: Number(number), file, decision, state }));

Deno.test("every decision has its row in the index, in order, under its own number", () => {
  assert(records.length > 30, "the records were not found");
  assertEquals(
    rows.map(({ number, file }) => ({ number, file })),
    records.map(({ number, file }) => ({ number, file })).sort((a, b) => a.number - b.number),
  );
  for (const { file, number } of records) assertEquals(file.slice(0, 4), `${number}`.padStart(4, "0"));
});

Deno.test("a decision is one sentence in the index, and its state says whether it holds", () => {
  for (const { number, decision, state } of rows) {
    assert(/^[A-Z][^.]*\.$/.test(decision), `${number}: ${decision}`);
    assert(/^(holds|superseded by \d+)/.test(state), `${number}: ${state}`);
  }
});

Deno.test("a superseded decision names its successor, on both pages", () => {
  for (const { number, text } of records) {
    const by = /^_Superseded by \[(\d+)\]/m.exec(text)?.[1];
    const row = rows.find((each) => each.number === number);
    assertEquals(by, /^superseded by (\d+)/.exec(row?.state ?? "")?.[1], `${number}`);
  }
});

const mostLines = 30;

Deno.test(`a decision says what and why within ${mostLines} lines, besides its tables`, () => {
  for (const { file, text } of records) {
    const lines = text.trimEnd().split("\n").filter((line) => !line.startsWith("|"));
    assert(lines.length <= mostLines, `${file} has ${lines.length} lines`);
    assert(/^\*\*(Decision|What was decided)/m.test(text), `${file} does not say what was decided`);
    assert(/^\*\*Why/m.test(text), `${file} does not say why`);
  }
});

import { assert, assertEquals } from "@std/assert";
import { readRefusal } from "../../dashboard/src/api/error.ts";
import { arc } from "../../dashboard/src/charts/arc.ts";
import { ticks, upwards } from "../../dashboard/src/charts/scale.ts";
import { linkTo, readRoute } from "../../dashboard/src/route/route.ts";
import { markdownBlocks, spansOf } from "../../dashboard/src/ui/markdown_blocks.ts";
import { age, duration, percent, valueText } from "../../dashboard/src/ui/words.ts";

Deno.test("a link comes back as the page, the rest and the filters that made it", () => {
  const link = linkTo("contract", "CT/2026 1", { tab: "history", empty: "" });
  assertEquals(link, "#/contract/CT%2F2026%201?tab=history");
  const { page, rest, query } = readRoute(link);
  assertEquals([page, rest, query.get("tab")], ["contract", "CT/2026 1", "history"]);
  assertEquals(readRoute("").page, "overview");
  assertEquals(readRoute("#/contract/%E0%A4%A").rest, "%E0%A4%A");
});

Deno.test("an age is its two largest units", () => {
  assertEquals([0, 8, 60, 754, 3_600, 93_784, 8 * 86_400].map(age), [
    "0 s",
    "8 s",
    "1 min",
    "12 min",
    "1 h",
    "1 d 2 h",
    "8 d",
  ]);
});

Deno.test("durations, shares and values are formatted for people", () => {
  assertEquals([340, 2_449, 12_000, 754_000].map(duration), ["340 ms", "2.4 s", "12 s", "12 min"]);
  assertEquals([1, 0.979, 0.5].map((share) => percent(share)), ["100\u00a0%", "97.9\u00a0%", "50\u00a0%"]);
  assertEquals([null, undefined, "", 49476, true, { id: "42" }].map((value) => valueText(value)), [
    "",
    "",
    "",
    "49,476",
    "true",
    "42",
  ]);
});

Deno.test("an axis has few round marks, from nought to above the largest value", () => {
  assertEquals(ticks(228), [0, 100, 200, 300]);
  assertEquals(ticks(3), [0, 1, 2, 3]);
  assertEquals(ticks(0), [0, 1]);
  for (const largest of [1, 7, 99, 1234, 0.4]) assert((ticks(largest).at(-1) ?? 0) >= largest);
  assertEquals([0, 5, 10].map(upwards(10, 100)), [100, 50, 0]);
});

Deno.test("the dial's arc goes the long way round from a little below nought to full", () => {
  assert(/^M\S+ \S+A86 86 0 1 1 /.test(arc(0, 1)));
  assert(/^M\S+ \S+A86 86 0 0 1 /.test(arc(0, 0.3)));
});

Deno.test("a refusal is parsed if it has the known shape; anything else is unknown", () => {
  assertEquals(readRefusal({ error: { code: "A", message: "b", hint: "c", other: 1 } }), {
    code: "A",
    message: "b",
    hint: "c",
  });
  for (const body of [null, "<html>", {}, { error: "x" }, { error: { code: 1 } }]) {
    assertEquals(readRefusal(body).code, "UNKNOWN");
  }
});

Deno.test("an error page is parsed into text, lists, tables and code, without its heading", () => {
  const page =
    "# CODE\n\n_fix_mapping · one record_\n\n**How.** See [there](x.md) and `this`.\n\n- one\n  more\n- two\n\n" +
    "| a | b |\n| - | - |\n| 1 | 2 |\n\n```sql\nselect 1;\n\nselect 2;\n```\n";
  assertEquals(markdownBlocks(page), [
    { kind: "text", text: "**How.** See [there](x.md) and `this`." },
    { kind: "list", items: ["one\n  more", "two"] },
    { kind: "table", header: ["a", "b"], rows: [["1", "2"]] },
    { kind: "code", text: "select 1;\n\nselect 2;" },
  ]);
  assertEquals(spansOf("**How.** See [there](x.md) and `this`."), [
    { kind: "strong", text: "How." },
    { kind: "plain", text: " See " },
    { kind: "link", text: "there", to: "x.md" },
    { kind: "plain", text: " and " },
    { kind: "code", text: "this" },
    { kind: "plain", text: "." },
  ]);
});

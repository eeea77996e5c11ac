import { assertEquals } from "@std/assert";
import { summaryOf } from "../support/summary.ts";

Deno.test("the counts are read with steps, colours and other lines around them", () => {
  const output =
    "it says 1 passed | 7 failed\n\n\x1b[0m\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed | 1 ignored (2s)\n";
  assertEquals(summaryOf(output), { passed: 12, failed: 0 });
});

Deno.test("a run that never counted has no summary", () => {
  assertEquals(summaryOf("error: Type checking failed.\n"), undefined);
});

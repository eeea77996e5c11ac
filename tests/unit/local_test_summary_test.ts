import { assertEquals } from "@std/assert";
import { failedFilesOf, summaryOf } from "../support/summary.ts";

Deno.test("the counts are read with steps, colours and other lines around them", () => {
  const output =
    "it says 1 passed | 7 failed\n\n\x1b[0m\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed | 1 ignored (2s)\n";
  assertEquals(summaryOf(output), { passed: 12, failed: 0 });
});

Deno.test("a run that never counted has no summary", () => {
  assertEquals(summaryOf("error: Type checking failed.\n"), undefined);
});

Deno.test("the files of the tests that failed are named once each", () => {
  const output = "./tests/a_test.ts => works ... FAILED (1s)\n\n\x1b[1m FAILURES \x1b[0m\n\n" +
    "works => ./tests/a_test.ts:3:6\nworks, too => ./tests/a_test.ts:9:6\nsums => ./tests/unit/b_test.ts:1:6\n";
  assertEquals(failedFilesOf(output), ["./tests/a_test.ts", "./tests/unit/b_test.ts"]);
  assertEquals(failedFilesOf("ok | 3 passed | 0 failed"), []);
});

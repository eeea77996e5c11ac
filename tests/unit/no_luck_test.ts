import { assertEquals } from "@std/assert";
import { sourceFiles, withoutComments } from "../support/import_graph.ts";

// A test is green because the product is right, not because the machine was quiet. How fast something is belongs to
// `deno task bench`.

const files = sourceFiles("tests").filter((file) => file.endsWith("_test.ts"));

/** Tests that read a clock and that a slow machine cannot make fail. */
const allowed = new Set([
  // At least so long: load only makes it longer.
  "tests/functions/zoho_simulator_faults_test.ts",
]);

Deno.test("no test measures elapsed time", () => {
  const strays = files.filter((file) =>
    !allowed.has(file) && /\bperformance\.now\(/.test(withoutComments(file))
  );
  assertEquals(strays, []);
});

Deno.test("every exception is still in use", () => {
  assertEquals([...allowed].filter((file) => !/\bperformance\.now\(/.test(withoutComments(file))), []);
});

Deno.test("a test that waits uses until(), which names what it waits for and what it last saw", () => {
  const strays = files.filter((file) => {
    const code = withoutComments(file);
    return /while \(true\)|for \(;;\)/.test(code) && /\bsetTimeout\(|\bdelay\(/.test(code);
  });
  assertEquals(strays, []);
});

Deno.test("a time limit is set by until() alone, and by benchmarks", () => {
  const own = files.filter((file) => /\bceilingMs\b|\btimeoutMs: \d.*what:/.test(withoutComments(file)));
  assertEquals(own, []);
});

import { assert, assertEquals } from "@std/assert";
import { cyclesIn, importGraph } from "../support/import_graph.ts";

// Files can be moved one at a time only while no two need each other.

const graph = importGraph(["supabase/functions", "cli", "dashboard", "local", "tests"]);

/** What each part of the repository may import besides itself. */
const parts: Record<string, RegExp> = {
  "supabase/functions/": /^(?!)/,
  // The simulator shares no code with what it is there to check; how long a minute is both may know.
  "local/": /^supabase\/functions\/_shared\/platform\/duration\.ts$/,
  "cli/": /^supabase\/functions\/_shared\//,
  // Types only: nothing of the functions comes into the page.
  "dashboard/": /^supabase\/functions\/_shared\/admin\/answers\.ts$/,
};

Deno.test("imports form no cycle", () => {
  assert(graph.size > 500, "the files were not found");
  assertEquals(cyclesIn(graph), []);
});

Deno.test("every relative import names an existing file", () => {
  const names = new Set(graph.keys());
  const missing = [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => /\.tsx?$/.test(target) && !names.has(target)).map((each) => `${file}: ${each}`)
  );
  assertEquals(missing, []);
});

for (const [part, others] of Object.entries(parts)) {
  Deno.test(`${part} imports nothing from above it`, () => {
    const mine = [...graph].filter(([file]) => file.startsWith(part));
    assert(mine.length > 0, "the files were not found");
    const strays = mine.flatMap(([file, targets]) =>
      targets.filter((target) => !target.startsWith(part) && !others.test(target)).map((each) =>
        `${file}: ${each}`
      )
    );
    assertEquals(strays, []);
  });
}

Deno.test("a folder of tests imports only its own helpers and those of tests/support", () => {
  const folderOf = (file: string) => /^tests\/(\w+)\//.exec(file)?.[1];
  const strays = [...graph].flatMap(([file, targets]) => {
    const own = folderOf(file);
    if (own === undefined) return [];
    return targets.filter((target) => {
      const other = folderOf(target);
      return target.startsWith("tests/") && other !== own && other !== "support";
    }).map((target) => `${file}: ${target}`);
  });
  assertEquals(strays, []);
});

Deno.test("an import cycle is found, and a file that imports itself", () => {
  const ring = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["a", "d"]], ["d", []], ["e", ["e"]]]);
  assertEquals(cyclesIn(ring), [["a", "b", "c"], ["e"]]);
  assertEquals(cyclesIn(new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]])), []);
});

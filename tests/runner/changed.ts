import type { ImportGraph } from "../support/import_graph.ts";

/** Changes that no import shows: what runs in another process, or in the database. */
const wide: { changed: RegExp; tests: RegExp }[] = [
  {
    changed: /^(supabase\/(schemas|migrations)\/|supabase\/[^/]+$|local\/(?!zoho\/)|deno\.(json|lock)$)/,
    tests: /^tests\/(database|functions|flows|chaos|random)\//,
  },
  { changed: /^(supabase\/functions|local\/zoho)\//, tests: /^tests\/(functions|flows|chaos|random)\// },
  { changed: /^cli\//, tests: /^tests\/(functions\/(connect|doctor)|flows\/.*command)/ },
];

/**
 * The test files that a change may touch: by the import graph, by the table above, and every unit test, since some of
 * them read the whole tree and all of them together take seconds.
 */
export function testsTouchedBy(changed: string[], graph: ImportGraph): string[] {
  const tests = [...graph.keys()].filter((file) =>
    /_test\.ts$/.test(file) && !file.startsWith("tests/browser/")
  );
  if (changed.length === 0) return [];
  const patterns = wide.filter((rule) => changed.some((file) => rule.changed.test(file)));
  return tests.filter((test) =>
    test.startsWith("tests/unit/") ||
    patterns.some((rule) => rule.tests.test(test)) ||
    changed.some((file) => reaches(graph, test, file))
  );
}

/** Whether a file imports the other, itself or through others. */
export function reaches(graph: ImportGraph, from: string, target: string): boolean {
  const seen = new Set<string>([from]);
  for (const file of seen) {
    if (file === target) return true;
    for (const next of graph.get(file) ?? []) seen.add(next);
  }
  return false;
}

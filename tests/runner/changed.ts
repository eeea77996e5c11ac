import type { ImportGraph } from "../support/import_graph.ts";

/** A test that runs a file of the project as a process of its own, and what starts the functions and the simulator. */
const started = new Map<string, RegExp>([
  ["local/functions.ts", /^supabase\/functions\/[^/]+\/index\.ts$/],
  ["local/zoho_process.ts", /^local\/zoho\/main\.ts$/],
  ["tests/flows/reconcile_command_test.ts", /^cli\/reconcile\.ts$/],
  ["tests/functions/local_stack_processes_test.ts", /^local\/start\.ts$/],
  ["tests/runner/temp_folder_test.ts", /^tests\/run\.ts$/],
]);

/** What is no TypeScript: a change of it is one of the files that read it. */
const readBy: { changed: RegExp; files: string[] }[] = [
  {
    changed: /^supabase\/(schemas|migrations)\/|^supabase\/[^/]+$|^local\/(sql|extensions)\//,
    files: ["local/database.ts"],
  },
  { changed: /^supabase\/functions\/[^/]+\/deno\.json$/, files: ["local/functions.ts"] },
  { changed: /^docs\//, files: ["tests/database/docs_sql_test.ts", "tests/database/schedule_test.ts"] },
];

const touchesEverything = /^deno\.(json|lock)$/;

/**
 * The test files that a change may touch: by the import graph, by the tables above, and every unit test, since some of
 * them read the whole tree and all of them together take seconds.
 */
export function testsTouchedBy(changed: string[], imports: ImportGraph): string[] {
  if (changed.length === 0) return [];
  const tests = [...imports.keys()].filter((file) =>
    /_test\.ts$/.test(file) && !file.startsWith("tests/browser/")
  );
  if (changed.some((file) => touchesEverything.test(file))) return tests;
  const graph = withStarted(imports);
  const targets = new Set(changed.flatMap(readersOf));
  return tests.filter((test) =>
    test.startsWith("tests/unit/") || [...reachedBy(graph, test)].some((file) => targets.has(file))
  );
}

const readersOf = (file: string): string[] => [
  file,
  ...readBy.filter((rule) => rule.changed.test(file)).flatMap(({ files }) => files),
];

function withStarted(imports: ImportGraph): ImportGraph {
  const files = [...imports.keys()];
  return new Map([...imports].map(([file, imported]) => {
    const pattern = started.get(file);
    return [file, pattern ? [...imported, ...files.filter((other) => pattern.test(other))] : imported];
  }));
}

/** Whether a file imports the other, itself or through others. */
export function reaches(graph: ImportGraph, from: string, target: string): boolean {
  return reachedBy(graph, from).has(target);
}

function reachedBy(graph: ImportGraph, from: string): Set<string> {
  const seen = new Set<string>([from]);
  for (const file of seen) {
    for (const next of graph.get(file) ?? []) seen.add(next);
  }
  return seen;
}

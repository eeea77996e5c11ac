/** The repository, with a slash at its end. */
export const root = new URL("../../", import.meta.url);

export interface ImportLine {
  /** As written: a path or the name of a package. */
  specifier: string;
  isTypeOnly: boolean;
}

/** Which files each file imports; paths from the root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const skipped = new Set(["node_modules", "dist", ".stack", ".git"]);

/** The TypeScript files below a folder of the repository, in order. */
export function sourceFiles(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, root))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return skipped.has(name) ? [] : sourceFiles(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  }).sort();
}

/** A file's text without its comments. */
export function withoutComments(file: string): string {
  const text = Deno.readTextFileSync(new URL(file, root));
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** The import and re-export statements of a file, and its import() expressions. */
export function importLines(code: string): ImportLine[] {
  const statement = /^\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']/gm;
  const bare = /^\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  return [
    ...[...code.matchAll(statement)].map(([, type, from = ""]) => (
      { specifier: from, isTypeOnly: type !== undefined }
    )),
    ...[...code.matchAll(bare)].map(([, first, second]) => (
      { specifier: first ?? second ?? "", isTypeOnly: false }
    )),
  ];
}

/** The path that a relative specifier means. */
export function resolve(file: string, specifier: string): string {
  return new URL(specifier, new URL(file, root)).href.slice(root.href.length);
}

export function importGraph(folders: string[]): ImportGraph {
  return new Map(
    folders.flatMap(sourceFiles).map((file) => [
      file,
      importLines(withoutComments(file))
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => resolve(file, specifier)),
    ]),
  );
}

/**
 * Groups of files that import each other, directly or in a ring (Tarjan's strongly connected components); each sorted,
 * so that a message names the same files every time.
 */
export function cyclesIn(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    const mine = order.size;
    order.set(file, mine);
    let low = mine;
    open.push(file);
    const targets = graph.get(file) ?? [];
    for (const target of targets) {
      if (!graph.has(target)) continue;
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    if (low !== mine) return low;
    const ring = open.splice(open.indexOf(file));
    if (ring.length > 1 || targets.includes(file)) cycles.push(ring.sort());
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return cycles;
}

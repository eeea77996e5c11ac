import { dirname, join, relative } from "node:path";

/** The current text of the database, one file per table or public function. */
const SCHEMAS = join(import.meta.dirname ?? "", "..", "supabase", "schemas");

// Later text may name what earlier text makes. Bodies of functions are not checked when they are made
// (check_function_bodies is off), so among themselves their order is free.
const PHASES: ((path: string) => boolean)[] = [
  (path) => path.startsWith("setup/"),
  (path) => dirname(path).endsWith("/tables"),
  (path) => !path.startsWith("finish/"),
  (path) => path.startsWith("finish/"),
];

export interface SchemaFile {
  /** Below `supabase/schemas`, with slashes. */
  path: string;
  text: string;
}

/** Every file in the order in which it can be applied. */
export async function schemaFiles(): Promise<SchemaFile[]> {
  const files: SchemaFile[] = [];
  for await (const path of sqlFiles(SCHEMAS)) {
    files.push({ path: relative(SCHEMAS, path).replaceAll("\\", "/"), text: await Deno.readTextFile(path) });
  }
  const phase = ({ path }: SchemaFile) => PHASES.findIndex((belongs) => belongs(path));
  // Within a phase a table that refers to another one comes after those that do not.
  const refers = ({ path, text }: SchemaFile) =>
    Number(/\/tables\//.test(path) && /\breferences\s/.test(text));
  return files.sort((a, b) => phase(a) - phase(b) || refers(a) - refers(b) || (a.path < b.path ? -1 : 1));
}

async function* sqlFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sqlFiles(path);
    else if (entry.name.endsWith(".sql")) yield path;
  }
}

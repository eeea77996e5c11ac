import { assert, assertEquals } from "@std/assert";
import { codeOnly } from "../support/code_only.ts";
import { root, sourceFiles } from "../support/import_graph.ts";

// One name, one meaning: a reader who searches for an exported name finds one declaration.

/** Generated, not written. */
const generated = "supabase/functions/_shared/platform/database.types.ts";

const declaration =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) (\w+)/gm;

/** What a file declares and exports; `export … from` passes on what another file declares. */
function exportedNames(code: string): string[] {
  return [...new Set([...code.matchAll(declaration)].map(([, name = ""]) => name))];
}

const code = new Map(
  ["supabase/functions", "cli", "local", "dashboard/src", "tests"].flatMap(sourceFiles)
    .filter((file) => file !== generated)
    .map((file) => [file, codeOnly(Deno.readTextFileSync(new URL(file, root)))]),
);

Deno.test("each exported name is exported by one file", () => {
  const filesOf = new Map<string, string[]>();
  for (const [file, text] of code) {
    for (const name of exportedNames(text ?? "")) filesOf.set(name, [...filesOf.get(name) ?? [], file]);
  }
  assert(filesOf.size > 1000, "the exports were not found");
  const twice = [...filesOf].filter(([, files]) => files.length > 1);
  assertEquals(twice.map(([name, files]) => `${name}: ${files.join(", ")}`), []);
});

Deno.test("every exported declaration begins its line, with its name beside the keyword", () => {
  const strays = [...code].flatMap(([file, text]) => {
    if (text === undefined) return [`${file}: a template does not end`];
    const all = text.match(/^\s*export (?!(?:type |default )?[{*])/gm) ?? [];
    return all.length === [...text.matchAll(declaration)].length ? [] : [file];
  });
  assertEquals(strays, []);
});

Deno.test("exportedNames: text in strings, templates, comments and patterns declares nothing", () => {
  const file = [
    "export const first = `",
    "export const inTemplate = ${[`${'}'}`, { a: '`' }].join()};",
    "`;",
    "/*",
    "export type InComment = 1; ` */",
    "const pattern = /[`/]/; // it's `",
    "export interface Second {}",
    "export type Second = string;",
    'export { third } from "./third.ts";',
    "export async function fourth() {}",
  ].join("\n");
  assertEquals(exportedNames(codeOnly(file) ?? ""), ["first", "Second", "fourth"]);
});

import { root } from "../import_graph.ts";

/** A page of Markdown, by its path from the root of the repository. */
export interface DocPage {
  path: string;
  text: string;
}

/** Every page of the repository, by path. */
export function allPages(): DocPage[] {
  return [...paths("")].sort().map((path) => ({ path, text: Deno.readTextFileSync(new URL(path, root)) }));
}

/** A page without its fenced blocks, and without the brackets in its code spans. */
export function proseOf(text: string): string {
  return text.replaceAll(/^([ \t]*)```[^]*?^\1```/gm, "")
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ""));
}

/** The anchors of a page's headings as GitHub makes them: lower case, without punctuation, blanks as hyphens. */
export function anchorsOf(text: string): string[] {
  return [...proseOf(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-")
  );
}

function* paths(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (name === "node_modules" || name.startsWith(".")) continue;
    if (isDirectory) yield* paths(`${folder}${name}/`);
    else if (name.endsWith(".md")) yield folder + name;
  }
}

import { dirname, join, normalize } from "node:path";
import { root } from "../import_graph.ts";
import { anchorsOf, type DocPage, proseOf } from "./pages.ts";

/** The targets of a page's links to files and headings of the repository. */
export function linksOf({ text }: DocPage): string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The file that a link of a page leads to. */
export function fileOf({ path }: DocPage, link: string): string {
  const [target = ""] = link.split("#");
  return target === "" ? path : normalize(join(dirname(path), target));
}

/** Why a link of a page leads nowhere; null when it leads somewhere. */
export function faultOfLink(page: DocPage, link: string): string | null {
  const file = fileOf(page, link);
  const anchor = link.split("#")[1];
  try {
    Deno.statSync(new URL(file, root));
  } catch {
    return "there is no such file";
  }
  if (anchor === undefined || !file.endsWith(".md")) return null;
  const text = file === page.path ? page.text : Deno.readTextFileSync(new URL(file, root));
  return anchorsOf(text).includes(anchor) ? null : "there is no such heading";
}

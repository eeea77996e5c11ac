import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dirname ?? "", "..", "..", "..");

/** Every link of our pages to another page, a file or a heading leads somewhere. Null, or those that do not. */
export async function checkLinks(): Promise<string | null> {
  const faults: string[] = [];
  for (const page of await pages(root)) {
    const text = await Deno.readTextFile(join(root, page));
    for (const [, target = ""] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const fault = await faultOf(page, text, target);
      if (fault) faults.push(`${page}: ${target}: ${fault}`);
    }
  }
  return faults.length === 0 ? null : faults.join("\n");
}

async function faultOf(page: string, text: string, target: string): Promise<string | null> {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : normalize(join(dirname(page), path));
  const info = await Deno.stat(join(root, file)).catch(() => null);
  if (info === null) return "there is no such file";
  if (anchor === undefined || !file.endsWith(".md")) return null;
  const there = path === "" ? text : await Deno.readTextFile(join(root, file));
  return anchors(there).includes(anchor) ? null : "there is no such heading";
}

/** As GitHub makes them: lower case, without punctuation, blanks as hyphens. */
function anchors(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-")
  );
}

const withoutCode = (text: string) =>
  text.replaceAll(/^([ \t]*)```[^]*?^\1```/gm, "").replaceAll(
    /`[^`\n]*`/g,
    (code) => code.replaceAll(/[[\]()]/g, ""),
  );

async function pages(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    if (name === "node_modules" || name.startsWith(".")) continue;
    const path = join(below, name);
    if (isDirectory) found.push(...await pages(folder, path));
    else if (name.endsWith(".md")) found.push(path);
  }
  return found.sort();
}

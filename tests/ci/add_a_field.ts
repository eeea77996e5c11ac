import { join } from "node:path";
import { type FencedBlock, fencedBlocksOf } from "../support/docs/blocks.ts";
import { openShell } from "./doc/shell.ts";

const root = join(import.meta.dirname ?? "", "..", "..");
const page = join(root, "docs", "add-a-field.md");

/** What the commands of the page read of the repository. */
const copied = ["cli", "docs", "local", "supabase", "tests", "deno.json", "deno.lock"];

/**
 * Does what docs/add-a-field.md says in a copy of the repository: its edits to the letter, then its commands, whose tests go
 * over every declared field. Null when the new field got from its column into the simulated org and back.
 */
export async function followAddAField(): Promise<string | null> {
  const blocks = fencedBlocksOf(await Deno.readTextFile(page));
  const folder = await Deno.makeTempDir({ prefix: "add-a-field-" });
  try {
    for (const name of copied) await run("cp", "-a", join(root, name), folder);
    await Deno.symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const edits = blocks.filter(({ language }) => language === "diff").map(editOf);
    for (const edit of edits) await apply(folder, edit);
    const name = /^\+\s+(\w+): field\(/m.exec(blocks.map(({ text }) => text).join("\n"))?.[1];
    const shell = openShell({ folder, bin: join(folder, "local") });
    for (const block of blocks.filter(({ language }) => language === "sh")) {
      const { success, output } = await shell.run(`set -x\n${block.text}`);
      if (!success) return `docs/add-a-field.md:${block.line} failed:\n${output}`;
      if (!new RegExp(`${name} of Deals is "fibre" .*ok`).test(output)) return `no ${name} in:\n${output}`;
    }
    const table = await Deno.readTextFile(join(folder, "docs", "fields.md"));
    if (!table.includes(`| ${name?.replaceAll("_", " ")} `)) return "the table of fields does not have it";
    console.log(`  ${new Set(edits.map(({ file }) => file)).size} files touched by hand`);
    return null;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Edit {
  file: string;
  /** What is there, and what takes its place. */
  hunks: { before: string; after: string }[];
}

/** A file's name and its hunks, an empty line before each: lines that stay, those that go (-) and those that come (+). */
function editOf({ text }: FencedBlock): Edit {
  const [file = "", ...hunks] = text.split(/\n\n/);
  const side = (hunk: string, mark: string) =>
    hunk.split("\n").filter((line) => line.startsWith(" ") || line.startsWith(mark))
      .map((line) => line.slice(1)).join("\n");
  return { file, hunks: hunks.map((hunk) => ({ before: side(hunk, "-"), after: side(hunk, "+") })) };
}

async function apply(folder: string, { file, hunks }: Edit): Promise<void> {
  const path = join(folder, file);
  let text = await Deno.readTextFile(path);
  for (const { before, after } of hunks) {
    const found = text.split(before).length - 1;
    if (before === "" || found !== 1) {
      throw new Error(`${file} has this ${found} times, not once:\n${before}`);
    }
    text = text.replace(before, () => after);
  }
  await Deno.writeTextFile(path, text);
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

if (import.meta.main) {
  const fault = await followAddAField();
  if (fault !== null) console.error(fault);
  Deno.exit(fault === null ? 0 : 1);
}

import { assertEquals } from "@std/assert";
import { startZoho } from "../../local/zoho/mod.ts";
import { type FencedBlock, fencedBlocksOf } from "../support/docs/blocks.ts";
import { root } from "../support/import_graph.ts";

const page = await Deno.readTextFile(new URL("docs/local-stack.md", root));
const part = page.slice(
  page.indexOf("## Any Zoho client"),
  page.indexOf("## A copy of a project's database"),
);

/** What a reader does again, as the page says, where the token has been revoked. */
const newToken = /^TOKEN=[^]*?\/'\)$/m.exec(part)?.[0] ?? "";

/** Each block of commands with what the page says it prints, where it says so. */
function pairs(blocks: FencedBlock[]): { commands: string; printed: string[] }[] {
  return blocks.flatMap(({ language, text }, at) => {
    if (language !== "sh") return [];
    const next = blocks[at + 1];
    const printed = next?.language === "" ? next.text.split("\n") : [];
    return [{ commands: text, printed: printed.map((line) => line.replace(/^→ /, "")) }];
  });
}

/** A printed line as a pattern: … is anything, and ids and moments are others each time. */
function patternOf(line: string): RegExp {
  const escaped = line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const loose = escaped.replaceAll("…", ".*").replaceAll(/\d{15,}/g, "\\d+")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+\\\+\d\d:\d\d/g, "[\\d:T+-]+");
  return new RegExp(`^\\s*${loose}$`);
}

Deno.test("the simulator prints what docs/local-stack.md says, command by command", async () => {
  const zoho = await startZoho({ port: 0 });
  const steps = pairs(fencedBlocksOf(part));
  const script = steps.map(({ commands }, at) =>
    `echo "@@${at}"\n${/credits/.test(commands) ? `${newToken}\n` : ""}${commands}\n`
  ).join("").replaceAll("http://127.0.0.1:8890", zoho.url);
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script], stderr: "null" }).output()
    .finally(() => zoho.stop());
  const outputs = new TextDecoder().decode(stdout).split(/^@@\d+\n/m).slice(1);
  assertEquals(outputs.length, steps.length);
  for (const [at, { commands, printed }] of steps.entries()) {
    const lines = (outputs[at] ?? "").split("\n");
    for (const line of printed) {
      const found = lines.findIndex((each) => patternOf(line).test(each));
      assertEquals(found >= 0, true, `${commands}\nprints\n${outputs[at]}\nwithout\n${line}`);
      lines.splice(0, found + 1);
    }
  }
});

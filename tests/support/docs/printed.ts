import { fencedBlocksOf } from "./blocks.ts";

/** Commands of a page, and the lines that it says they print. */
export interface Example {
  commands: string;
  printed: string[];
}

/** The examples of a part of a page: each block of shell, with the block without a language behind it. */
export function examplesOf(part: string): Example[] {
  const blocks = fencedBlocksOf(part);
  return blocks.flatMap(({ language, text }, at) => {
    if (language !== "sh") return [];
    const next = blocks[at + 1];
    const printed = next?.language === "" ? next.text.split("\n") : [];
    return [{ commands: text, printed: printed.map((line) => line.replace(/^→ /, "")) }];
  });
}

/**
 * Runs examples one after the other in one shell.
 *
 * @param prepare what a reader has done before, or does by hand in between
 * @returns what is missing of the printed lines, with what was printed instead; null when nothing is
 */
export async function followExamples(
  examples: Example[],
  { before = "", prepare = (commands) => commands }: {
    before?: string;
    prepare?: (commands: string) => string;
  },
): Promise<string | null> {
  const script = [before, ...examples.map(({ commands }, at) => `echo "@@${at}"\n${prepare(commands)}`)].join(
    "\n",
  );
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script], stderr: "null" }).output();
  const outputs = new TextDecoder().decode(stdout).split(/^@@\d+\n/m).slice(1);
  for (const [at, { commands, printed }] of examples.entries()) {
    const lines = (outputs[at] ?? "").split("\n");
    for (const line of printed) {
      const found = lines.findIndex((each) => patternOf(line).test(each));
      if (found === -1) return `${commands}\nprints\n${outputs[at]}\nwithout\n${line}`;
      lines.splice(0, found + 1);
    }
  }
  return null;
}

/** A printed line as a pattern: … is anything, and ids and moments are others each time. */
function patternOf(line: string): RegExp {
  const escaped = line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const loose = escaped.replaceAll("…", ".*").replaceAll(/\d{15,}/g, "\\d+")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+(?:\\\.\d+)?(?:Z|\\\+\d\d:\d\d)/g, "[\\d:TZ.+-]+");
  return new RegExp(`^\\s*${loose}$`);
}

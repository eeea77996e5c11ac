/** A fenced block of a page, in the order in which a reader meets it. */
export interface FencedBlock {
  language: string;
  text: string;
  line: number;
}

/** The first line of a block that needs an account says so; the reader sees it too. */
const exempt = /^(#|--) Not tried here:/;

/** The commands of a page: blocks of shell and SQL, without those that say why they are not tried. */
export function commandsOf(page: string): FencedBlock[] {
  return fencedBlocksOf(page).filter(({ language, text }) =>
    ["sh", "sql"].includes(language) && !exempt.test(text)
  );
}

export function fencedBlocksOf(page: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: (FencedBlock & { fence: string; lines: string[] }) | null = null;
  for (const [index, line] of page.split("\n").entries()) {
    const [, indent = "", marks = "", language = ""] = /^(\s*)(```+)\s*([\w-]*)/.exec(line) ?? [];
    if (open === null && marks !== "") {
      open = { language, text: "", line: index + 1, fence: indent + marks, lines: [] };
    } else if (open !== null && line.trimEnd() === open.fence) {
      const { language, line, lines, fence } = open;
      const indented = fence.length - fence.trimStart().length;
      blocks.push({ language, line, text: lines.map((each) => each.slice(indented)).join("\n") });
      open = null;
    } else open?.lines.push(line);
  }
  return blocks;
}

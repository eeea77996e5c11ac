/** What the pages of docs/ are made of. */
export type MarkdownBlock =
  | { kind: "text"; text: string }
  | { kind: "heading"; text: string }
  | { kind: "list"; items: string[] }
  | { kind: "code"; text: string }
  | { kind: "table"; header: string[]; rows: string[][] };

/** The blocks of a page, without its heading and the line of its decision. */
export function markdownBlocks(markdown: string): MarkdownBlock[] {
  return piecesOf(markdown)
    .filter((piece) => !/^# |^_.+_$|^!\[[^\]]*\]\([^)]*\)$/.test(piece))
    .map(blockOf);
}

/** Pieces between empty lines; a fence of code is one, whatever it holds. */
function piecesOf(markdown: string): string[] {
  return markdown
    .split(/(^```[\s\S]*?^```)/m)
    .flatMap((part) => (part.startsWith("```") ? [part] : part.split(/\n\s*\n/)))
    .map((piece) => piece.trim())
    .filter(Boolean);
}

function blockOf(piece: string): MarkdownBlock {
  if (piece.startsWith("```")) {
    return { kind: "code", text: piece.replace(/^```.*\n?|\n?```$/g, "") };
  }
  if (/^#+ /.test(piece)) {
    return { kind: "heading", text: piece.replace(/^#+ /, "") };
  }
  if (piece.startsWith("|")) {
    const [header = [], , ...rows] = piece.split("\n").map(cellsOf);
    return { kind: "table", header, rows };
  }
  if (/^([-*]|\d+\.) /.test(piece)) {
    const items = piece.split(/\n(?=(?:[-*]|\d+\.) )/).map((item) => item.replace(/^([-*]|\d+\.) /, ""));
    return { kind: "list", items };
  }
  return { kind: "text", text: piece };
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

export interface MarkdownSpan {
  kind: "plain" | "strong" | "code" | "link";
  text: string;
  /** Of a link: as it is written, "../operate.md#retry". */
  to?: string;
}

/** Words of a line. */
export function spansOf(text: string): MarkdownSpan[] {
  return text
    .split(/(\*\*[^*]+\*\*|`[^`]+`|!?\[[^\]]*\]\([^)]*\))/)
    .filter((part) => part !== "" && !part.startsWith("!["))
    .map((part) => {
      const link = /^\[([^\]]+)\]\(([^)]*)\)$/.exec(part);
      if (link) {
        return {
          kind: "link",
          text: (link[1] ?? "").replaceAll("`", ""),
          to: link[2] ?? "",
        };
      }
      if (part.startsWith("**")) {
        return { kind: "strong", text: part.slice(2, -2) };
      }
      if (part.startsWith("`")) {
        return { kind: "code", text: part.slice(1, -1) };
      }
      return { kind: "plain", text: part };
    });
}

/** Where a link of a page of docs/ leads: another page of it ("errors/TIMEOUT"), or an address outside; null is nowhere. */
export function leadsTo(from: string, to: string): { page: string } | { href: string } | null {
  if (/^https?:/.test(to)) return { href: to };
  const path = to.replace(/#.*$/, "");
  if (!path.endsWith(".md")) return null;
  const { pathname } = new URL(path, `https://docs/${from}`);
  return { page: pathname.replace(/^\/|\.md$/g, "") };
}

/** Text with the pages that it names ("See docs/errors/TIMEOUT.md"). */
export function pagesIn(text: string): ({ text: string } | { page: string })[] {
  return text
    .split(/(docs\/[\w/-]+\.md(?:#[\w-]+)?)/)
    .filter(Boolean)
    .map((part) => {
      const named = /^docs\/([\w/-]+)\.md/.exec(part)?.[1];
      return named === undefined ? { text: part } : { page: named };
    });
}

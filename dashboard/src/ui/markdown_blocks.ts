/** What the pages of docs/errors/ are made of. */
export type Block =
  | { kind: "text"; text: string }
  | { kind: "list"; items: string[] }
  | { kind: "code"; text: string }
  | { kind: "table"; header: string[]; rows: string[][] };

/** The blocks of a page, without its heading and the line of its decision. */
export function blocksOf(markdown: string): Block[] {
  return piecesOf(markdown)
    .filter((piece) => !/^#|^_.+_$/.test(piece))
    .map(blockOf);
}

/** Pieces between empty lines; a fence of code is one, whatever it holds. */
function piecesOf(markdown: string): string[] {
  return markdown.split(/(^```[\s\S]*?^```)/m)
    .flatMap((part) => part.startsWith("```") ? [part] : part.split(/\n\s*\n/))
    .map((piece) => piece.trim())
    .filter(Boolean);
}

function blockOf(piece: string): Block {
  if (piece.startsWith("```")) return { kind: "code", text: piece.replace(/^```.*\n?|\n?```$/g, "") };
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
  return line.replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim());
}

export interface Span {
  kind: "plain" | "strong" | "code";
  text: string;
}

/** Words of a line. Links keep their words only: they lead from page to page of the repository. */
export function spansOf(text: string): Span[] {
  return text.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
    .filter(Boolean)
    .map((part) => {
      if (part.startsWith("**")) return { kind: "strong", text: part.slice(2, -2) };
      if (part.startsWith("`")) return { kind: "code", text: part.slice(1, -1) };
      return { kind: "plain", text: part };
    });
}

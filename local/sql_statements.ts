/** One statement of a file, without its semicolon. */
export interface Statement {
  text: string;
  /** Where the statement begins in the file, counted from 1. */
  line: number;
}

// Everything a semicolon may hide in. The order matters where one could begin like another.
const PIECE = new RegExp(
  [
    /--[^\n]*/, // comment to the end of the line
    /\/\*[\s\S]*?\*\//, // comment block
    /(?<tag>\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\k<tag>/, // dollar-quoted body
    /\b[Ee]'(?:[^'\\]|''|\\[\s\S])*'/, // string with backslash escapes
    /'(?:[^']|'')*'/, // string
    /"(?:[^"]|"")*"/, // quoted name
    /\bbegin\s+atomic\b[\s\S]*?\bend\s*(?=;)/, // SQL-standard function body
    /;/,
  ].map((part) => part.source).join("|"),
  "gi",
);

/** Splits a migration into its statements, as the CLI records them. Comments stay with the statement they precede. */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  const add = (end: number) => {
    const raw = sql.slice(start, end);
    const text = raw.trim();
    if (hasSql(text)) statements.push({ text, line: lineAt(sql, start + raw.indexOf(text)) });
  };
  for (const match of sql.matchAll(PIECE)) {
    if (match[0] !== ";") continue;
    add(match.index);
    start = match.index + 1;
  }
  add(sql.length);
  return statements;
}

/** The line of a character position, both counted as people do: the first line is 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function hasSql(text: string): boolean {
  return text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim() !== "";
}

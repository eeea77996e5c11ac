import { refuseCall } from "../http/reply.ts";

export interface Token {
  kind: "word" | "string" | "number" | "sign" | "end";
  text: string;
  at: number;
}

export type QuoteRule = "backslash" | "doubled" | "both";

/** The whole query as tokens. How a quote is escaped inside a string is open question 18, so both ways are known. */
export function tokenize(query: string, quotes: QuoteRule): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const rest = query.slice(at);
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const token = rest.startsWith("'") ? readString(query, at, quotes) : readPlain(query, rest, at);
    tokens.push(token.token);
    at = token.next;
  }
  tokens.push({ kind: "end", text: "", at: query.length });
  return tokens;
}

/** SYNTAX_ERROR with the place, as Zoho gives it. */
export function syntaxError(query: string, at: number): never {
  const before = query.slice(0, at).split("\n");
  return refuseCall("SYNTAX_ERROR", "error occurred while parsing the query", {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    near: query.slice(at, at + 30),
  });
}

interface Read {
  token: Token;
  next: number;
}

const plain: [Token["kind"], RegExp][] = [
  ["number", /^-?\d+(\.\d+)?(?![\w.])/],
  ["word", /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*/],
  ["sign", /^(<=|>=|!=|<>|[=<>(),])/],
];

function readPlain(query: string, rest: string, at: number): Read {
  for (const [kind, pattern] of plain) {
    const text = pattern.exec(rest)?.[0];
    if (text !== undefined) {
      return { token: { kind, text: text === "<>" ? "!=" : text, at }, next: at + text.length };
    }
  }
  return syntaxError(query, at);
}

function readString(query: string, start: number, quotes: QuoteRule): Read {
  let text = "";
  let at = start + 1;
  while (at < query.length) {
    const sign = query[at] ?? "";
    const next = query[at + 1];
    if (sign === "\\" && quotes !== "doubled" && (next === "'" || next === "\\")) {
      text += next;
      at += 2;
    } else if (sign === "'" && next === "'" && quotes !== "backslash") {
      text += "'";
      at += 2;
    } else if (sign === "'") {
      return { token: { kind: "string", text, at: start }, next: at + 1 };
    } else {
      text += sign;
      at++;
    }
  }
  return syntaxError(query, start);
}

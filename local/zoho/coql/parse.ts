import { refuseCall } from "../http/reply.ts";
import type { Literal, Query, Selected, Test, Where } from "./query.ts";
import { type QuoteRule, syntaxError, type Token, tokenize } from "./tokens.ts";

export interface CoqlRules {
  quotes: QuoteRule;
  /** Whether `a and b and c` needs brackets around two of the three (facts §4.7). */
  pairwise: boolean;
}

const reserved = new Set([
  "from",
  "where",
  "order",
  "limit",
  "group",
  "offset",
  "and",
  "or",
  "by",
  "asc",
  "desc",
]);
const comparisons = new Set(["=", "!=", "<", "<=", ">", ">="]);

export function parseCoql(text: string, rules: CoqlRules): Query {
  return new Parser(text, rules).query();
}

/** Recursive descent over the tokens; each method reads one piece of the grammar. */
class Parser {
  readonly #text: string;
  readonly #tokens: Token[];
  readonly #pairwise: boolean;
  #next = 0;

  constructor(text: string, rules: CoqlRules) {
    this.#text = text;
    this.#pairwise = rules.pairwise;
    this.#tokens = tokenize(text, rules.quotes);
  }

  query(): Query {
    this.#keyword("select");
    const select = this.#listOf(() => this.#selected());
    this.#keyword("from");
    const from = this.#name();
    if (!this.#skip("where")) refuseCall("SYNTAX_ERROR", "missing clause", { clause: "where" });
    const where = this.#where();
    const orderBy = this.#skip("order") ? this.#orderBy() : [];
    const page = this.#skip("limit") ? this.#limit() : { offset: 0, limit: 200 };
    if (this.#peek().kind !== "end") this.#fail();
    return { select, from, where, orderBy, ...page };
  }

  #selected(): Selected {
    const field = this.#name();
    if (!this.#skip("(")) return { field, aggregate: null, alias: this.#alias() };
    const inner = this.#name();
    this.#sign(")");
    return { field: inner, aggregate: field.toUpperCase(), alias: this.#alias() };
  }

  #alias(): string | null {
    return this.#skip("as") ? this.#name() : null;
  }

  #where(): Where {
    const parts = [this.#unit()];
    let joint: "and" | "or" | undefined;
    while (true) {
      const word = this.#peek().text.toLowerCase();
      if (this.#peek().kind !== "word" || (word !== "and" && word !== "or")) break;
      if (this.#pairwise && parts.length === 2) this.#fail();
      if (joint !== undefined && joint !== word) {
        parts.splice(0, parts.length, { kind: joint, parts: [...parts] });
      }
      joint = word;
      this.#next++;
      parts.push(this.#unit());
    }
    const [only] = parts;
    return joint === undefined && only !== undefined ? only : { kind: joint ?? "and", parts };
  }

  #unit(): Where {
    if (!this.#skip("(")) return this.#test();
    const inner = this.#where();
    this.#sign(")");
    return inner;
  }

  #test(): Test {
    const field = this.#name();
    const token = this.#take();
    const word = token.text.toLowerCase();
    if (comparisons.has(token.text)) {
      return { kind: "test", field, operator: token.text as Test["operator"], values: [this.#literal()] };
    }
    if (word === "is") {
      const operator = this.#skip("not") ? "is not" : "is";
      this.#keyword("null");
      return { kind: "test", field, operator, values: [null] };
    }
    if (word !== "not") return this.#wordTest(field, word, "");
    return this.#wordTest(field, this.#take().text.toLowerCase(), "not ");
  }

  #wordTest(field: string, word: string, not: "" | "not "): Test {
    if (word === "like") return { kind: "test", field, operator: `${not}like`, values: [this.#literal()] };
    if (word === "in") {
      this.#sign("(");
      const values = this.#listOf(() => this.#literal());
      this.#sign(")");
      return { kind: "test", field, operator: `${not}in`, values };
    }
    if (word !== "between") return this.#fail(-1);
    const low = this.#literal();
    this.#keyword("and");
    return { kind: "test", field, operator: `${not}between`, values: [low, this.#literal()] };
  }

  #literal(): Literal {
    const token = this.#take();
    if (token.kind === "string") return token.text;
    if (token.kind === "number") return token.text.length > 15 ? token.text : Number(token.text);
    const word = token.text.toLowerCase();
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    return this.#fail(-1);
  }

  #orderBy(): Query["orderBy"] {
    this.#keyword("by");
    return this.#listOf(() => {
      const field = this.#name();
      const descending = this.#skip("desc");
      if (!descending) this.#skip("asc");
      return { field, descending };
    });
  }

  /** `limit n`, `limit offset, n` and `limit n offset m`. */
  #limit(): { offset: number; limit: number } {
    const first = this.#count();
    if (this.#skip(",")) return { offset: first, limit: this.#count() };
    return { limit: first, offset: this.#skip("offset") ? this.#count() : 0 };
  }

  #count(): number {
    const token = this.#take();
    const value = Number(token.text);
    return token.kind === "number" && Number.isInteger(value) && value >= 0 ? value : this.#fail(-1);
  }

  #listOf<Item>(read: () => Item): Item[] {
    const items = [read()];
    while (this.#skip(",")) items.push(read());
    return items;
  }

  #name(): string {
    const token = this.#take();
    return token.kind === "word" && !reserved.has(token.text.toLowerCase()) ? token.text : this.#fail(-1);
  }

  #keyword(word: string): void {
    if (!this.#skip(word)) this.#fail();
  }

  #sign(sign: string): void {
    if (!this.#skip(sign)) this.#fail();
  }

  #skip(text: string): boolean {
    const token = this.#peek();
    if (token.kind === "string" || token.text.toLowerCase() !== text) return false;
    this.#next++;
    return true;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: this.#text.length };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #fail(back = 0): never {
    this.#next += back;
    return syntaxError(this.#text, this.#peek().at);
  }
}

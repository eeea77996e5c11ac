import { refuseCall } from "../http/reply.ts";

export interface SearchCondition {
  field: string;
  operator: string;
  values: string[];
}

export type Criteria =
  | { kind: "condition"; condition: SearchCondition }
  | { kind: "and" | "or"; parts: Criteria[] };

/** `((Last_Name:equals:Burns\,B)and(Email:starts_with:a))`, read as a tree. */
export function parseCriteria(text: string): Criteria {
  const cursor = { text: text.trim(), at: 0 };
  const tree = readGroup(cursor);
  skipSpace(cursor);
  if (cursor.at < cursor.text.length) badCriteria();
  return tree;
}

export function conditionsOf(tree: Criteria): SearchCondition[] {
  return tree.kind === "condition" ? [tree.condition] : tree.parts.flatMap(conditionsOf);
}

interface Cursor {
  text: string;
  at: number;
}

function badCriteria(): never {
  return refuseCall("INVALID_QUERY", "invalid query formed", { param_name: "criteria" });
}

/** `(condition)`, `(group)` or several of them joined by and/or. */
function readGroup(cursor: Cursor): Criteria {
  const parts: Criteria[] = [readUnit(cursor)];
  let joint: "and" | "or" | undefined;
  while (true) {
    skipSpace(cursor);
    const word = /^(and|or)\b|^(and|or)(?=\()/i.exec(cursor.text.slice(cursor.at))?.[0];
    if (word === undefined) break;
    const kind = word.toLowerCase() === "and" ? "and" : "or";
    if (joint !== undefined && joint !== kind) {
      parts.splice(0, parts.length, { kind: joint, parts: [...parts] });
    }
    joint = kind;
    cursor.at += word.length;
    parts.push(readUnit(cursor));
  }
  const [only] = parts;
  if (joint === undefined && only !== undefined) return only;
  return { kind: joint ?? "and", parts };
}

function readUnit(cursor: Cursor): Criteria {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== "(") badCriteria();
  cursor.at++;
  skipSpace(cursor);
  const unit = cursor.text[cursor.at] === "(" ? readGroup(cursor) : readCondition(cursor);
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== ")") badCriteria();
  cursor.at++;
  return unit;
}

/** Brackets, commas and backslashes in a value are escaped with a backslash (facts §4.6). */
function readCondition(cursor: Cursor): Criteria {
  const head = /^([\w.$]+):(\w+):/.exec(cursor.text.slice(cursor.at));
  const [whole, field, operator] = head ?? [];
  if (whole === undefined || field === undefined || operator === undefined) return badCriteria();
  cursor.at += whole.length;
  const values = [""];
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== ")") {
    const sign = cursor.text[cursor.at] ?? "";
    cursor.at++;
    if (sign === ",") {
      values.push("");
      continue;
    }
    if (sign === "(") badCriteria();
    const escaped = sign === "\\" ? cursor.text[cursor.at++] ?? "" : sign;
    values[values.length - 1] += escaped;
  }
  return { kind: "condition", condition: { field, operator, values } };
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? "")) cursor.at++;
}

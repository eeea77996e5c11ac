import { type Comparable, comparable, order } from "../core/compare.ts";
import type { Json } from "../core/json.ts";
import { refuseCall } from "../http/reply.ts";
import type { DataType, ModuleField } from "../org/field.ts";
import type { Criteria, SearchCondition } from "./criteria.ts";

export type ReadValue = (field: string) => Json;

const wordy: DataType[] = ["text", "textarea", "website", "phone", "autonumber"];

type Test = (
  held: Comparable,
  wanted: Comparable[],
  field: ModuleField,
) => boolean;

/** `equals` on text finds what *contains* the value: "ABC" also finds "ABC Inc" (facts §4.6). */
const equals: Test = (held, [wanted], field) =>
  wordy.includes(field.dataType) && typeof held === "string" && typeof wanted === "string"
    ? held.includes(wanted)
    : held === wanted;

const compared = (accepts: (result: number) => boolean): Test => (held, [wanted]) => {
  const result = order(held, wanted ?? null);
  return result !== undefined && accepts(result);
};

const tests: Record<string, Test> = {
  equals,
  not_equal: (held, wanted, field) => !equals(held, wanted, field),
  starts_with: (held, [wanted]) =>
    typeof held === "string" && typeof wanted === "string" && held.startsWith(wanted),
  in: (held, wanted) => wanted.includes(held),
  between: (held, [low, high]) =>
    (order(held, low ?? null) ?? -1) >= 0 && (order(held, high ?? null) ?? 1) <= 0,
  greater_than: compared((result) => result > 0),
  greater_equal: compared((result) => result >= 0),
  less_than: compared((result) => result < 0),
  less_equal: compared((result) => result <= 0),
};

const textual = ["equals", "not_equal", "starts_with", "in"];
const chosen = ["equals", "not_equal", "in"];
const ranged = Object.keys(tests).filter((name) => name !== "starts_with");

/** Which operators a type takes. */
const allowed: Partial<Record<DataType, string[]>> = {
  text: textual,
  textarea: textual,
  email: textual,
  phone: textual,
  website: textual,
  autonumber: textual,
  picklist: chosen,
  boolean: ["equals", "not_equal"],
  lookup: chosen,
  ownerlookup: chosen,
};

export function checkCondition(condition: SearchCondition, field: ModuleField | undefined): ModuleField {
  const { operator, values } = condition;
  if (field === undefined || field.dataType === "subform") {
    return refuseCall("INVALID_QUERY", "Invalid query formed", {
      api_name: condition.field,
      reason: "the field is not available for search",
    });
  }
  if (!(allowed[field.dataType] ?? ranged).includes(operator)) {
    return refuseCall("INVALID_QUERY", "Invalid query formed", { api_name: condition.field, operator });
  }
  if (operator === "in" && values.length > 100) {
    return refuseCall("LIMIT_EXCEEDED", "The number of values exceeds the limit", { limit: 100 });
  }
  const isNumber = ["integer", "double", "currency", "percent"].includes(field.dataType);
  const wrong = isNumber ? values.find((value) => value === "" || Number.isNaN(Number(value))) : undefined;
  if (wrong !== undefined) {
    return refuseCall("INVALID_QUERY", "Invalid query formed", {
      api_name: condition.field,
      value: wrong,
      expected_data_type: field.dataType,
    });
  }
  return field;
}

export function meets(tree: Criteria, read: ReadValue, fieldOf: (name: string) => ModuleField): boolean {
  if (tree.kind !== "condition") {
    const isMet = (part: Criteria) => meets(part, read, fieldOf);
    return tree.kind === "and" ? tree.parts.every(isMet) : tree.parts.some(isMet);
  }
  const { field: name, operator, values } = tree.condition;
  const field = fieldOf(name);
  const wanted = values.map((value) => value === "${EMPTY}" ? null : comparable(value, field.dataType));
  return tests[operator]?.(comparable(read(name), field.dataType), wanted, field) ?? false;
}

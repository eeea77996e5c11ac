import { maybe, required, type Shape, text } from "./columns.ts";
import { field } from "./record_type.ts";
import type { FieldValue } from "./types.ts";

/** The Account of a record. @param from what the company's name is made of */
export function accountLink<const S extends Shape>(from: S) {
  return field({ data_type: "lookup", from, value: (_source, { links }) => linkTo(links.accountId) });
}

export const contactLink = field({
  data_type: "lookup",
  from: { customer: maybe({ id: required(text) }) },
  value: (_source, { links }) => linkTo(links.contactId),
});

function linkTo(id: string | null): FieldValue {
  return id === null ? null : { id };
}

import { maybe, required, text } from "./columns.ts";
import type { Customer } from "./contact.ts";
import { field, recordType } from "./record_type.ts";
import { cutText } from "./text.ts";
import type { Fields } from "./types.ts";

/** An Account carries its name only: registration and tax numbers stay in CircleTel. */
export const account = recordType({
  module: "Accounts",
  zohoType: "Accounts",
  entityType: null,
  isPointedTo: true,
  fields: {
    Account_Name: field({
      data_type: "text",
      isReference: true,
      isNeeded: true,
      from: {
        quote: { company_name: required(text) },
        customer: maybe({ business_name: text, first_name: required(text), last_name: required(text) }),
      },
      value: accountName,
    }),
  },
});

/** Zoho's Account_Name holds 200 characters in a new org (fields metadata); a longer one would be refused. */
const longestAccountName = 200;

/**
 * The company that buys: the quote's, else the customer's business, else the person. Null when none has a name,
 * which CircleTel's tables allow only for a quote with an empty company_name and no customer.
 */
export function accountName(source: {
  quote: { company_name: string };
  customer: Pick<Customer, "business_name" | "first_name" | "last_name"> | null;
}): string | null {
  const { quote, customer } = source;
  const person = customer ? `${customer.first_name} ${customer.last_name}` : "";
  const name = [quote.company_name, customer?.business_name ?? "", person]
    .map((candidate) => candidate.trim().replace(/\s+/g, " "))
    .find((candidate) => candidate !== "");
  return name === undefined ? null : cutText(name, longestAccountName);
}

export function accountProjection(name: string): Fields {
  return { Account_Name: name };
}

/**
 * The name of a new Account beside one of the very same name that a person said is another company's. Zoho finds
 * Accounts by name, so a second one of that name would be the first one again; sales may rename it. A company's key is
 * its name, of people there may be a third and a fourth of one name.
 */
export function nameBeside(name: string, key: string): string {
  const mark = key.startsWith("customer:") ? ` (CircleTel ${key.slice(9, 17)})` : " (CircleTel)";
  return `${cutText(name, longestAccountName - mark.length)}${mark}`;
}

/** Whether two names are one is told by their folded form: case and spacing do not matter. */
export function foldName(name: string): string {
  return name.trim().replace(/\s+/g, " ").toLowerCase();
}

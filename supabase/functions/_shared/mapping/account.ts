import type { ContractSource, Fields } from "./types.ts";

/**
 * The company that buys: the quote's, else the customer's business, else the person. Null when nobody has a name,
 * which CircleTel's tables allow only for a quote with an empty company_name and no customer.
 */
export function accountName(source: Pick<ContractSource, "quote" | "customer">): string | null {
  const { quote, customer } = source;
  const person = customer ? `${customer.first_name} ${customer.last_name}` : "";
  const name = [quote.company_name, customer?.business_name ?? "", person]
    .map((candidate) => candidate.trim().replace(/\s+/g, " "))
    .find((candidate) => candidate !== "");
  // Zoho's Account_Name holds 255 characters (fields metadata of a new org).
  return name === undefined ? null : cutText(name, 255);
}

/** At most so many UTF-16 units, never half a character: Postgres refuses the whole batch for a lone surrogate. */
function cutText(text: string, longest: number): string {
  const cut = text.slice(0, longest);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** An Account carries its name only: registration and tax numbers stay in CircleTel. */
export function accountProjection(name: string): Fields {
  return { Account_Name: name };
}

/** Whether two names are the same company's: case and spacing do not matter. */
export function isSameAccountName(a: string, b: string): boolean {
  return foldName(a) === foldName(b);
}

export function foldName(name: string): string {
  return name.trim().replace(/\s+/g, " ").toLowerCase();
}

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
  return name?.slice(0, 255) ?? null;
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

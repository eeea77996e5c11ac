import type { PeopleAnswer } from "../api/answers.ts";

/** The users of the Zoho org, as far as they could be read. */
export type People = PeopleAnswer;

export const noPeople: People = { names: {}, ownId: null };

/**
 * Who changed a record in Zoho. The connection's own user changes nothing there by hand: what bears its name and is no write
 * of ours was done by a workflow that our write set off.
 */
export function whoInZoho(userId: string | null, { names, ownId }: People): string {
  if (userId === null) return "An unnamed user in Zoho";
  // Until the users are read, or where they cannot be, it may be the connection's own.
  if (ownId === null) return `User ${userId} in Zoho`;
  if (userId === ownId) return "A workflow in Zoho";
  const name = names[userId];
  return name === undefined ? `A person in Zoho (user ${userId})` : `${name} in Zoho`;
}

/** Who acted on the page or through the API: an admin by name, or a program. */
export function operatorName(by: string | null, name: string | null): string {
  return name ?? (by === "secret key" ? "A program with a secret key" : "An operator");
}

/** What a table of CircleTel's holds. */
const tables: Readonly<Record<string, string>> = {
  contracts: "the contract",
  business_quotes: "the quote",
  business_quote_items: "the quote's items",
  customers: "the customer",
  kyc_sessions: "KYC",
  rica_submissions: "RICA",
  customer_invoices: "the invoice",
};

const operations: Readonly<Record<string, string>> = {
  insert: "was added",
  update: "changed",
  delete: "was removed",
};

/** Causes that no table names, by how they begin. */
const causes: readonly (readonly [begins: string, who: string])[] = [
  ["by hand", "An operator"],
  ["question answered", "An operator's answer"],
  ["backfill", "A backfill"],
  ["reconcile", "A comparison"],
  ["webhook", "CircleTel, after a change in Zoho"],
  ["zoho", "CircleTel, after a change in Zoho"],
  ["replay", "An operator's replay"],
];

/** Why CircleTel wrote: the queue's cause in words. */
export function whoWrote(cause: string | null): string {
  if (cause === null) return "CircleTel";
  const [table = "", operation = ""] = cause.split(" ");
  const [what, happened] = [tables[table], operations[operation]];
  if (what !== undefined && happened !== undefined) {
    return `CircleTel (${what} ${happened})`;
  }
  return causes.find(([begins]) => cause.startsWith(begins))?.[1] ?? `CircleTel (${cause})`;
}

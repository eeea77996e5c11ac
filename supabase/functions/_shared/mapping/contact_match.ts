import { foldName } from "./account.ts";
import { withoutAccents } from "./company.ts";
import { contactProjection } from "./contact.ts";
import { maskText } from "./mask.ts";
import type { Customer } from "./contact.ts";
import type { ContactReason } from "./match_reasons.ts";
import type { ContactAnswer } from "./party.ts";

/** A Contact that has a customer's e-mail, as Zoho shows it. */
export interface FoundContact {
  id: string;
  firstName: string;
  lastName: string;
  email: string;
  reference: string;
  /** Our customer that it belongs to; null when it has none. */
  ownerId: string | null;
}

/** A Contact as the question shows it: nothing that names a person. */
export interface JudgedContact {
  id: string;
  name: string;
  /** Nothing of one that the customer's Contact was merged into. */
  agrees: "email"[];
  differs: ("first_name" | "last_name" | "reference")[];
}

export type ContactDecision =
  | { kind: "create" }
  | { kind: "link"; contact: FoundContact }
  | { kind: "question"; reason: ContactReason; candidates: JudgedContact[] };

/** A customer without a Contact, and a person's answer about it. */
export interface Seeker {
  customer: Customer;
  answer: ContactAnswer | null;
}

/** E-mail addresses that are one: trimmed, without regard to case. */
export function foldEmail(email: string): string {
  return email.trim().toLowerCase();
}

/**
 * Whose Contact is it? One with our reference is the customer's. One that sales made, with the e-mail and a fitting name, is
 * taken; any other Contact without a customer is a question. A Contact of another customer with the same e-mail is left alone. Those who
 * fit choose first: a shared mailbox is one person's Contact, not the first comer's.
 *
 * @param found Contacts that carry the e-mail of one of them, or the reference, the oldest first
 * @returns by customer id
 */
export function decideContacts(seekers: Seeker[], found: FoundContact[]): Map<string, ContactDecision> {
  const decisions = new Map<string, ContactDecision>();
  const taken = new Set<string>();
  const byEmail = Map.groupBy(found, ({ email }) => foldEmail(email));
  const take = ({ id }: Customer, contact: FoundContact) => {
    taken.add(contact.id);
    decisions.set(id, { kind: "link", contact });
  };
  const candidatesOf = ({ email }: Customer) =>
    (foldEmail(email) === "" ? [] : byEmail.get(foldEmail(email)) ?? []).filter(({ id, ownerId }) =>
      ownerId === null && !taken.has(id)
    );
  const inOrder = seekers.toSorted((a, b) => a.customer.id < b.customer.id ? -1 : 1);

  for (const { customer } of inOrder) {
    const own = found.find(({ ownerId }) => ownerId === customer.id);
    if (own) take(customer, own);
  }
  for (const { customer, answer } of inOrder) {
    if (decisions.has(customer.id)) continue;
    const fitting = candidatesOf(customer).filter((each) => differences(customer, each).length === 0);
    const chosen = chosenOf(answer, candidatesOf(customer));
    const [only] = fitting;
    if (chosen) take(customer, chosen);
    else if (only && fitting.length === 1 && answer?.choice !== "make_new") take(customer, only);
  }
  for (const { customer, answer } of inOrder) {
    if (decisions.has(customer.id)) continue;
    const candidates = candidatesOf(customer).map((each) => judged(customer, each));
    const isDeclined = candidates.every(({ id, name }) =>
      answer?.choice === "make_new" && wasShown(answer, id, name)
    );
    decisions.set(
      customer.id,
      isDeclined ? { kind: "create" } : { kind: "question", reason: reasonOf(candidates), candidates },
    );
  }
  return decisions;
}

/** The Contact that a person chose, if it is as it was shown. */
function chosenOf(answer: ContactAnswer | null, candidates: FoundContact[]): FoundContact | undefined {
  if (answer?.choice !== "link") return undefined;
  return candidates.find((each) =>
    each.id === answer.chosen_id && wasShown(answer, each.id, maskedName(each))
  );
}

function wasShown({ candidates }: ContactAnswer, id: string, name: string): boolean {
  return candidates.some((each) => each.id === id && each.name === name);
}

function judged(customer: Customer, contact: FoundContact): JudgedContact {
  return {
    id: contact.id,
    name: maskedName(contact),
    agrees: ["email"],
    differs: differences(customer, contact),
  };
}

function reasonOf(candidates: JudgedContact[]): ContactReason {
  if (candidates.length > 1) return "several_contacts";
  return candidates.some(({ differs }) => differs.includes("reference")) ? "other_reference" : "name_differs";
}

/** An empty first name, or its initial, says nothing against a person of the same last name. */
function differences(customer: Customer, contact: FoundContact): JudgedContact["differs"] {
  const { First_Name: first, Last_Name: last } = contactProjection(customer);
  const [ours, theirs] = [foldPart(String(first ?? "")), foldPart(contact.firstName)];
  const isFirstAlike = ours === theirs || isInitial(ours, theirs) || isInitial(theirs, ours);
  const isLastAlike = foldPart(String(last ?? "")) === foldPart(contact.lastName);
  return [
    ...(isFirstAlike ? [] : ["first_name" as const]),
    ...(isLastAlike ? [] : ["last_name" as const]),
    ...(contact.reference.trim() === "" ? [] : ["reference" as const]),
  ];
}

function isInitial(short: string, long: string): boolean {
  return short === "" || short.length === 1 && long.startsWith(short);
}

function foldPart(name: string): string {
  return withoutAccents(foldName(name)).replaceAll(".", "");
}

/** "T… N…" */
export function maskedName({ firstName, lastName }: Pick<FoundContact, "firstName" | "lastName">): string {
  return [firstName, lastName].filter((part) => part.trim() !== "").map((part) => maskText(part.trim())).join(
    " ",
  );
}

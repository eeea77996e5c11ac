import { type ContactDecision, decideContacts, type FoundContact } from "../../mapping/contact_match.ts";
import type { Fields } from "../../mapping/types.ts";
import { failure } from "../attempts/failure.ts";
import { aboutModule, heldFailure } from "../attempts/holds.ts";
import type { ModuleHold } from "../claim/change.ts";
import type { DrainSession } from "../drain_session.ts";
import { contactQuestion } from "./contact_question.ts";
import type { Contacts, Customers, HeldContact } from "./contact_types.ts";
import { findContacts, referenceField } from "./find_contacts.ts";
import { lookAtContacts, type Person } from "./look_at_contacts.ts";
import { decideMerged } from "./merged_contacts.ts";
import { createContacts, linkOf, updateContacts } from "./write_contacts.ts";

/**
 * Finds, makes or updates the Contacts of a wave's customers, one each, identified by the customer's id. E-mail only finds one
 * that sales made (mapping/contact_match.ts). While the module is held, known Contacts are used.
 */
export async function resolveContacts(session: DrainSession, people: Person[]): Promise<Contacts> {
  const contacts: Contacts = {
    ids: new Map(),
    links: new Map(),
    asked: new Map(),
    merged: new Set(),
    failures: new Map(),
    parts: new Map(),
    gone: [],
    fault: null,
  };
  if (!people.some(isCustomer)) return contacts;
  let held: ModuleHold | null;
  try {
    held = await aboutModule(session, "Contacts", async () => {
      const looked = await lookAtContacts(session, people);
      contacts.gone.push(
        ...looked.flatMap(({ goneId }) =>
          goneId === null ? [] : { zoho_type: "Contacts" as const, zoho_id: goneId }
        ),
      );
      await resolve(session, looked, contacts);
    });
  } catch (fault) {
    return { ...contacts, fault };
  }
  if (held === null) return contacts;
  for (const { change, customer: { id }, contact } of people.filter(isCustomer)) {
    if (contact !== null && !contacts.ids.has(id)) contacts.ids.set(id, contact.zoho_id);
    const isUnwritten = change.entity_type === "customer" && !contacts.links.has(id);
    const isUnknown = !contacts.ids.has(id) && !contacts.asked.has(id) && !contacts.merged.has(id);
    if (isUnwritten || isUnknown) contacts.failures.set(id, heldFailure(held));
  }
  return contacts;
}

async function resolve(session: DrainSession, people: Person[], contacts: Contacts): Promise<void> {
  const customers = [...Map.groupBy(people.filter(isCustomer), ({ customer }) => customer.id).values()]
    .flatMap(([first]) => first ?? []);
  const known = customers.flatMap((person): HeldContact[] => {
    const { contact, customer } = person;
    if (contact === null) return [];
    contacts.ids.set(customer.id, contact.zoho_id);
    return contact.is_planned || contact.is_unlinked || person.isWaiting
      ? []
      : [{ person, zohoId: contact.zoho_id, fields: contact.snapshot }];
  });
  const gone = await updateContacts(session, known, contacts);

  const unknown = [
    ...customers.filter(({ contact, isWaiting, isMerged }) => contact === null && !isWaiting && !isMerged),
    ...gone.map((person) => ({ ...person, contact: null, goneId: person.contact?.zoho_id ?? null })),
  ];
  for (const { customer, contact, isMerged } of customers) {
    if (contact === null && isMerged) contacts.merged.add(customer.id);
  }
  const decisions = await decide(session, unknown, contacts);
  const found: HeldContact[] = [];
  const creations: Customers = [];
  for (const person of unknown) {
    const decision = decisions.get(person.customer.id);
    if (decision?.kind === "create") creations.push(person);
    if (decision?.kind === "question") {
      contacts.asked.set(person.customer.id, contactQuestion(person.customer, decision));
    }
    if (decision?.kind !== "link") continue;
    found.push({ person, zohoId: decision.contact.id, fields: heldBy(decision.contact) });
  }
  found.push(...await createContacts(session, creations, contacts));
  for (const { person: { customer: { id } }, zohoId, fields } of found) {
    contacts.ids.set(id, zohoId);
    contacts.links.set(id, linkOf(id, zohoId, fields, null));
  }
  for (const { customer: { id } } of await updateContacts(session, found, contacts)) {
    contacts.failures.set(id, failure("LINK_FAILED", "Contact_Name"));
  }
}

function isCustomer(person: Person): person is Customers[number] {
  return person.customer !== null;
}

async function decide(
  session: DrainSession,
  seekers: Customers,
  contacts: Contacts,
): Promise<Map<string, ContactDecision>> {
  if (seekers.length === 0) return new Map();
  const found = await findContacts(session, seekers, (id, why) => contacts.failures.set(id, why));
  const decisions = decideContacts(
    seekers.filter(({ customer }) => !contacts.failures.has(customer.id)),
    found,
  );
  const lost = seekers.filter(({ customer, answer }) =>
    decisions.get(customer.id)?.kind === "create" && answer?.choice !== "make_new"
  );
  return new Map([...decisions, ...await decideMerged(session, lost)]);
}

function heldBy({ firstName, lastName, email, reference }: FoundContact): Fields {
  return { First_Name: firstName, Last_Name: lastName, Email: email, [referenceField]: reference };
}

import { contactProjection } from "../../mapping/contact.ts";
import { type ContactDecision, decideContacts, type FoundContact } from "../../mapping/contact_match.ts";
import type { Customer } from "../../mapping/contact.ts";
import type { Fields } from "../../mapping/types.ts";
import { isSameValue } from "../../merge/values.ts";
import { inChunks } from "../../platform/chunks.ts";
import { insertRecords, recordsPerCall, updateRecords } from "../../zoho/records.ts";
import type { AskedQuestion } from "../claim/change.ts";
import { contactQuestion } from "./contact_question.ts";
import { createIfAbsent, mayBeDoubled } from "../records/create_if_absent.ts";
import { type Failure, failure } from "../attempts/failure.ts";
import { findContacts, keepsReference, ownersOfContacts, referenceField } from "./find_contacts.ts";
import { attemptInPart } from "../records/in_part.ts";
import { kinds } from "../claim/kinds.ts";
import { decideMerged } from "./merged_contacts.ts";
import { aboutModule, heldFailure } from "../attempts/holds.ts";
import { lookAtContacts, type Person } from "./look_at_contacts.ts";
import type { DrainSession } from "../drain_session.ts";
import { valueRulesOf } from "../records/value_rules.ts";
import type { Write } from "../records/write_types.ts";

export interface ContactLink {
  circletel_type: "customer";
  circletel_id: string;
  zoho_type: "Contacts";
  zoho_id: string;
  fields: Fields;
  modified_at: string | null;
}

export interface Contacts {
  /** Zoho id by customer id. */
  ids: Map<string, string>;
  /** What was learned of Contacts, by customer id. */
  links: Map<string, ContactLink>;
  /** Customers whose Contact a person has to choose; their records go without one until then. */
  asked: Map<string, AskedQuestion>;
  /** Customers whose Contact was merged into another customer's: that is where their records stay. */
  merged: Set<string>;
  /** Why a customer has no Contact, by customer id. */
  failures: Map<string, Failure>;
}

type Customers = (Person & { customer: Customer })[];
/** Someone whose Contact is there, and what it is known to hold. */
interface Held {
  person: Customers[number];
  zohoId: string;
  fields: Fields;
}

type ContactWrite = Write & { customer: Customer };

/**
 * Finds, makes or updates the Contacts of a wave's customers: one each, known by the customer's id. E-mail only finds one
 * that sales made (mapping/contact_match.ts). While the module rests, those that are known are pointed to.
 *
 * @throws ZohoCallError, ZohoTokenError when Zoho does not answer, DatabaseError
 */
export async function resolveContacts(session: DrainSession, people: Person[]): Promise<Contacts> {
  const contacts: Contacts = {
    ids: new Map(),
    links: new Map(),
    asked: new Map(),
    merged: new Set(),
    failures: new Map(),
  };
  if (!people.some(isCustomer)) return contacts;
  const held = await aboutModule(
    session,
    "Contacts",
    async () => await resolve(session, await lookAtContacts(session, people), contacts),
  );
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
  const known = customers.flatMap((person): Held[] => {
    const { contact, customer } = person;
    if (contact === null) return [];
    contacts.ids.set(customer.id, contact.zoho_id);
    return contact.is_planned || contact.is_unlinked || person.isWaiting
      ? []
      : [{ person, zohoId: contact.zoho_id, fields: contact.snapshot }];
  });
  const gone = await update(session, known, contacts);

  const unknown = [
    ...customers.filter(({ contact, isWaiting, isMerged }) => contact === null && !isWaiting && !isMerged),
    ...gone.map((person) => ({ ...person, contact: null, goneId: person.contact?.zoho_id ?? null })),
  ];
  for (const { customer, contact, isMerged } of customers) {
    if (contact === null && isMerged) contacts.merged.add(customer.id);
  }
  const decisions = await decide(session, unknown, contacts);
  const found: Held[] = [];
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
  found.push(...await create(session, creations, contacts));
  for (const { person: { customer: { id } }, zohoId, fields } of found) {
    contacts.ids.set(id, zohoId);
    contacts.links.set(id, linkOf(id, zohoId, fields, null));
  }
  for (const { customer: { id } } of await update(session, found, contacts)) {
    contacts.failures.set(id, failure("LINK_FAILED", "Contact_Name"));
  }
}

function isCustomer(person: Person): person is Customers[number] {
  return person.customer !== null;
}

/**
 * Sends what differs, by id.
 * @returns those whose Contact is gone: merged or deleted in Zoho
 */
async function update(session: DrainSession, all: Held[], contacts: Contacts): Promise<Customers> {
  const { zoho, fields: org, settings } = session.deps;
  const rules = valueRulesOf("Contacts", await org.rules(), settings.timeZone);
  const isKept = await keepsReference(session);
  const people = new Map(all.map(({ person }) => [person.customer.id, person]));
  const writes = all.flatMap(({ person, zohoId, fields: held }): ContactWrite[] => {
    const differing = Object.entries(contactProjection(person.customer)).filter(([name, value]) =>
      (isKept || name !== referenceField) && !isSameValue(name, value, held[name], rules)
    );
    return differing.length === 0 ? [] : [contactWrite(person, zohoId, Object.fromEntries(differing))];
  });
  const gone: Customers = [];
  for (const chunk of inChunks(writes, recordsPerCall)) {
    const { written, fault } = await attemptInPart(
      session,
      chunk,
      (some) =>
        updateRecords(zoho, "Contacts", some.map(({ fields, zohoId }) => ({ ...fields, id: zohoId ?? "" }))),
    );
    for (const { write: { customer: { id }, fields, zohoId }, result } of written) {
      const person = people.get(id);
      if (result.ok) {
        const held = contacts.links.get(id)?.fields ?? {};
        contacts.links.set(id, linkOf(id, result.id, { ...held, ...fields }, result.modifiedAt));
      } else if (result.code === "RECORD_NOT_FOUND" && zohoId !== null && person) {
        session.gone.push({ zoho_type: "Contacts", zoho_id: zohoId });
        contacts.ids.delete(id);
        contacts.links.delete(id);
        gone.push(person);
      } else contacts.failures.set(id, result);
    }
    if (fault !== null) throw fault;
  }
  return gone;
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

/**
 * Makes Contacts. They are inserted, not upserted: one that carries our reference already is named by the refusal and is read
 * or written by its id, and no other unique field can make Zoho write to somebody else's.
 *
 * @returns those whose Contact was there: an answer was lost, or Zoho merged it into another
 */
async function create(session: DrainSession, customers: Customers, contacts: Contacts): Promise<Held[]> {
  const isLookedUp = await mayBeDoubled(session, kinds.customer);
  const met: Held[] = [];
  const people = new Map(customers.map((person) => [person.customer.id, person]));
  const writes = customers.map((person) => contactWrite(person, null, contactProjection(person.customer)));
  for (const chunk of inChunks(writes, recordsPerCall)) {
    const { written, fault } = await attemptInPart(session, chunk, (some) => {
      const records = some.map(({ fields }) => fields);
      return isLookedUp
        ? createIfAbsent(session, "Contacts", referenceField, records)
        : insertRecords(session.deps.zoho, "Contacts", records);
    });
    for (const { write: { customer, fields }, result } of written) {
      const person = people.get(customer.id);
      if (result.ok) {
        contacts.ids.set(customer.id, result.id);
        contacts.links.set(customer.id, linkOf(customer.id, result.id, fields, result.modifiedAt));
      } else if (person && isHeld(result)) met.push({ person, zohoId: result.duplicateId, fields: {} });
      else contacts.failures.set(customer.id, result);
    }
    if (fault !== null) throw fault;
  }
  const owners = await ownersOfContacts(session, met.map(({ zohoId }) => ({ id: zohoId, reference: "" })));
  return met.filter(({ person: { customer }, zohoId }) => {
    const owner = owners.get(zohoId);
    if (owner === undefined || owner === customer.id) return true;
    contacts.failures.set(customer.id, failure("RECORD_TAKEN", referenceField, zohoId));
    return false;
  });
}

function isHeld(result: Failure): result is Failure & { duplicateId: string } {
  return result.code === "DUPLICATE_DATA" && result.field === referenceField && result.duplicateId !== null;
}

function heldBy({ firstName, lastName, email, reference }: FoundContact): Fields {
  return { First_Name: firstName, Last_Name: lastName, Email: email, [referenceField]: reference };
}

function linkOf(customerId: string, zohoId: string, fields: Fields, modifiedAt: string | null): ContactLink {
  return {
    circletel_type: "customer",
    circletel_id: customerId,
    zoho_type: "Contacts",
    zoho_id: zohoId,
    fields,
    modified_at: modifiedAt,
  };
}

function contactWrite(
  { change, customer }: Pick<Customers[number], "change" | "customer">,
  zohoId: string | null,
  fields: Fields,
): ContactWrite {
  return {
    change,
    customer,
    entityType: "customer",
    entityId: customer.id,
    zohoType: "Contacts",
    zohoId,
    fields,
  };
}

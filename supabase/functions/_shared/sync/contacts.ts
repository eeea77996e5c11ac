import { contactProjection } from "../mapping/contact.ts";
import { contactOwners } from "../mapping/owners.ts";
import { readRecord } from "../mapping/read.ts";
import type { Customer, Fields } from "../mapping/types.ts";
import { isSameValue, type ValueRules } from "../merge/values.ts";
import { recordsPerCall, updateRecords, upsertRecords } from "../zoho/records.ts";
import { attemptRead, attemptWrite } from "./attempts.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import type { Write, Written } from "./write_types.ts";
import type { Change } from "./change.ts";
import { inChunks } from "../platform/chunks.ts";
import type { Failure } from "./failure.ts";
import type { Run } from "./run.ts";
import { valueRulesOf } from "./value_rules.ts";

/** The customer of a change, and the Contact if there is one. */
export interface Person {
  change: Change;
  customer: Customer | null;
  contact: { zoho_id: string; snapshot: Fields; shared: boolean } | null;
  /** The e-mail under which a Contact was tried to be made, when it is another by now and the answer was lost. */
  tried: string | null;
}

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
  links: ContactLink[];
  /** Why a customer has no Contact, by customer id. */
  failures: Map<string, Failure>;
  /** Customers whose Contact was found by an e-mail they have no more; the next wave writes the present one by id. */
  outdated: Set<string>;
}

type ContactWrite = Write & { customer: Customer };

/**
 * Reads the Contacts of customers that are to be looked at: one that is gone was merged or deleted in Zoho and is forgotten,
 * and the e-mail finds another one or makes it.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function lookAtContacts(run: Run, people: Person[]): Promise<Person[]> {
  const ids = people.flatMap(({ change, contact }) => isToBeRead(change) && contact ? [contact.zoho_id] : []);
  if (ids.length === 0) return people;
  const names = Object.keys(contactOwners);
  const found = await attemptRead(run, () => listRecordsByIds(run.with_.zoho, "Contacts", ids, names));
  const held = new Map(found.map((record) => [record.id, readRecord(names, record)]));
  return people.map((person) => {
    const { change, contact } = person;
    if (!contact || !isToBeRead(change)) return person;
    const snapshot = held.get(contact.zoho_id);
    if (snapshot !== undefined) return { ...person, contact: { ...contact, snapshot } };
    run.gone.push({ zoho_type: "Contacts", zoho_id: contact.zoho_id });
    return { ...person, contact: null };
  });
}

function isToBeRead({ entity_type, look }: Change): boolean {
  return entity_type === "customer" && look;
}

/**
 * Finds, makes or updates the Contacts of a wave's customers. Zoho matches Contacts by e-mail, so customers
 * who share one share a Contact: the first one's name stands, the others only point to it.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function resolveContacts(run: Run, people: Person[]): Promise<Contacts> {
  const contacts: Contacts = { ids: new Map(), links: [], failures: new Map(), outdated: new Set() };
  const { fields: org, settings } = run.with_;
  const rules = valueRulesOf("Contacts", await org.rules(), settings.timeZone);
  const updates: ContactWrite[] = [];
  const creations = new Map<string, ContactWrite>();
  const sharers: { customerId: string; email: string }[] = [];
  const seen = new Set<string>();

  for (const { change, customer, contact, tried } of people) {
    if (!customer || seen.has(customer.id)) continue;
    seen.add(customer.id);
    const projection = contactProjection(customer);
    if (contact) contacts.ids.set(customer.id, contact.zoho_id);
    if (contact?.shared) continue;
    const fields = contact ? differing(projection, contact.snapshot, rules) : projection;
    if (Object.keys(fields).length === 0) continue;
    const write = contactWrite(change, customer, contact?.zoho_id ?? null, fields);
    if (contact) {
      updates.push(write);
      continue;
    }
    if (tried) write.fields = { ...write.fields, Email: tried };
    const email = (tried ?? customer.email).trim().toLowerCase();
    // Without an e-mail Zoho has nothing to match by: a create whose answer was lost would make a second Contact.
    if (email === "") continue;
    if (creations.has(email)) sharers.push({ customerId: customer.id, email });
    else creations.set(email, write);
  }

  for (const chunk of inChunks([...creations.values()], recordsPerCall)) {
    const written = await attemptWrite(
      run,
      chunk,
      (writes) => upsertRecords(run.with_.zoho, "Contacts", writes.map(({ fields }) => fields), ["Email"]),
    );
    written.forEach((each) => take(contacts, each));
  }
  for (const chunk of inChunks(updates, recordsPerCall)) {
    const written = await attemptWrite(
      run,
      chunk,
      (writes) =>
        updateRecords(
          run.with_.zoho,
          "Contacts",
          writes.map(({ fields, zohoId }) => ({ ...fields, id: zohoId ?? "" })),
        ),
    );
    written.forEach((each) => take(contacts, withGoneContact(run, each)));
  }
  for (const { customerId, email } of sharers) {
    const owner = creations.get(email)?.customer.id ?? "";
    const id = contacts.ids.get(owner);
    const failure = contacts.failures.get(owner);
    if (id !== undefined) contacts.ids.set(customerId, id);
    else if (failure) contacts.failures.set(customerId, failure);
  }
  return contacts;
}

/** The fields that have to be sent. */
function differing(projection: Fields, snapshot: Fields, rules: ValueRules): Fields {
  return Object.fromEntries(
    Object.entries(projection).filter(([name, value]) => !isSameValue(name, value, snapshot[name], rules)),
  );
}

/** A Contact that was merged or deleted in Zoho is forgotten; the next round finds or makes another. */
function withGoneContact(run: Run, { write, result }: Written<ContactWrite>): Written<ContactWrite> {
  if (result.ok || result.code !== "RECORD_NOT_FOUND" || write.zohoId === null) return { write, result };
  run.gone.push({ zoho_type: "Contacts", zoho_id: write.zohoId });
  return { write, result: { ...result, code: "LINK_FAILED" } };
}

function take(contacts: Contacts, { write, result }: Written<ContactWrite>): void {
  // Only a create may meet an existing Contact; an update that clashes with another one is a question.
  const id = result.ok ? result.id : write.zohoId === null ? result.duplicateId : null;
  if (id === null) {
    if (!result.ok) contacts.failures.set(write.customer.id, result);
    return;
  }
  contacts.ids.set(write.customer.id, id);
  // Not in this wave: if that answer were lost too, the Contact would have an e-mail that nobody has noted.
  if (write.zohoId === null && write.fields.Email !== contactProjection(write.customer).Email) {
    contacts.outdated.add(write.customer.id);
  }
  contacts.links.push({
    circletel_type: "customer",
    circletel_id: write.customer.id,
    zoho_type: "Contacts",
    zoho_id: id,
    // A linked Contact was not written: its e-mail is what it was found by.
    fields: result.ok ? write.fields : { Email: write.fields.Email ?? null },
    modified_at: result.ok ? result.modifiedAt : null,
  });
}

function contactWrite(
  change: Change,
  customer: Customer,
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

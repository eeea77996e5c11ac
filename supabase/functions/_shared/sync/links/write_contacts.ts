import { contactProjection, type Customer } from "../../mapping/contact.ts";
import type { Fields } from "../../mapping/types.ts";
import { isSameValue } from "../../merge/values.ts";
import { inChunks } from "../../platform/chunks.ts";
import { valueRulesOf } from "../../fields/value_rules.ts";
import { insertRecords, recordsPerCall, updateRecords } from "../../zoho/records.ts";
import { createIfAbsent, mayBeDoubled } from "../attempts/create_if_absent.ts";
import { type Failure, failure } from "../attempts/failure.ts";
import { attemptInPart } from "../attempts/in_part.ts";
import { partsOf, type Write } from "../attempts/write_types.ts";
import { kinds } from "../claim/kinds.ts";
import type { DrainSession } from "../drain_session.ts";
import type { ContactLink, Contacts, Customers, HeldContact } from "./contact_types.ts";
import { keepsReference, ownersOfContacts, referenceField } from "./find_contacts.ts";

type ContactWrite = Write & { customer: Customer };

/**
 * Updates Contacts by id with the values that differ.
 * @returns the customers whose Contact is gone: merged or deleted in Zoho
 */
export async function updateContacts(
  session: DrainSession,
  all: HeldContact[],
  contacts: Contacts,
): Promise<Customers> {
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
    for (const [entityId, part] of partsOf(written)) contacts.parts.set(entityId, part);
    for (const { write: { customer: { id }, fields, zohoId }, result } of written) {
      const person = people.get(id);
      if (result.ok) {
        const held = contacts.links.get(id)?.fields ?? {};
        contacts.links.set(id, linkOf(id, result.id, { ...held, ...fields }, result.modifiedAt));
      } else if (result.code === "RECORD_NOT_FOUND" && zohoId !== null && person) {
        contacts.gone.push({ zoho_type: "Contacts", zoho_id: zohoId });
        contacts.ids.delete(id);
        contacts.links.delete(id);
        gone.push(person);
      } else contacts.failures.set(id, result);
    }
    if (fault !== null) throw fault;
  }
  return gone;
}

/**
 * Creates Contacts. They are inserted, not upserted: the refusal names a Contact that already carries our reference, which is read
 * or written by its id, and no other unique field can direct the write to another person's Contact.
 *
 * @returns the customers whose Contact already existed: an answer was lost, or Zoho merged it into another
 */
export async function createContacts(
  session: DrainSession,
  customers: Customers,
  contacts: Contacts,
): Promise<HeldContact[]> {
  const isLookedUp = await mayBeDoubled(session, kinds.customer);
  const met: HeldContact[] = [];
  const people = new Map(customers.map((person) => [person.customer.id, person]));
  const writes = customers.map((person) => contactWrite(person, null, contactProjection(person.customer)));
  for (const chunk of inChunks(writes, recordsPerCall)) {
    const { written, fault } = await attemptInPart(session, chunk, (some) => {
      const records = some.map(({ fields }) => fields);
      return isLookedUp
        ? createIfAbsent(session, "Contacts", referenceField, records)
        : insertRecords(session.deps.zoho, "Contacts", records);
    });
    for (const [entityId, part] of partsOf(written)) contacts.parts.set(entityId, part);
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

export function linkOf(
  customerId: string,
  zohoId: string,
  fields: Fields,
  modifiedAt: string | null,
): ContactLink {
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

import { readRecord } from "../../mapping/read.ts";
import { contact as contactType, type Customer } from "../../mapping/contact.ts";
import type { ContactAnswer, LinkedContact } from "../../mapping/party.ts";
import { listRecordsByIds } from "../../zoho/list.ts";
import { attemptRead } from "../attempts/attempts.ts";
import type { Change } from "../claim/change.ts";
import type { DrainSession } from "../drain_session.ts";

/** The customer of a change, and the Contact if there is one. */
export interface Person {
  change: Change;
  customer: Customer | null;
  contact: LinkedContact | null;
  answer: ContactAnswer | null;
  /** The Contact that was linked, if it no longer exists in Zoho. */
  goneId: string | null;
  /** It was merged into another customer's, and no person has requested a new one. */
  isMerged: boolean;
  /** The customer's own change has failed: other changes use the Contact as it is. */
  isWaiting: boolean;
}

/**
 * Reads the Contacts of customers that need a look: one that is gone was merged or deleted in Zoho and is unlinked,
 * and the Contact that carries the reference now is found, or another is made.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function lookAtContacts(session: DrainSession, people: Person[]): Promise<Person[]> {
  const ids = people.flatMap((person) => toBeRead(person)?.zoho_id ?? []);
  if (ids.length === 0) return people;
  const names = Object.keys(contactType.owners);
  const found = await attemptRead(session, () => listRecordsByIds(session.deps.zoho, "Contacts", ids, names));
  const held = new Map(found.map((record) => [record.id, readRecord(names, record)]));
  return people.map((person) => {
    const contact = toBeRead(person);
    if (contact === null) return person;
    const snapshot = held.get(contact.zoho_id);
    if (snapshot !== undefined) return { ...person, contact: { ...contact, snapshot } };
    return { ...person, contact: null, goneId: contact.zoho_id };
  });
}

function toBeRead({ change: { entity_type, look }, contact }: Person): LinkedContact | null {
  return entity_type === "customer" && look && !contact?.is_unlinked ? contact : null;
}

import { z } from "zod";
import { foldEmail, type FoundContact } from "../../mapping/contact_match.ts";
import type { Customer } from "../../mapping/contact.ts";
import type { FoundRecord } from "../../zoho/found_records.ts";
import { findByField } from "../../zoho/search.ts";
import { attemptRead } from "../attempts/attempts.ts";
import { type Failure, failure } from "../attempts/failure.ts";
import type { DrainSession } from "../drain_session.ts";
import { keepsField } from "../../fields/value_rules.ts";

export const referenceField = "Customer_Reference";

/** A customer whose Contact is sought, and the linked one that no longer exists. */
interface Sought {
  customer: Customer;
  goneId: string | null;
}

/** Whether this org keeps our reference on its Contacts. @throws DatabaseError */
export async function keepsReference(session: DrainSession): Promise<boolean> {
  return keepsField(await session.deps.fields.rules(), "Contacts", referenceField);
}

/**
 * Contacts with the e-mail of one of these customers, and those with the reference of a customer whose Contact is gone:
 * after a merge the survivor carries it. One call per 400 e-mails.
 *
 * @param unreadable receives the reason why a customer cannot be searched for, since creating a Contact unseen may duplicate it
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function findContacts(
  session: DrainSession,
  sought: Sought[],
  unreadable: (customerId: string, why: Failure) => void,
): Promise<FoundContact[]> {
  const { zoho } = session.deps;
  const isKept = await keepsReference(session);
  const names = ["First_Name", "Last_Name", "Email", ...(isKept ? [referenceField] : [])];
  const emails = sought.flatMap(({ customer: { email } }) => [email.trim(), foldEmail(email)]).filter(
    Boolean,
  );
  const byEmail = await attemptRead(session, () =>
    findByField(zoho, "Contacts", "Email", emails, {
      isSame: (a, b) => foldEmail(a) === foldEmail(b),
      columns: names.filter((name) => name !== "Email"),
      onUnreadable: (value, { code }) => {
        for (
          const { customer } of sought.filter((each) => foldEmail(each.customer.email) === foldEmail(value))
        ) {
          unreadable(customer.id, failure(code, "Email"));
        }
      },
    }));
  const gone = sought.filter(({ goneId }) => goneId !== null && isKept).map(({ customer }) => customer.id);
  const carriers = await attemptRead(session, () =>
    findByField(zoho, "Contacts", referenceField, gone, {
      columns: names.filter((name) => name !== referenceField),
    }));
  return await readContacts(
    session,
    [...new Map([...byEmail, ...carriers].map((record) => [record.id, record])).values()],
  );
}

/** Contacts as Zoho shows them, with the customers that they belong to. @throws DatabaseError */
export async function readContacts(session: DrainSession, found: FoundRecord[]): Promise<FoundContact[]> {
  const owners = await ownersOfContacts(
    session,
    found.map((record) => ({
      id: record.id,
      reference: textOf(record, referenceField),
    })),
  );
  return found.map((record) => ({
    id: record.id,
    firstName: textOf(record, "First_Name"),
    lastName: textOf(record, "Last_Name"),
    email: textOf(record, "Email"),
    reference: textOf(record, referenceField),
    ownerId: owners.get(record.id) ?? null,
  }));
}

const owned = z.array(z.object({ id: z.string(), customer_id: z.string() }));

/** The customers that Contacts belong to already, by Contact. @throws DatabaseError */
export async function ownersOfContacts(
  session: DrainSession,
  contacts: { id: string; reference: string }[],
): Promise<Map<string, string>> {
  if (contacts.length === 0) return new Map();
  const owners = owned.parse(await session.call("zoho_owners_of_contacts", { p_contacts: contacts }));
  return new Map(owners.map(({ id, customer_id }) => [id, customer_id]));
}

function textOf(record: FoundRecord, field: string): string {
  const value = record[field];
  return typeof value === "string" ? value : "";
}

import { type ContactDecision, type FoundContact, maskedName } from "../../mapping/contact_match.ts";
import type { Customer } from "../../mapping/contact.ts";
import { listRecordsByIds } from "../../zoho/list.ts";
import { attemptRead } from "../attempts/attempts.ts";
import { keepsReference, readContacts, referenceField } from "./find_contacts.ts";
import type { DrainSession } from "../drain_session.ts";
import { survivorsOf } from "./survivors.ts";

interface Lost {
  customer: Customer;
  goneId: string | null;
}

/**
 * For customers whose Contact is gone and whose reference is on no other Contact: those whose records Zoho moved to another
 * Contact had theirs merged. A Contact without a customer becomes this customer's. A Contact of another customer stays so, and
 * a person decides; the remaining Contacts were deleted.
 *
 * @returns by customer id
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function decideMerged(
  session: DrainSession,
  lost: Lost[],
): Promise<Map<string, ContactDecision>> {
  const { db, zoho } = session.deps;
  const ids = lost.flatMap(({ goneId }) => goneId ?? []);
  if (ids.length === 0) return new Map();
  const read = (module: string, some: string[], names: string[]) =>
    attemptRead(session, () => listRecordsByIds(zoho, module, some, names));
  const survivors = new Map(
    (await survivorsOf({ db, read: (module, some, field) => read(module, some, [field]) }, "Contacts", ids))
      .map(({ zoho_id, master }) => [zoho_id, master]),
  );
  const masters = [...new Set([...survivors.values()].filter((id) => id !== null))];
  if (masters.length === 0) return new Map();
  const names = [
    "First_Name",
    "Last_Name",
    "Email",
    ...(await keepsReference(session) ? [referenceField] : []),
  ];
  const found = await readContacts(session, await read("Contacts", masters, names));
  const contacts = new Map(found.map((contact) => [contact.id, contact]));
  const decided = lost.flatMap(({ customer, goneId }): [string, ContactDecision][] => {
    const survivor = contacts.get(survivors.get(goneId ?? "") ?? "");
    return survivor === undefined ? [] : [[customer.id, decisionOf(customer, survivor)]];
  });
  return onlyOnce(new Map(decided));
}

function decisionOf({ id }: Customer, survivor: FoundContact): ContactDecision {
  const isFree = survivor.ownerId === null || survivor.ownerId === id;
  return isFree ? { kind: "link", contact: survivor } : asked(survivor);
}

function asked(survivor: FoundContact): ContactDecision {
  const candidate = {
    id: survivor.id,
    name: maskedName(survivor),
    agrees: [],
    differs: ["reference" as const],
  };
  return { kind: "question", reason: "merged", candidates: [candidate] };
}

/** Two customers' Contacts were merged into one: it goes to the first, and a question is asked for the other. */
function onlyOnce(decisions: Map<string, ContactDecision>): Map<string, ContactDecision> {
  const taken = new Set<string>();
  return new Map([...decisions].map(([id, decision]) => {
    if (decision.kind !== "link") return [id, decision];
    if (taken.has(decision.contact.id)) return [id, asked(decision.contact)];
    taken.add(decision.contact.id);
    return [id, decision];
  }));
}

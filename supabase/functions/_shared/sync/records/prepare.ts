import type { Ours } from "../../merge/types.ts";
import type { How } from "../../mapping/record_type.ts";
import type { Fields, RecordLinks } from "../../mapping/types.ts";
import type { ValueRules } from "../../merge/values.ts";
import type { Accounts } from "../links/accounts.ts";
import { describeFault } from "../../zoho/faults.ts";
import { ended, type Settlement } from "../claim/change.ts";
import type { Contacts } from "../links/contact_types.ts";
import { type Failure, failure } from "../attempts/failure.ts";
import type { Entity } from "../claim/kinds.ts";
import type { Products } from "../links/products.ts";
import type { DrainSession } from "../drain_session.ts";
import { settleFailure } from "../attempts/failure_policy.ts";

/** The Accounts, Contacts and Products of a wave, resolved before its records are looked at. */
export interface WaveContext {
  accounts: Accounts;
  contacts: Contacts;
  products: Products;
}

/** An entity with the values that CircleTel has for its record. */
export interface Prepared {
  entity: Entity;
  ours: Ours;
}

/** CircleTel's current values for an entity's record; a settlement if they cannot be determined or it has no record of its own. */
export function prepare(
  session: DrainSession,
  entity: Entity,
  known: WaveContext,
  rules: ValueRules,
): Prepared | Settlement {
  const { change, kind } = entity;
  const missing = missingLink(entity, known);
  if (missing) return settleFailure(change, missing, session.deps.random());
  // A Contact was already written when it was resolved.
  if (kind.isPointedTo) {
    // Open questions stay.
    if (known.contacts.merged.has(change.entity_id)) return ended(change, "done");
    const asked = known.contacts.asked.get(change.entity_id);
    return { ...ended(change, "done"), questions: asked ? [asked] : [] };
  }
  const projected = project(session, entity, { ...rules, links: linksOf(entity, known) });
  if (!projected.ok) return settleFailure(change, projected, session.deps.random());
  const fields = { ...projected.fields };
  const { shared } = entity.subject;
  // The Contact that the record has stays.
  if (lacksContact(entity, known)) delete fields.Contact_Name;
  return { entity, ours: { fields, status: shared?.status ?? null, firstStage: shared?.firstStage ?? null } };
}

/** Whether the customer has no Contact yet: the record is sent without it, and again once it exists. */
export function lacksContact(
  { subject: { party: { customer } } }: Entity,
  { contacts }: WaveContext,
): boolean {
  return customer !== null && !contacts.ids.has(customer.id);
}

function linksOf({ subject: { party } }: Entity, { accounts, contacts, products }: WaveContext): RecordLinks {
  return {
    accountId: accounts.ids.get(party.account_key ?? "") ?? null,
    contactId: contacts.ids.get(party.customer?.id ?? "") ?? null,
    productIds: products.ids,
  };
}

/**
 * Why a link that the record requires is missing: it was refused, or it was to be written for
 * another change, whose lease was lost in between.
 */
function missingLink(
  { subject, kind }: Entity,
  { accounts, contacts, products }: WaveContext,
): Failure | undefined {
  const { party: { account_key, customer }, company, products: needed } = subject;
  const key = company === null ? null : account_key;
  if (kind.isPointedTo && customer !== null) {
    const { ids, asked, merged, failures } = contacts;
    const isThere = ids.has(customer.id) || asked.has(customer.id) || merged.has(customer.id);
    return failures.get(customer.id) ?? (isThere ? undefined : failure("LINK_FAILED", "Contact_Name"));
  }
  if (key !== null && !accounts.ids.has(key)) {
    return accounts.failures.get(key) ?? failure("LINK_FAILED", "Account_Name");
  }
  const product = needed.find(({ code }) => !products.ids.has(code));
  return product && (products.failures.get(product.code) ?? failure("LINK_FAILED", kind.lines));
}

/** A row that cannot be projected becomes one dead letter and must not stop the others of its wave. */
function project(
  session: DrainSession,
  { subject }: Entity,
  how: How,
): { ok: true; fields: Fields } | Failure {
  try {
    return { ok: true, fields: subject.project(how) };
  } catch (error) {
    if (error instanceof RangeError) return failure("BAD_SOURCE");
    session.deps.log("error", "a projection failed", { fault: describeFault(error) });
    return failure("INTERNAL");
  }
}

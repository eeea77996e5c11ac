import { limitConcurrency } from "../platform/concurrency.ts";
import { type Company, resolveAccounts, type ResolvedAccount } from "./accounts.ts";
import type { Change, Settlement } from "./change.ts";
import { type ContactLink, type Person, resolveContacts } from "./contacts.ts";
import { type Entity, kinds } from "./kinds.ts";
import { readDoubtful } from "./known.ts";
import { planRecords } from "./plan.ts";
import { resolveProducts } from "./products.ts";
import type { Run } from "./run.ts";
import { settleFailure } from "./verdict.ts";
import { writeRecords } from "./write.ts";

export interface WaveOutcome {
  settlements: Settlement[];
  accounts: ResolvedAccount[];
  links: ContactLink[];
  /** A fault of a whole call: the records it concerned are released, the drain pauses. */
  fault: unknown;
}

/**
 * Works one claim: sources are read, Accounts, Contacts and Products made sure of, and the records that differ written
 * in calls of up to 100, several at a time. Whatever was learned before a fault is in the outcome and gets settled.
 */
export async function workWave(run: Run, changes: Change[]): Promise<WaveOutcome> {
  const outcome: WaveOutcome = { settlements: [], accounts: [], links: [], fault: null };
  const entities: Entity[] = [];
  for (const change of changes) {
    const read = readChange(run, change);
    if ("outcome" in read) outcome.settlements.push(read);
    else entities.push(read);
  }
  try {
    // Line items wait for nobody's Account or Contact.
    const [parties, catalogue] = await Promise.allSettled([
      resolveParties(run, entities, outcome),
      resolveProducts(run, entities.map(({ change, subject }) => ({ change, ...subject }))),
    ]);
    if (parties.status === "rejected") throw parties.reason;
    if (catalogue.status === "rejected") throw catalogue.reason;
    const { accounts, contacts } = parties.value;
    const products = catalogue.value;
    const records = await readDoubtful(run, entities);
    const plan = planRecords(run, entities, { accounts, contacts, products, records });
    outcome.settlements.push(...plan.settled);
    const inTurn = limitConcurrency(run.callsAtOnce);
    const calls = await Promise.allSettled(plan.calls.map((call) => inTurn(() => writeRecords(run, call))));
    for (const call of calls) {
      if (call.status === "fulfilled") outcome.settlements.push(...call.value);
      else outcome.fault ??= call.reason;
    }
  } catch (error) {
    outcome.fault = error;
  }
  if (outcome.fault !== null) releaseTheRest(outcome, changes);
  return outcome;
}

async function resolveParties(run: Run, entities: Entity[], outcome: WaveOutcome) {
  const accounts = await resolveAccounts(run, entities.map(companyOf));
  outcome.accounts = accounts.resolved;
  const contacts = await resolveContacts(run, peopleOf(entities));
  outcome.links = contacts.links;
  return { accounts, contacts };
}

function readChange(run: Run, change: Change): Entity | Settlement {
  const { entity_type, entity_id, revision, source, mapping } = change;
  const done: Settlement = { entity_type, entity_id, revision, outcome: "done" };
  // Deleted since it was queued, whose trigger has marked the mapping; or it does not go to the CRM (any more).
  if (source === null || source === undefined) return done;
  const kind = kinds[entity_type];
  const subject = kind.read(source);
  if ("field" in subject) return refusal(run, change, "BAD_SOURCE", subject.field || null);
  if (subject.party.internal_test) return done;
  if (mapping?.state === "deleted_in_zoho") return refusal(run, change, "RECORD_NOT_FOUND", null);
  return { change, kind, subject };
}

function companyOf({ change, subject: { party, company } }: Entity): Company {
  return {
    change,
    key: company === null ? null : party.account_key,
    name: company,
    accountId: party.account_id,
  };
}

/** A customer's own change comes first: a wave writes each Contact once, and this one may be forced. */
function peopleOf(entities: Entity[]): Person[] {
  const own = entities.filter(({ kind }) => kind === kinds.customer);
  const others = entities.filter(({ kind }) => kind !== kinds.customer);
  return [...own, ...others].map(({ change, kind, subject: { party } }) => ({
    change,
    customer: party.customer,
    contact: party.contact && change.forced && kind === kinds.customer
      ? { ...party.contact, snapshot: {} }
      : party.contact,
    tried: party.contact_tried ?? null,
  }));
}

function refusal(run: Run, change: Change, code: string, field: string | null): Settlement {
  return settleFailure(
    change,
    { ok: false, code, field, message: code, duplicateId: null },
    run.with_.random(),
  );
}

/** A fault of a whole call burns no attempt of any record: they wait as they were. */
function releaseTheRest(outcome: WaveOutcome, changes: Change[]): void {
  const settled = new Set(outcome.settlements.map(({ entity_id }) => entity_id));
  for (const { entity_type, entity_id, revision } of changes) {
    if (!settled.has(entity_id)) {
      outcome.settlements.push({ entity_type, entity_id, revision, outcome: "release" });
    }
  }
}

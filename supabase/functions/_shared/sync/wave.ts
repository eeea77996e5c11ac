import { limitConcurrency } from "../platform/concurrency.ts";
import { failure } from "./attempts/failure.ts";
import { settleFailure } from "./attempts/failure_policy.ts";
import { aboutModule } from "./attempts/holds.ts";
import type { PartFailures } from "./attempts/write_types.ts";
import { type Change, ended, type Settlement } from "./claim/change.ts";
import { type Entity, kinds, type RecordKind } from "./claim/kinds.ts";
import type { DrainSession } from "./drain_session.ts";
import { type Company, resolveAccounts } from "./links/accounts.ts";
import { resolveContacts } from "./links/contacts.ts";
import type { Person } from "./links/look_at_contacts.ts";
import { type Products, resolveProducts } from "./links/products.ts";
import { followRefusedLinks } from "./links/refused_links.ts";
import { decide, howToDecide } from "./records/decide.ts";
import { lacksContact, prepare, type Prepared, type WaveContext } from "./records/prepare.ts";
import { lookAtCandidates, type Situations, situationsOf } from "./records/situations.ts";
import { planCalls, writeRecords } from "./records/write.ts";
import { type MetRecord, settleWrites } from "./settle/settle_writes.ts";
import { lookAgain, settlementOf } from "./settle/settlement.ts";
import {
  emptyOutcome,
  heldSettlements,
  releaseTheRest,
  type WaveOutcome,
  withContactFailures,
} from "./settle/wave_outcome.ts";

/**
 * Works one claim: reads sources, resolves Accounts, Contacts and Products, looks at records where needed,
 * merges both sides, and writes what differs in calls of up to 100 records, several at a time. Whatever was learned before a
 * fault is in the outcome and gets settled. Each kind of record is worked separately, so that a module that is hidden,
 * forbidden or failing does not delay the other kinds.
 */
export async function workWave(session: DrainSession, changes: Change[]): Promise<WaveOutcome> {
  const outcome = emptyOutcome();
  const entities: Entity[] = [];
  for (const change of changes) {
    const read = readChange(session, change);
    if ("outcome" in read) outcome.settlements.push(read);
    else entities.push(read);
  }
  // Products resolve in parallel with Accounts and Contacts; only records with line items wait for them.
  const parties = awaitedLater(resolveParties(session, entities, outcome));
  const products = awaitedLater(
    resolveProductsOf(session, entities, outcome),
  );
  const inTurn = limitConcurrency(session.callsAtOnce);
  const workKind = async (kind: RecordKind, some: Entity[]) => {
    try {
      const known: WaveContext = {
        ...await parties,
        products: kind.lines === null ? noProducts : await products,
      };
      const held = await aboutModule(
        session,
        kind.module,
        () => workRecords(session, some, { known, inTurn, outcome }),
      );
      if (held !== null) outcome.settlements.push(...heldSettlements(session, outcome, some, held));
    } catch (fault) {
      outcome.fault ??= fault;
    }
  };
  await Promise.all(
    [...Map.groupBy(entities, ({ kind }) => kind)].map(([kind, some]) => workKind(kind, some)),
  );
  try {
    await followRefusedLinks(session, outcome.refusedLinks);
  } catch (fault) {
    outcome.fault ??= fault;
  }
  if (outcome.fault !== null) releaseTheRest(outcome, changes);
  return outcome;
}

/** Keeps an early rejection from being reported as unhandled before it is awaited. */
function awaitedLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

const noProducts: Products = { ids: new Map(), failures: new Map(), parts: new Map() };

/**
 * Looks, merges and writes; after a create that met an existing record, looks at that one, merges and writes once more.
 * @throws the fault of a whole call, after the other calls have ended
 */
async function workRecords(
  session: DrainSession,
  entities: Entity[],
  { known, inTurn, outcome }: {
    known: WaveContext;
    inTurn: ReturnType<typeof limitConcurrency>;
    outcome: WaveOutcome;
  },
): Promise<void> {
  const how = await howToDecide(session);
  const prepared: Prepared[] = [];
  for (const entity of entities) {
    const step = prepare(session, entity, known, how.rulesOf(entity));
    if ("outcome" in step) outcome.settlements.push(step);
    else prepared.push(step);
  }
  outcome.lacking.push(...prepared.flatMap((each) => lackOf(each, known)));
  const faults: unknown[] = [];
  const carryOut = async ({ known: all, settled }: Situations): Promise<MetRecord[]> => {
    const plan = planCalls(session, all.map((each) => decide(each.prepared, each.situation, how)));
    outcome.settlements.push(
      ...settled,
      ...plan.unsent.map((decision) => settlementOf(decision, null)),
      ...plan.tooFresh.map(({ decision, waitMs }) => lookAgain(decision, waitMs)),
    );
    const calls = await Promise.allSettled(plan.calls.map(async (call) => {
      const { written, fault } = await inTurn(() => writeRecords(session, call));
      return { fault, ...settleWrites(call, written, session.deps.random) };
    }));
    return calls.flatMap((call) => {
      if (call.status === "rejected") {
        faults.push(call.reason);
        return [];
      }
      const { settled, met, parts, refusedLinks, fault } = call.value;
      if (fault !== null) faults.push(fault);
      outcome.settlements.push(...settled);
      addParts(outcome, parts);
      for (const { zoho_type, zoho_id } of refusedLinks) {
        if (zoho_type === "Products") outcome.gone.push({ zoho_type, zoho_id });
        else outcome.refusedLinks.push({ zoho_type, zoho_id });
      }
      return met;
    });
  };
  const met = await carryOut(await situationsOf(session, prepared, how));
  const candidates = met.map(({ decision: { entity, ours }, zohoId }) => ({
    prepared: { entity, ours },
    zohoId,
  }));
  await carryOut(await lookAtCandidates(session, candidates));
  outcome.settlements = withContactFailures(session, outcome, prepared, known);
  if (faults.length > 0) throw faults[0];
}

/** The record, if it was sent without its Contact; while a question about the customer is open, the answer requeues it. */
function lackOf({ entity }: Prepared, known: WaveContext): WaveOutcome["lacking"] {
  const { change: { entity_type, entity_id, lane }, subject: { party: { customer } } } = entity;
  if (customer === null || !lacksContact(entity, known)) return [];
  if (known.contacts.asked.has(customer.id) || known.contacts.merged.has(customer.id)) return [];
  return [{ entity_type, entity_id, customer_id: customer.id, lane }];
}

async function resolveParties(session: DrainSession, entities: Entity[], outcome: WaveOutcome) {
  const accounts = await resolveAccounts(session, entities.map(companyOf));
  outcome.accounts = accounts.resolved;
  addParts(outcome, accounts.parts);
  const contacts = await resolveContacts(session, peopleOf(entities));
  outcome.links = [...contacts.links.values()];
  outcome.gone.push(...contacts.gone);
  addParts(outcome, contacts.parts);
  if (contacts.fault !== null) throw contacts.fault;
  outcome.asked = [...contacts.asked].map(([entity_id, question]) => ({ entity_id, questions: [question] }));
  return { accounts, contacts };
}

async function resolveProductsOf(session: DrainSession, entities: Entity[], outcome: WaveOutcome) {
  const products = await resolveProducts(
    session,
    entities.map(({ change, subject }) => ({ change, ...subject })),
  );
  addParts(outcome, products.parts);
  return products;
}

function addParts(outcome: WaveOutcome, parts: PartFailures): void {
  for (const [entityId, part] of parts) outcome.parts.set(entityId, part);
}

function readChange(session: DrainSession, change: Change): Entity | Settlement {
  const { entity_type, source } = change;
  const reason = `The ${entity_type} does not go to the CRM`;
  const done: Settlement = {
    ...ended(change, "done"),
    seen: { outcome: "ignored", reason, details: {} },
  };
  // Deleted since it was queued (the trigger has marked the mapping), or it is not sent to the CRM.
  if (source === null || source === undefined) return done;
  const kind = kinds[entity_type];
  const subject = kind.read(source);
  if ("field" in subject) {
    return settleFailure(change, failure("BAD_SOURCE", subject.field || null), session.deps.random());
  }
  if (subject.party.internal_test) return done;
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

/** A customer's own change comes first: a wave writes each Contact once, and that change may be forced. */
function peopleOf(entities: Entity[]): Person[] {
  const own = entities.filter(({ kind }) => kind === kinds.customer);
  const others = entities.filter(({ kind }) => kind !== kinds.customer);
  return [...own, ...others].map(({ change, kind, subject: { party } }) => ({
    change,
    customer: party.customer,
    contact: party.contact && change.forced && kind === kinds.customer
      ? { ...party.contact, snapshot: {} }
      : party.contact,
    answer: party.contact_answer,
    goneId: null,
    isMerged: party.contact_merged && !(change.forced && kind === kinds.customer),
    isWaiting: party.customer_change === "waits",
  }));
}

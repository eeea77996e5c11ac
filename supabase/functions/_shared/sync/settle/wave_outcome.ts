import type { EntityType } from "../../mapping/types.ts";
import { settleFailure } from "../attempts/failure_policy.ts";
import { heldFailure } from "../attempts/holds.ts";
import type { PartFailures } from "../attempts/write_types.ts";
import { type AskedQuestion, type Change, ended, type ModuleHold, type Settlement } from "../claim/change.ts";
import type { Entity } from "../claim/kinds.ts";
import type { DrainSession } from "../drain_session.ts";
import type { ResolvedAccount } from "../links/accounts.ts";
import type { ContactLink } from "../links/contact_types.ts";
import type { Prepared, WaveContext } from "../records/prepare.ts";

/** Everything that a wave learned or decided. */
export interface WaveOutcome {
  settlements: Settlement[];
  accounts: ResolvedAccount[];
  links: ContactLink[];
  /** Customers whose Contact a person has to choose. */
  asked: { entity_id: string; questions: AskedQuestion[] }[];
  /** Records sent without the Contact of a customer whose own change has to end first. */
  lacking: { entity_type: EntityType; entity_id: string; customer_id: string; lane: number }[];
  /** Why a part of an entity's records was not sent or not taken, though the rest was. */
  parts: PartFailures;
  /** Contacts and Products that no longer exist in Zoho. */
  gone: { zoho_type: "Contacts" | "Products"; zoho_id: string }[];
  /** Accounts and Contacts that Zoho refused as link targets. */
  refusedLinks: { zoho_type: "Accounts" | "Contacts"; zoho_id: string }[];
  /** A fault of a whole call: the records it concerned are released, the drain pauses. */
  fault: unknown;
}

/** The outcome of a wave that has done nothing yet. */
export function emptyOutcome(): WaveOutcome {
  return {
    settlements: [],
    accounts: [],
    links: [],
    asked: [],
    lacking: [],
    parts: new Map(),
    gone: [],
    refusedLinks: [],
    fault: null,
  };
}

/**
 * A change that Zoho accepted only in part is not done: the refused or unsupported part waits for a person or a later round, and
 * is sent again with the next change.
 */
export function markParts(session: DrainSession, changes: Change[], outcome: WaveOutcome): WaveOutcome {
  if (outcome.parts.size === 0) return outcome;
  const byId = new Map(changes.map((change) => [change.entity_id, change]));
  const settlements = outcome.settlements.map((settlement): Settlement => {
    const change = byId.get(settlement.entity_id);
    const part = outcome.parts.get(settlement.entity_id);
    if (settlement.outcome !== "done" || !part || !change) return settlement;
    return { ...settlement, ...settleFailure(change, part, session.deps.random()), in_part: true };
  });
  return { ...outcome, settlements };
}

/**
 * Where customers are switched off, no change of a customer can be retried or become a dead letter; instead, a record
 * sent without its Contact is.
 */
export function withContactFailures(
  session: DrainSession,
  outcome: WaveOutcome,
  prepared: Prepared[],
  known: WaveContext,
): Settlement[] {
  const failed = new Map(prepared.flatMap(({ entity: { change, subject: { party } } }) => {
    const why = known.contacts.failures.get(party.customer?.id ?? "");
    return why && party.customer_change === "off" ? [[change.entity_id, { change, why }]] : [];
  }));
  return outcome.settlements.map((settlement) => {
    const its = failed.get(settlement.entity_id);
    if (its === undefined || settlement.outcome !== "done") return settlement;
    return { ...settlement, ...settleFailure(its.change, its.why, session.deps.random()) };
  });
}

/** Settlements of the changes that a held module left undone. */
export function heldSettlements(
  session: DrainSession,
  { settlements }: WaveOutcome,
  some: Entity[],
  held: ModuleHold,
): Settlement[] {
  const settled = new Set(settlements.map(({ entity_id }) => entity_id));
  return some.filter(({ change }) => !settled.has(change.entity_id))
    .map(({ change }) => settleFailure(change, heldFailure(held), session.deps.random()));
}

/** A fault of a whole call counts as no record's failed round: the remaining changes are released. */
export function releaseTheRest(outcome: WaveOutcome, changes: Change[]): void {
  const settled = new Set(outcome.settlements.map(({ entity_id }) => entity_id));
  const rest = changes.filter(({ entity_id }) => !settled.has(entity_id));
  outcome.settlements.push(...rest.map((change) => ended(change, "release")));
}

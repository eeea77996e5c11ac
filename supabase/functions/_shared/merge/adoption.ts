import { lookupId } from "../mapping/lookup.ts";
import type { Attempt } from "./types.ts";

/** A record that may be the one of an entity without a mapping, as it was just read. */
export interface FoundCandidate {
  id: string;
  /** The unique field that carries CircleTel's number; null when it is empty. */
  reference: string | null;
  accountId: string | null;
  revision: string | null;
  /** The entity that it is linked to; null when it is free. */
  linkedTo: string | null;
}

/** The entity that looks for its record. */
export interface Adopter {
  entityId: string;
  reference: string;
  /** The Account that its record would be linked to; null when it has none. */
  accountId: string | null;
  attempts: readonly Attempt[];
}

/**
 * | decision | reasons |
 * |---|---|
 * | adopt | own_write: it carries the revision of an attempt of ours, so merge() knows its base, or the Account that an attempt sent whose answer was lost; same_account: its Account is ours; no_account: it has none |
 * | taken | linked: another entity owns it; other_case: its number is another one's, equal only without case. Never written nor linked: a person corrects one of the two |
 * | ask | other_account: its Account is not the one that we would link; other_reference: it carries another number |
 */
export type AdoptionDecision =
  | { kind: "adopt"; because: "own_write" | "same_account" | "no_account" }
  | { kind: "taken"; because: "linked" | "other_case" }
  | { kind: "ask"; because: "other_account" | "other_reference" };

/**
 * Whether a record becomes an entity's own. A refused insert names it, the original service's zoho_deal_id names it, or
 * a search finds it; it is read before anything is written.
 */
export function decideAdoption(adopter: Adopter, record: FoundCandidate): AdoptionDecision {
  if (record.linkedTo !== null && record.linkedTo !== adopter.entityId) {
    return { kind: "taken", because: "linked" };
  }
  if (carriesOwnWrite(adopter, record)) return { kind: "adopt", because: "own_write" };
  const reference = record.reference?.trim() ?? "";
  if (reference !== "" && reference !== adopter.reference.trim()) {
    return isEqualWithoutCase(reference, adopter.reference.trim())
      ? { kind: "taken", because: "other_case" }
      : { kind: "ask", because: "other_reference" };
  }
  if (record.accountId === null) return { kind: "adopt", because: "no_account" };
  if (record.accountId === adopter.accountId) return { kind: "adopt", because: "same_account" };
  return wasMadeSo(adopter, record)
    ? { kind: "adopt", because: "own_write" }
    : { kind: "ask", because: "other_account" };
}

/**
 * Decides about a mapping whose record is gone. Zoho merges records: the one that carries our number now is the
 * survivor and is followed. Otherwise a person decides: make it again, or unlink.
 *
 * @param carriers the records that carry the entity's reference now
 */
export function decideGone(
  adopter: Adopter,
  carriers: readonly FoundCandidate[],
): { kind: "follow"; id: string } | { kind: "ask" } {
  const free = carriers.filter(({ reference, linkedTo }) =>
    reference?.trim() === adopter.reference.trim() && (linkedTo === null || linkedTo === adopter.entityId)
  );
  const [survivor] = free;
  return survivor !== undefined && free.length === 1 ? { kind: "follow", id: survivor.id } : { kind: "ask" };
}

function carriesOwnWrite({ attempts }: Adopter, { revision }: FoundCandidate): boolean {
  return revision !== null && attempts.some((attempt) => attempt.revision === revision);
}

/** The company has changed since; the record has our number and the Account that our own create gave it. */
function wasMadeSo({ attempts }: Adopter, { reference, accountId }: FoundCandidate): boolean {
  return reference !== null &&
    attempts.some(({ sent, outcome }) => outcome !== "refused" && lookupId(sent.Account_Name) === accountId);
}

function isEqualWithoutCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

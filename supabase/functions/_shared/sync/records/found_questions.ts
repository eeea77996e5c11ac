import type { AdoptionDecision, FoundCandidate } from "../../merge/adoption.ts";
import type { AskedQuestion, FoundShown, Settlement } from "../claim/change.ts";
import type { OwningEntity } from "./find_records.ts";
import type { SeenRecord } from "./look.ts";
import type { Prepared } from "./prepare.ts";

/** What the answer "link it" refers to: this record, with its number and Account at that time. */
export function shownOf({ id, reference, accountId }: FoundCandidate): FoundShown {
  return { zoho_id: id, reference, account_id: accountId };
}

/** The question about a record that carries our number or the original service's link, and may be another company's. */
export function foundQuestion(
  prepared: Prepared,
  candidate: FoundCandidate,
  { lastChange, fields }: SeenRecord,
  { because }: AdoptionDecision,
): AskedQuestion {
  const field = because === "other_account" ? "Account_Name" : prepared.entity.kind.reference;
  return {
    kind: "record_found",
    field: null,
    ours: { id: null, [field]: prepared.ours.fields[field] ?? null },
    theirs: { id: candidate.id, [field]: fields[field] ?? null },
    asks: null,
    answers: ["link"],
    shown: shownOf(candidate),
    changed_by: lastChange.by,
    changed_at: lastChange.at,
  };
}

/**
 * The question about a record that carries our number and belongs to another entity. It is never linked: a person corrects one of
 * the two, in Zoho or in CircleTel, and then it is read again. The answer does not depend on what was shown.
 *
 * @param owner null: the record's number differs from ours in case only
 */
export function takenQuestion(
  { entity: { kind }, ours }: Prepared,
  { id, reference }: FoundCandidate,
  owner: OwningEntity | null,
  { lastChange }: SeenRecord,
): AskedQuestion {
  const field = kind.reference;
  return {
    kind: "record_taken",
    field: null,
    ours: { id: null, [field]: ours.fields[field] ?? null },
    theirs: { id, [field]: reference, linked_to: owner?.name ?? null },
    asks: null,
    answers: ["try_again"],
    shown: {},
    changed_by: lastChange.by,
    changed_at: lastChange.at,
  };
}

/** The outcome of the look, for the hint and the log. */
export function seenQuestion({ kind, changed_by, changed_at }: AskedQuestion): Pick<Settlement, "seen"> {
  const details = { by: changed_by, modified_at: changed_at };
  return { seen: { outcome: "question", reason: `QUESTION: ${kind}`, details } };
}

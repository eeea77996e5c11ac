import { lookupId } from "../../mapping/lookup.ts";
import { decideAdoption, decideGone, type FoundCandidate } from "../../merge/adoption.ts";
import type { Attempt } from "../../merge/types.ts";
import { recordChoice } from "./base.ts";
import { type Change, ended, type Settlement } from "../claim/change.ts";
import { decide, type Deciding, type Situation } from "./decide.ts";
import { carriersOf, lostRecords, ownersOf, type OwningEntity } from "./find_records.ts";
import { followMovedLinks } from "./follow_moved_links.ts";
import { foundQuestion, seenQuestion, shownOf, takenQuestion } from "./found_questions.ts";
import type { Entity } from "../claim/kinds.ts";
import { attemptsOf, lookAt, type Looked, type SeenRecord } from "./look.ts";
import type { Prepared } from "./prepare.ts";
import type { DrainSession } from "../drain_session.ts";

export interface Situations {
  known: { prepared: Prepared; situation: Situation }[];
  /** Entities that need no decision now. */
  settled: Settlement[];
}

/** An entity and a record that is or may be its own. */
interface Candidate {
  prepared: Prepared;
  zohoId: string;
}

/**
 * Determines the state of each entity's record: not read if no look is needed, absent if there is none, else as it is
 * read now. A record that is not linked yet is adopted only under conditions (merge/adoption.ts).
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function situationsOf(
  session: DrainSession,
  all: Prepared[],
  how: Deciding,
): Promise<Situations> {
  const answer: Situations = { known: [], settled: [] };
  const candidates: Candidate[] = [];
  const inDoubt: Prepared[] = [];
  for (const prepared of all) {
    const first = firstStep(prepared, how);
    if ("outcome" in first) answer.settled.push(first);
    else if (first.kind === "look") candidates.push({ prepared, zohoId: first.zohoId });
    else if (first.kind === "find") inDoubt.push(prepared);
    else answer.known.push({ prepared, situation: { ...first, attempts: [] } });
  }
  // A create whose answer was lost is searched for before it is repeated.
  const lost = await lostRecords(session, inDoubt.map(({ entity }) => entity));
  for (const prepared of inDoubt) {
    const zohoId = lost.get(prepared.entity.change.entity_id);
    if (zohoId !== undefined) candidates.push({ prepared, zohoId });
    else answer.known.push({ prepared, situation: absent });
  }
  return merged(answer, await lookAtCandidates(session, candidates));
}

const absent: Situation = { kind: "absent", zohoId: null, attempts: [] };

function merged(a: Situations, b: Situations): Situations {
  return { known: [...a.known, ...b.known], settled: [...a.settled, ...b.settled] };
}

type FirstStep =
  | Settlement
  | { kind: "absent"; zohoId: null }
  | { kind: "not_read"; zohoId: string }
  | { kind: "look"; zohoId: string }
  | { kind: "find" };

function firstStep(prepared: Prepared, how: Deciding): FirstStep {
  const { entity } = prepared;
  const { change, subject: { keptId } } = entity;
  const { mapping } = change;
  if (mapping?.state === "unlinked") return { ...ended(change, "done"), questions: [] };
  const zohoId = mapping?.zoho_id ?? keptId;
  if (zohoId === null) return change.in_doubt ? { kind: "find" } : { kind: "absent", zohoId: null };
  return needsLook(prepared, zohoId, how) ? { kind: "look", zohoId } : { kind: "not_read", zohoId };
}

function needsLook(prepared: Prepared, zohoId: string, how: Deciding): boolean {
  const { change } = prepared.entity;
  const { mapping } = change;
  if (change.look || change.forced || change.in_doubt || mapping?.state !== "linked") return true;
  // Fields that Zoho keeps changing are compared with their present value.
  if (Object.keys(mapping.loops).length > 0) return true;
  return decide(prepared, { kind: "not_read", zohoId, attempts: [] }, how).result.needsLook;
}

/**
 * Reads records, follows those that were merged into another one, and adopts those that are not linked yet.
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function lookAtCandidates(session: DrainSession, candidates: Candidate[]): Promise<Situations> {
  if (candidates.length === 0) return { known: [], settled: [] };
  const looked = await lookAt(
    session,
    candidates.map(({ prepared, zohoId }) => ({ entity: prepared.entity, zohoId })),
  );
  const gone = candidates.filter(({ zohoId }) => !looked.get(zohoId)?.theirs);
  const followed = await follow(session, gone);
  const found: (Candidate & { record: Looked & { theirs: SeenRecord } })[] = [];
  const answer: Situations = { known: [], settled: [] };
  for (const candidate of candidates) {
    const { prepared, zohoId } = followed.get(candidate)?.candidate ?? candidate;
    const record = followed.get(candidate)?.looked ?? looked.get(zohoId);
    if (record?.theirs) found.push({ prepared, zohoId, record: { ...record, theirs: record.theirs } });
    else {
      const end = goneStep(prepared, zohoId);
      if ("outcome" in end) answer.settled.push(end);
      else answer.known.push({ prepared, situation: end });
    }
  }
  const there = await followMovedLinks(session, found);
  const attempts = await attemptsOf(
    session,
    there.filter(needsAttempts)
      .map(({ prepared: { entity }, record }) => ({ entity, revision: record.theirs.revision })),
  );
  const owners = await ownersOf(
    session,
    there.filter(isNotLinked).map(({ prepared: { entity }, zohoId }) => ({ entity, zohoId })),
  );
  for (const { prepared, zohoId, record } of there) {
    const own = attempts.get(prepared.entity.change.entity_id) ?? [];
    const refusal = isNotLinked({ prepared, zohoId })
      ? mayAdopt(prepared, zohoId, {
        seen: record.theirs,
        attempts: own,
        owner: owners.get(prepared.entity) ?? null,
      })
      : null;
    if (refusal !== null) answer.settled.push(refusal);
    else answer.known.push({ prepared, situation: { looked: record, zohoId, attempts: own } });
  }
  return answer;
}

/** A person's answer is carried out only after another look, since the record may have been restored. */
function goneStep({ entity }: Prepared, zohoId: string): Situation | Settlement {
  const { change } = entity;
  const choice = recordChoice(change, "record_gone");
  if (choice === "unlink") return { ...ended(change, "done"), state: "unlinked", questions: [] };
  if (choice === "make_again" || change.mapping === null) return absent;
  return { kind: "gone", zohoId, attempts: [] };
}

/**
 * Whether our own attempts must be read. Most looks find a record that is in sync except for fields changed in Zoho, and
 * need none.
 */
function needsAttempts(
  { prepared, zohoId, record }: Candidate & { record: { theirs: SeenRecord } },
): boolean {
  const { entity: { change }, ours } = prepared;
  const { mapping } = change;
  return isNotLinked({ prepared, zohoId }) || change.in_doubt || change.answers.length > 0 ||
    mapping?.agreed_status !== ours.status || mapping.revision !== record.theirs.revision ||
    Object.keys(mapping.loops).length > 0;
}

function isNotLinked({ prepared: { entity: { change } }, zohoId }: Candidate): boolean {
  return change.mapping?.zoho_id !== zohoId;
}

/** Zoho merges records: the one that carries our reference now is the survivor. */
async function follow(
  session: DrainSession,
  gone: Candidate[],
): Promise<Map<Candidate, { candidate: Candidate; looked: Looked }>> {
  const carriers = await carriersOf(session, gone.map(({ prepared }) => prepared));
  const moved = new Map<Candidate, Candidate>();
  for (const candidate of gone) {
    const { prepared } = candidate;
    const decision = decideGone(adopterOf(prepared, []), carriers.get(prepared) ?? []);
    if (decision.kind === "follow") moved.set(candidate, { prepared, zohoId: decision.id });
  }
  const looked = await lookAt(
    session,
    [...moved.values()].map(({ prepared, zohoId }) => ({ entity: prepared.entity, zohoId })),
  );
  return new Map([...moved].flatMap(([from, candidate]) => {
    const found = looked.get(candidate.zohoId);
    return found?.theirs ? [[from, { candidate, looked: found }]] : [];
  }));
}

function adopterOf({ entity: { change, kind }, ours }: Prepared, attempts: readonly Attempt[]) {
  return {
    entityId: change.entity_id,
    reference: String(ours.fields[kind.reference] ?? ""),
    accountId: lookupId(ours.fields.Account_Name),
    attempts,
  };
}

/** Null when the record may become the entity's own. */
function mayAdopt(
  prepared: Prepared,
  zohoId: string,
  record: { seen: SeenRecord; attempts: readonly Attempt[]; owner: OwningEntity | null },
): Settlement | null {
  const { entity } = prepared;
  const { seen, owner } = record;
  const candidate = candidateOf(entity, zohoId, record);
  const decision = decideAdoption(adopterOf(prepared, record.attempts), candidate);
  if (decision.kind === "adopt" || decision.kind === "ask" && isChosen(entity.change, candidate)) return null;
  const question = decision.kind === "taken"
    ? takenQuestion(prepared, candidate, owner, seen)
    : foundQuestion(prepared, candidate, seen, decision);
  return { ...ended(entity.change, "done"), questions: [question], ...seenQuestion(question) };
}

function candidateOf(
  { kind }: Entity,
  id: string,
  { seen, owner }: { seen: SeenRecord; owner: OwningEntity | null },
): FoundCandidate {
  const reference = seen.fields[kind.reference];
  return {
    id,
    reference: typeof reference === "string" ? reference : null,
    accountId: lookupId(seen.fields.Account_Name),
    revision: seen.revision,
    linkedTo: owner?.entityId ?? null,
  };
}

function isChosen({ answers }: Change, candidate: FoundCandidate): boolean {
  const now = shownOf(candidate);
  return answers.some(({ kind, choice, shown }) =>
    kind === "record_found" && choice === "link" && "zoho_id" in shown && shown.zoho_id === now.zoho_id &&
    shown.reference === now.reference && shown.account_id === now.account_id
  );
}

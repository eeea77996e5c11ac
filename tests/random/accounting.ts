import { isSameStage } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type { ValueRules } from "../../supabase/functions/_shared/merge/values.ts";
import type { BaseEntry, Entry, QuestionEntry } from "./journal.ts";
import type { StageWrite, World } from "./world.ts";

// Every move of a seller and every change of a status has an end: taken in or sent, agreed, in conflict, asked about, or
// followed by another of the same side. The ends are read from what the database went through.

type Of<Kind> = Extract<Entry, { kind: Kind }>;

export function unaccounted(world: World, journal: Entry[], rules: ValueRules): string[] {
  return [
    ...lostMoves(world, journal, rules),
    ...lostChanges(world, journal),
    ...ownEchoes(world, journal, rules),
  ];
}

function lostMoves(world: World, journal: Entry[], rules: ValueRules): string[] {
  return world.stageWrites.flatMap((move, index) => {
    if (move.by !== "seller" && move.by !== "other") return [];
    if (isSameStage(move.before, move.after, rules)) return [];
    const number = world.numberOf.get(move.dealId);
    const contract = world.contracts.find((each) => each.number === number);
    if (contract === undefined) return [];
    const next = world.stageWrites.slice(index + 1).find(({ dealId }) => dealId === move.dealId);
    // Followed by another of that side, or written by us just so.
    if (next !== undefined && (next.by !== "ours" || isSameStage(next.after, move.after, rules))) return [];
    const gone = world.deletions.find(({ dealId, step }) => dealId === move.dealId && step >= move.step);
    // Whatever became of it, it was before our next write covers it.
    const until = next?.step ?? Infinity;
    if (gone !== undefined && gone.step <= until) return [];
    const own = journal.filter((entry) => entry.contract === contract.id && entry.step <= until);
    if (own.some((entry) => isEndOfMove(entry, move, rules)) || isBaseAlready(own, move, rules)) return [];
    if (isOurWriteAlready(world, own, move, rules)) return [];
    const after = next === undefined ? "" : ` before our ${next.after} of step ${next.step}`;
    return [
      `${contract.number}: the ${move.by}'s move to ${move.after} at step ${move.step} has no end${after}`,
    ];
  });
}

function isEndOfMove(entry: Entry, move: StageWrite, rules: ValueRules): boolean {
  if (entry.step < move.step) return false;
  if (entry.kind === "base") return !entry.restored && isBaseOf(entry, move, rules);
  if (entry.kind !== "question") return false;
  return isAboutTheRecord(entry) ||
    entry.field === "Stage" && isSameStage(textOf(entry.theirs), move.after, rules);
}

/** A move back to what both agreed on, or to what an open question shows, is none. */
function isBaseAlready(own: Entry[], move: StageWrite, rules: ValueRules): boolean {
  const asked = openQuestion(own, move.step);
  if (asked !== null && isSameStage(textOf(asked.theirs), move.after, rules)) return true;
  const base = own.findLast((entry) => entry.kind === "base" && entry.step <= move.step);
  // What a person unlinked is not CircleTel's to follow.
  return base?.kind === "base" && (base.state === "unlinked" || isBaseOf(base, move, rules));
}

/** Nor is one back to what our own write sent, as long as nothing was agreed on since: that write is the base. */
function isOurWriteAlready(
  { stageWrites }: World,
  own: Entry[],
  move: StageWrite,
  rules: ValueRules,
): boolean {
  const ours = stageWrites.findLast(({ by, dealId, step }) =>
    by === "ours" && dealId === move.dealId && step <= move.step
  );
  if (ours === undefined || !isSameStage(ours.after, move.after, rules)) return false;
  return !own.some(({ kind, step }) => kind === "base" && step >= ours.step && step <= move.step);
}

/** The last word about the stage, if it is still asked. */
function openQuestion(own: Entry[], step: number): QuestionEntry | null {
  const last = own.findLast((entry) =>
    entry.kind === "question" && entry.field === "Stage" && entry.step <= step
  );
  return last?.kind === "question" && !last.isClosed ? last : null;
}

function isBaseOf({ zohoId, stage, revision }: BaseEntry, move: StageWrite, rules: ValueRules): boolean {
  // A merge takes the revision to another record.
  const isOfTheDeal = zohoId === move.dealId || revision !== null;
  return isOfTheDeal && isSameStage(stage, move.after, rules) && revision === move.revision;
}

function isAboutTheRecord({ asks }: QuestionEntry): boolean {
  return asks === "record_gone" || asks === "record_found" || asks === "record_taken";
}

function lostChanges(world: World, journal: Entry[]): string[] {
  return world.contracts.flatMap(({ id, number }) => {
    const own = journal.filter(({ contract }) => contract === id);
    const changes = own.filter((entry): entry is { step: number; contract: string } & Of<"status"> =>
      entry.kind === "status"
    );
    return changes.flatMap((change, index) => {
      const next = changes[index + 1];
      if (change.takenIn || next !== undefined && !next.takenIn) return [];
      if (world.restores.some(({ from, step }) => from < change.step && change.step <= step)) return [];
      const until = next?.step ?? Infinity;
      const base = own.findLast((entry) => entry.kind === "base" && entry.step <= change.step);
      const isBack = openQuestion(own, change.step)?.ours === change.to ||
        base?.kind === "base" && (base.status === change.to || base.state === "unlinked");
      const hasEnd = own.some((entry) =>
        entry.step >= change.step && entry.step <= until && isEndOfChange(entry, change.to)
      );
      if (isBack || hasEnd) return [];
      const after = next === undefined ? "" : ` before ${next.to} was taken in at step ${next.step}`;
      return [`${number}: the change to ${change.to} at step ${change.step} has no end${after}`];
    });
  });
}

function isEndOfChange(entry: Entry, status: string): boolean {
  if (entry.kind === "dead") return true;
  if (entry.kind === "base") {
    return !entry.restored && (entry.status === status || entry.state === "unlinked");
  }
  return entry.kind === "question" &&
    (["record_found", "record_taken"].includes(entry.asks) || entry.ours === status);
}

/** A status that was taken in was set in Zoho by another writer, or chosen by a person. */
function ownEchoes(world: World, journal: Entry[], rules: ValueRules): string[] {
  return journal.flatMap((entry, index) => {
    if (entry.kind !== "status" || !entry.takenIn) return [];
    const earlier = journal.slice(0, index).filter(({ contract }) => contract === entry.contract);
    const isAnswered = earlier.some((each) => each.kind === "question" && each.answer === "zoho");
    const base = journal.slice(index).find((each) =>
      each.kind === "base" && each.contract === entry.contract
    );
    if (isAnswered || base?.kind !== "base") return [];
    const last = world.stageWrites.findLast(({ dealId, step, after }) =>
      dealId === base.zohoId && step <= entry.step && isSameStage(after, base.stage, rules)
    );
    if (last !== undefined && last.by !== "ours") return [];
    const number = world.contracts.find(({ id }) => id === entry.contract)?.number;
    return [
      `${number}: ${entry.to} was taken in at step ${entry.step} from a stage that CircleTel wrote itself`,
    ];
  });
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

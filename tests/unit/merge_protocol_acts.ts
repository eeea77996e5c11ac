import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { isAlarming, revisionOf } from "../../supabase/functions/_shared/merge/revision.ts";
import { settledBase } from "../../supabase/functions/_shared/merge/settled_base.ts";
import type { Attempt, MergeInput, Theirs } from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import { nowMs, rules, seller } from "./merge_samples.ts";
import {
  BrokenPromise,
  isBackAtAgreement,
  isInStep,
  isOpenChange,
  type Protocol,
  type ProtocolWorld,
  revisionSpace,
  touch,
} from "./merge_protocol_world.ts";

export function changeStatus(world: ProtocolWorld, status: ContractStatus): void {
  world.left.changes--;
  world.db.status = status;
  world.db.version++;
  world.db.statusId = idOfChange(world, status);
  world.db.isMarked = true;
}

/**
 * A change there and back is superseded by its own side: back to what both agreed on, nothing is left to send; back to
 * what is being sent or was written last, that write is its end; to what the Deal shows at that moment, they agree.
 */
function idOfChange(world: ProtocolWorld, status: ContractStatus): number | null {
  const { db: { base, attempts }, deal } = world;
  if (base?.agreed?.status === status || deal !== null && isInStep(status, deal.stage)) return null;
  const open = attempts.filter(({ outcome }) => outcome === "unknown");
  const same = [open.at(-1), open.find(({ revision }) => revision === deal?.revision)]
    .find((attempt) => attempt?.status === status);
  const id = same === undefined ? undefined : world.idOfWrite[same.revision ?? ""];
  return id ?? world.nextId++;
}

export function adoptModel(world: ProtocolWorld): void {
  world.isResting = false;
  world.db.epoch++;
  world.db.sequence = 0;
  world.db.isChecked = true;
}

export function claimDeal(world: ProtocolWorld, { checksRevisions }: Protocol): void {
  const { db, deal } = world;
  if (checksRevisions && !db.isChecked && isAlarming(deal?.revision ?? null, revisionSpace(db))) {
    world.isResting = true;
    return;
  }
  db.isChecked = true;
  db.isMarked = false;
  world.worker = { version: db.version, plan: null, reply: null };
}

function theirsOf({ db, deal }: ProtocolWorld): Theirs {
  // A create of unknown outcome is looked for by reference, so an unlinked Deal is found too.
  if (deal === null) return db.isLinked ? { kind: "gone" } : { kind: "absent" };
  return { kind: "record", fields: { Stage: deal.stage }, revision: deal.revision, lastChange: seller };
}

/** The look, the merge, and the transaction that opens the attempt and records a conflict. */
export function lookAndOpen(world: ProtocolWorld): void {
  const { db, deal, worker } = world;
  if (worker === null) return;
  const planned = revisionOf(db.epoch, db.sequence + 1);
  const input: MergeInput = {
    ours: { fields: {}, status: db.status, firstStage: "Closed Lost" },
    base: db.base,
    attempts: db.attempts,
    theirs: theirsOf(world),
    revisions: revisionSpace(db),
    plannedRevision: planned,
    // The count of corrections is tested by itself; it would only make histories shorter.
    loops: {},
    answer: db.answer,
    rules,
    nowMs,
  };
  const result = merge(input);
  worker.version = db.version;
  const stage = result.send.Stage;
  const isWriting = typeof stage === "string";
  worker.plan = {
    result,
    statusId: db.statusId,
    moveId: deal?.moveId ?? null,
    revision: isWriting ? planned : null,
  };
  if (result.conflict !== null && deal !== null && deal.moveId !== null) db.doneMoveId = deal.moveId;
  if (!isWriting) return;
  db.sequence++;
  world.idOfWrite[planned] = db.statusId;
  db.attempts.push({ sent: { Stage: stage }, status: db.status, revision: planned, outcome: "unknown" });
  const isAnswered = db.answer?.choice === "circletel";
  const coversMove = deal === null || deal.moveId === null || deal.moveId === db.doneMoveId || isAnswered ||
    isBackAtAgreement(db, deal);
  world.requests.push({
    stage,
    revision: planned,
    seen: deal?.modified ?? null,
    coversMove,
    statusId: db.statusId,
  });
}

export function arrive(
  world: ProtocolWorld,
  index: number,
  { sendsUnmodifiedSince }: Protocol,
  answer: "told" | "lost",
): void {
  const [request] = world.requests.splice(index, 1);
  if (request === undefined) return;
  const { deal } = world;
  const isUnmodified = (deal?.modified ?? null) === request.seen;
  const isTaken = request.seen === null ? deal === null : !sendsUnmodifiedSince || isUnmodified;
  if (isTaken) {
    const isOverwritten = deal !== null && deal.moveId !== null && !(request.coversMove && isUnmodified) &&
      deal.moveId !== world.db.doneMoveId;
    if (isOverwritten) throw new BrokenPromise("a seller's move is overwritten unseen");
    touch(world, request.stage, request.revision);
    if (request.statusId !== null) world.sentIds.push(request.statusId);
  }
  replyTo(world, request.revision, answer === "lost" ? "lost" : isTaken ? "ok" : "refused");
}

export function replyTo(world: ProtocolWorld, revision: string, how: "ok" | "refused" | "lost"): void {
  const { worker } = world;
  if (worker !== null && worker.plan !== null && worker.plan.revision === revision) worker.reply = how;
}

/** One transaction: base, attempts, the status taken in, the question, and whether the entity is marked again. */
export function settlePlan(world: ProtocolWorld, { guardsVersion }: Protocol): void {
  const { db, worker } = world;
  if (worker === null || worker.plan === null) return;
  const { result, revision, moveId, statusId } = worker.plan;
  world.worker = null;
  const isSame = !guardsVersion || db.version === worker.version;
  const isTakenIn = result.takeIn !== null && isSame;
  if (isTakenIn && result.takeIn !== null) {
    if (isOpenChange(world) && db.answer?.choice !== "zoho") {
      throw new BrokenPromise("a change of status is replaced by a move");
    }
    db.statusId = null;
    db.status = result.takeIn;
    db.version++;
  }
  const isWritten = worker.reply === "ok";
  const isRemembered = ["agreed", "left", "unchanged", "conflict"].includes(result.stage) &&
    revision === null;
  const isDone = isWritten || isTakenIn || isRemembered;
  const base = settledBase(result, isWritten ? result.send : null, isTakenIn);
  db.base = base;
  db.isLinked = db.isLinked || base !== null || isWritten || world.deal !== null;
  db.attempts = db.attempts.map((attempt): Attempt => {
    if (attempt.revision === revision && worker.reply !== null) {
      const outcome = worker.reply === "ok"
        ? "confirmed"
        : worker.reply === "refused"
        ? "refused"
        : "unknown";
      return { ...attempt, outcome };
    }
    return attempt.outcome === "unknown" && isDone ? { ...attempt, outcome: "judged" } : attempt;
  });
  const [question] = result.questions;
  db.question = question === undefined ? null : { kind: question.kind, shown: question.shown };
  if (isSame) db.answer = null;
  if (isDone && moveId !== null) db.doneMoveId = moveId;
  if ((isWritten || isRemembered) && statusId === db.statusId) db.statusId = null;
  if (revision !== null && !isWritten || result.takeIn !== null && !isTakenIn) db.isMarked = true;
}

import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { isAlarming, revisionOf } from "../../supabase/functions/_shared/merge/revision.ts";
import { settledBase } from "../../supabase/functions/_shared/merge/settled_base.ts";
import type {
  Attempt,
  Base,
  MergeInput,
  MergeResult,
  Shown,
  StageAnswer,
  Theirs,
} from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import { foreignRevision, nowMs, rules, seller } from "./merge_samples.ts";

// One contract, its Deal, a worker, the requests under way and the hints, with the real merge in the middle. Every
// order of what may happen is tried. Numbers called `…Id` name a seller's move or a change of status and follow it to
// its end; nothing decides by them.

/** What a row of the database holds, and so what a restore brings back. */
interface Database {
  status: ContractStatus;
  /** Raised by every change of the row. */
  version: number;
  base: Base | null;
  attempts: Attempt[];
  isLinked: boolean;
  /** The queue row: the entity is to be looked at. */
  isMarked: boolean;
  epoch: number;
  sequence: number;
  /** Whether this process has checked for revisions that it does not know. */
  isChecked: boolean;
  question: { kind: string; shown: Shown } | null;
  answer: StageAnswer | null;
  /** The change of status that nobody followed yet, and the last move with an end. */
  statusId: number | null;
  doneMoveId: number | null;
}

interface Deal {
  stage: string;
  revision: string | null;
  /** Counts modifications, as Modified_Time does. */
  modified: number;
  moveId: number | null;
}

/** A stage write on its way to Zoho. */
interface Request {
  stage: string;
  revision: string;
  /** The Deal as it was when it was looked at; null for a create. */
  seen: number | null;
  /** Whether the move that the look saw has a conflict, an answer or another end. */
  coversMove: boolean;
  statusId: number | null;
}

interface Worker {
  version: number;
  /** What it looked at and decided; null before the look. */
  plan:
    | { result: MergeResult; statusId: number | null; moveId: number | null; revision: string | null }
    | null;
  /** How the write ended; null while it is on its way or there is none. */
  reply: "ok" | "refused" | "lost" | null;
}

interface World {
  db: Database;
  deal: Deal | null;
  worker: Worker | null;
  requests: Request[];
  hints: number;
  backup: Database | null;
  isResting: boolean;
  nextId: number;
  /** Changes of status whose stage Zoho took; no restore undoes that. */
  sentIds: number[];
  /** The change of status that a write was made for, by its revision. */
  idOfWrite: Record<string, number | null>;
  left: ModelBudget;
}

/** How often each thing may happen in one history. */
export interface ModelBudget {
  moves: number;
  changes: number;
  kills: number;
  lostAnswers: number;
  restores: number;
  foreignWrites: number;
  answers: number;
}

/** The rules of the protocol; a test takes one away and expects a broken promise. */
export interface Protocol {
  guardsVersion: boolean;
  sendsUnmodifiedSince: boolean;
  comparesRevision: boolean;
  checksRevisions: boolean;
}

export const fullProtocol: Protocol = {
  guardsVersion: true,
  sendsUnmodifiedSince: true,
  comparesRevision: true,
  checksRevisions: true,
};

export interface Scenario {
  status: ContractStatus;
  /** The stage of the Deal that is in step; null for a contract without one. */
  stage: string | null;
  statuses: ContractStatus[];
  stages: string[];
  budget: Partial<ModelBudget>;
}

export interface Exploration {
  states: number;
  quiet: number;
  isComplete: boolean;
  /** The first broken promise, with the shortest history that leads to it. */
  broken: { promise: string; history: string[] } | null;
}

const firstEpoch = 200_000;
const none: ModelBudget = {
  moves: 0,
  changes: 0,
  kills: 0,
  lostAnswers: 0,
  restores: 0,
  foreignWrites: 0,
  answers: 0,
};

class BrokenPromise extends Error {}

type Step = [name: string, world: World];

/** Breadth first over every history of a scenario, until all are seen or so many states. */
export function explore(scenario: Scenario, protocol: Protocol, mostStates: number): Exploration {
  const start = JSON.stringify(startOf(scenario));
  const seen = new Set([start]);
  const paths: { parent: number; name: string }[] = [{ parent: -1, name: "start" }];
  let frontier: [number, string][] = [[0, start]];
  let quiet = 0;
  const historyOf = (index: number): string[] => {
    const each = paths[index];
    return each === undefined ? [] : [...historyOf(each.parent), each.name];
  };
  while (frontier.length > 0) {
    const next: [number, string][] = [];
    for (const [index, text] of frontier) {
      const world: World = JSON.parse(text);
      let last = "";
      try {
        if (checkQuiet(world, protocol)) quiet++;
        for (const [name, after] of steps(world, text, scenario, protocol, (name) => last = name)) {
          const key = JSON.stringify(after);
          if (seen.has(key)) continue;
          seen.add(key);
          paths.push({ parent: index, name });
          next.push([paths.length - 1, key]);
        }
      } catch (error) {
        if (!(error instanceof BrokenPromise)) throw error;
        const history = [...historyOf(index), last, text];
        return { states: seen.size, quiet, isComplete: false, broken: { promise: error.message, history } };
      }
      if (seen.size >= mostStates) return { states: seen.size, quiet, isComplete: false, broken: null };
    }
    frontier = next;
  }
  return { states: seen.size, quiet, isComplete: true, broken: null };
}

function startOf({ status, stage, budget }: Scenario): World {
  const revision = revisionOf(firstEpoch, 1);
  return {
    db: {
      status,
      version: 1,
      base: stage === null ? null : { fields: {}, agreed: { stage, status, revision } },
      attempts: [],
      isLinked: stage !== null,
      isMarked: stage === null,
      epoch: firstEpoch,
      sequence: 1,
      isChecked: true,
      question: null,
      answer: null,
      statusId: null,
      doneMoveId: null,
    },
    deal: stage === null ? null : { stage, revision, modified: 1, moveId: null },
    worker: null,
    requests: [],
    hints: 0,
    backup: null,
    isResting: false,
    nextId: 1,
    sentIds: [],
    idOfWrite: {},
    left: { ...none, ...budget },
  };
}

function* steps(
  world: World,
  text: string,
  scenario: Scenario,
  protocol: Protocol,
  trying: (name: string) => void,
): Generator<Step> {
  const then = (name: string, change: (after: World) => void): Step => {
    trying(name);
    const after: World = JSON.parse(text);
    change(after);
    return [name, after];
  };
  const { db, deal, worker, requests, left } = world;

  if (left.changes > 0) {
    for (const status of scenario.statuses) {
      if (status !== db.status) {
        yield then(`CircleTel sets ${status}`, (after) => changeStatus(after, status));
      }
    }
  }
  if (deal !== null && left.moves > 0) {
    for (const stage of scenario.stages) {
      if (stage !== deal.stage) {
        yield then(`a seller moves to ${stage}`, (after) => {
          after.left.moves--;
          touch(after, stage, deal.revision);
          if (after.deal) after.deal.moveId = after.nextId++;
        });
      }
    }
  }
  if (deal !== null && left.foreignWrites > 0) {
    for (const stage of scenario.stages) {
      yield then(`another deployment writes ${stage}`, (after) => {
        after.left.foreignWrites--;
        touch(after, stage, foreignRevision);
        if (after.deal) after.deal.moveId = after.nextId++;
      });
    }
  }
  if (world.hints > 0) {
    yield then("a hint arrives", (after) => {
      after.hints--;
      if (after.db.isLinked) after.db.isMarked = true;
    });
    yield then("a hint arrives, and once more later", (after) => {
      if (after.db.isLinked) after.db.isMarked = true;
    });
    yield then("a hint is lost", (after) => void after.hints--);
  }
  if (isNoticedHourly(world, protocol)) {
    yield then("the hourly reconcile marks", (after) => void (after.db.isMarked = true));
  }
  if (world.isResting) yield then("a person adopts the database", adopt);
  if (worker === null && db.isMarked && !world.isResting) {
    yield then("a worker claims", (after) => claim(after, protocol));
  }
  if (worker !== null && worker.plan === null) {
    yield then("the worker looks and opens its attempt", (after) => lookAndOpen(after));
  }
  for (const [index, request] of requests.entries()) {
    yield then(`Zoho takes ${request.revision}`, (after) => arrive(after, index, protocol, "told"));
    if (left.lostAnswers > 0) {
      yield then(`Zoho takes ${request.revision}, and its answer is lost`, (after) => {
        after.left.lostAnswers--;
        arrive(after, index, protocol, "lost");
      });
      yield then(`${request.revision} is lost`, (after) => {
        after.left.lostAnswers--;
        after.requests.splice(index, 1);
        reply(after, request.revision, "lost");
      });
    }
  }
  if (worker !== null && worker.plan !== null && (worker.plan.revision === null || worker.reply !== null)) {
    yield then("the worker settles", (after) => settle(after, protocol));
  }
  if (worker !== null && left.kills > 0) {
    yield then("the worker is killed", (after) => {
      after.left.kills--;
      after.worker = null;
      after.db.isMarked = true;
    });
  }
  if (left.restores > 0 && world.backup === null) {
    yield then("the database is backed up", (after) => {
      // A claimed row is in the backup too, and its lease runs out.
      after.backup = { ...structuredClone(after.db), isMarked: after.db.isMarked || after.worker !== null };
    });
  }
  // A request lives for seconds, stopping a database and copying it back takes longer.
  if (left.restores > 0 && world.backup !== null && requests.length === 0) {
    yield then("the backup is restored", (after) => {
      if (after.backup === null) return;
      after.left.restores--;
      after.db = { ...after.backup, isChecked: false };
      after.backup = null;
      after.worker = null;
    });
  }
  const { question } = db;
  if (question !== null && left.answers > 0 && db.answer === null && isStageKind(question.kind)) {
    const { kind, shown } = question;
    for (const choice of ["zoho", "circletel"] as const) {
      yield then(`a person answers ${question.kind} with ${choice}`, (after) => {
        after.left.answers--;
        after.db.answer = { kind, choice, shown };
        after.db.isMarked = true;
        after.db.version++;
      });
    }
  }
}

function isStageKind(kind: string): kind is StageAnswer["kind"] {
  return kind === "unsigned" || kind === "unknown_write" || kind === "adopted_stage";
}

function changeStatus(world: World, status: ContractStatus): void {
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
function idOfChange(world: World, status: ContractStatus): number | null {
  const { db: { base, attempts }, deal } = world;
  if (base?.agreed?.status === status || deal !== null && isInStep(status, deal.stage)) return null;
  const open = attempts.filter(({ outcome }) => outcome === "unknown");
  const same = [open.at(-1), open.find(({ revision }) => revision === deal?.revision)]
    .find((attempt) => attempt?.status === status);
  const id = same === undefined ? undefined : world.idOfWrite[same.revision ?? ""];
  return id ?? world.nextId++;
}

/** Any write to the Deal: it is modified, and Zoho tells of it. */
function touch(world: World, stage: string, revision: string | null): void {
  const { deal } = world;
  world.deal = { stage, revision, modified: (deal?.modified ?? 0) + 1, moveId: null };
  world.hints = Math.min(world.hints + 1, 2);
}

function spaceOf({ epoch, sequence }: Database) {
  const earlier = epoch === firstEpoch ? [] : [firstEpoch];
  return { epoch, lastSequence: sequence, earlier };
}

function isNoticedHourly({ db, deal, worker }: World, { comparesRevision }: Protocol): boolean {
  if (worker !== null || db.isMarked || !db.isLinked || deal === null) return false;
  const agreed = db.base?.agreed ?? null;
  const isDifferent = agreed === null || agreed.stage !== deal.stage || agreed.status !== db.status ||
    comparesRevision && agreed.revision !== deal.revision;
  return isDifferent && !isQuestionOpen(db, deal);
}

/** A question that shows what there is now. */
function isQuestionOpen({ question, status }: Database, deal: Deal): boolean {
  return question !== null && question.shown.status === status && question.shown.stage === deal.stage &&
    question.shown.revision === deal.revision;
}

function adopt(world: World): void {
  world.isResting = false;
  world.db.epoch++;
  world.db.sequence = 0;
  world.db.isChecked = true;
}

function claim(world: World, { checksRevisions }: Protocol): void {
  const { db, deal } = world;
  if (checksRevisions && !db.isChecked && isAlarming(deal?.revision ?? null, spaceOf(db))) {
    world.isResting = true;
    return;
  }
  db.isChecked = true;
  db.isMarked = false;
  world.worker = { version: db.version, plan: null, reply: null };
}

function theirsOf({ db, deal }: World): Theirs {
  // A create of unknown outcome is looked for by reference, so an unlinked Deal is found too.
  if (deal === null) return db.isLinked ? { kind: "gone" } : { kind: "absent" };
  return { kind: "record", fields: { Stage: deal.stage }, revision: deal.revision, lastChange: seller };
}

/** The look, the merge, and the transaction that opens the attempt and records a conflict. */
function lookAndOpen(world: World): void {
  const { db, deal, worker } = world;
  if (worker === null) return;
  const planned = revisionOf(db.epoch, db.sequence + 1);
  const input: MergeInput = {
    ours: { fields: {}, status: db.status, firstStage: "Closed Lost" },
    base: db.base,
    attempts: db.attempts,
    theirs: theirsOf(world),
    revisions: spaceOf(db),
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

/** A move there and back: the Deal stands where our last write or agreement left it. */
function isBackAtAgreement({ base, attempts }: Database, { stage, revision }: Deal): boolean {
  const agreed = base?.agreed ?? null;
  if (agreed !== null && agreed.revision === revision) return agreed.stage === stage;
  return attempts.some((attempt) => attempt.revision === revision && attempt.sent.Stage === stage);
}

function arrive(
  world: World,
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
  reply(world, request.revision, answer === "lost" ? "lost" : isTaken ? "ok" : "refused");
}

function reply(world: World, revision: string, how: "ok" | "refused" | "lost"): void {
  const { worker } = world;
  if (worker !== null && worker.plan !== null && worker.plan.revision === revision) worker.reply = how;
}

/** One transaction: base, attempts, the status taken in, the question, and whether the entity is marked again. */
function settle(world: World, { guardsVersion }: Protocol): void {
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

/** Whether nothing is under way; then both sides agree or a question is open, and everything has its end. */
function checkQuiet(world: World, protocol: Protocol): boolean {
  const { db, deal, worker, requests, hints, isResting } = world;
  if (worker !== null || db.isMarked || hints > 0 || requests.length > 0 || isResting) return false;
  if (isNoticedHourly(world, protocol)) return false;
  if (deal === null) throw new BrokenPromise("a contract has no Deal");
  if (isQuestionOpen(db, deal)) return true;
  if (!isInStep(db.status, deal.stage)) throw new BrokenPromise("both sides differ and nobody is asked");
  if (isOpenChange(world)) throw new BrokenPromise("a change of status has no end");
  if (deal.moveId !== null && deal.moveId !== db.doneMoveId && !isBackAtAgreement(db, deal)) {
    throw new BrokenPromise("a move has no end");
  }
  return true;
}

function isOpenChange({ db, sentIds }: World): boolean {
  return db.statusId !== null && !sentIds.includes(db.statusId);
}

/** Written out: it shares no rule with the merge. */
const inStep: Readonly<Record<string, readonly ContractStatus[]>> = {
  "Proposal/Price Quote": ["draft", "expired"],
  "Negotiation/Review": ["draft", "pending_signature", "partially_signed", "expired"],
  "Closed Won": ["active", "fully_signed", "expired"],
  "Closed Lost": ["terminated", "expired"],
};

/** A stage that asks for nothing may stand beside any status. */
function isInStep(status: ContractStatus, stage: string): boolean {
  return !Object.hasOwn(inStep, stage) || (inStep[stage]?.includes(status) ?? false);
}

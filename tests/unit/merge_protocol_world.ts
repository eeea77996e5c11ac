import { revisionOf } from "../../supabase/functions/_shared/merge/revision.ts";
import type {
  Attempt,
  Base,
  MergeResult,
  Shown,
  StageAnswer,
} from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";

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
  /** The change of status without an end yet, and the last move with one. */
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

export interface ProtocolWorld {
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

export class BrokenPromise extends Error {}

export function startOf({ status, stage, budget }: Scenario): ProtocolWorld {
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

/** Any write to the Deal: it is modified, and Zoho tells of it. */
export function touch(world: ProtocolWorld, stage: string, revision: string | null): void {
  const { deal } = world;
  world.deal = { stage, revision, modified: (deal?.modified ?? 0) + 1, moveId: null };
  world.hints = Math.min(world.hints + 1, 2);
}

export function revisionSpace({ epoch, sequence }: Database) {
  const earlier = epoch === firstEpoch ? [] : [firstEpoch];
  return { epoch, lastSequence: sequence, earlier };
}

export function isNoticedHourly(
  { db, deal, worker }: ProtocolWorld,
  { comparesRevision }: Protocol,
): boolean {
  if (worker !== null || db.isMarked || !db.isLinked || deal === null) return false;
  const agreed = db.base?.agreed ?? null;
  const isDifferent = agreed === null || agreed.stage !== deal.stage || agreed.status !== db.status ||
    comparesRevision && agreed.revision !== deal.revision;
  return isDifferent && !isQuestionOpen(db, deal);
}

/** A question that shows what there is now. */
export function isQuestionOpen({ question, status }: Database, deal: Deal): boolean {
  return question !== null && question.shown.status === status && question.shown.stage === deal.stage &&
    question.shown.revision === deal.revision;
}

/** A move there and back: the Deal is where our last write or agreement left it. */
export function isBackAtAgreement({ base, attempts }: Database, { stage, revision }: Deal): boolean {
  const agreed = base?.agreed ?? null;
  if (agreed !== null && agreed.revision === revision) return agreed.stage === stage;
  return attempts.some((attempt) => attempt.revision === revision && attempt.sent.Stage === stage);
}

export function isOpenChange({ db, sentIds }: ProtocolWorld): boolean {
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
export function isInStep(status: ContractStatus, stage: string): boolean {
  return !Object.hasOwn(inStep, stage) || (inStep[stage]?.includes(status) ?? false);
}

import type { StageAnswer } from "../../supabase/functions/_shared/merge/types.ts";
import { foreignRevision } from "./merge_samples.ts";
import {
  BrokenPromise,
  isBackAtAgreement,
  isInStep,
  isNoticedHourly,
  isOpenChange,
  isQuestionOpen,
  type Protocol,
  type ProtocolWorld,
  type Scenario,
  startOf,
  touch,
} from "./merge_protocol_world.ts";
import {
  adoptModel,
  arrive,
  changeStatus,
  claimDeal,
  lookAndOpen,
  replyTo,
  settlePlan,
} from "./merge_protocol_acts.ts";

// One contract, its Deal, a worker, the requests in flight and the hints, with the real merge in the middle. Every
// order of what may happen is tried. Numbers called `…Id` name a seller's move or a change of status and follow it to
// its end; nothing decides by them.

export interface Exploration {
  states: number;
  quiet: number;
  isComplete: boolean;
  /** The first broken promise, with the shortest history that leads to it. */
  broken: { promise: string; history: string[] } | null;
}

type Step = [name: string, world: ProtocolWorld];

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
      const world: ProtocolWorld = JSON.parse(text);
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

function* steps(
  world: ProtocolWorld,
  text: string,
  scenario: Scenario,
  protocol: Protocol,
  trying: (name: string) => void,
): Generator<Step> {
  const then = (name: string, change: (after: ProtocolWorld) => void): Step => {
    trying(name);
    const after: ProtocolWorld = JSON.parse(text);
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
  if (world.isResting) yield then("a person adopts the database", adoptModel);
  if (worker === null && db.isMarked && !world.isResting) {
    yield then("a worker claims", (after) => claimDeal(after, protocol));
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
        replyTo(after, request.revision, "lost");
      });
    }
  }
  if (worker !== null && worker.plan !== null && (worker.plan.revision === null || worker.reply !== null)) {
    yield then("the worker settles", (after) => settlePlan(after, protocol));
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

/** Whether nothing is under way; then both sides agree or a question is open, and everything has its end. */
function checkQuiet(world: ProtocolWorld, protocol: Protocol): boolean {
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

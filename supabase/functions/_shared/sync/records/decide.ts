import { merge } from "../../merge/merge.ts";
import type { Attempt, LastChange, Loops, MergeInput, MergeResult, Theirs } from "../../merge/types.ts";
import { isLeftToZoho, loopsDecided } from "../../merge/loops.ts";
import type { RevisionSpace } from "../../merge/revision.ts";
import type { Fields } from "../../mapping/types.ts";
import { baseOf, loopsOf, stageAnswerOf } from "./base.ts";
import type { Entity } from "../claim/kinds.ts";
import type { Looked } from "./look.ts";
import type { Prepared } from "./prepare.ts";
import type { DrainSession } from "../drain_session.ts";
import { keepsRevisions, valueRulesOf } from "../../fields/value_rules.ts";

/** The decision about one record. */
export interface Decision {
  entity: Entity;
  /** Null for a record that is to be created. */
  zohoId: string | null;
  ours: Prepared["ours"];
  theirs: Theirs;
  result: MergeResult;
  /** The fields to send: `result.send`, or everything CircleTel owns when forced. */
  send: Fields;
  /** Corrections so far; a new one counts once it is confirmed. */
  loops: Loops;
  /** When it was decided. */
  atMs: number;
  /** A moment by Zoho's clock before the record was read. */
  asOfMs: number | null;
}

/** How a wave decides: the org's rules, our revisions, and the time. */
export interface Deciding {
  rulesOf: (entity: Entity) => MergeInput["rules"];
  revisions: RevisionSpace | null;
  nowMs: number;
}

/** @throws DatabaseError */
export async function howToDecide(session: DrainSession): Promise<Deciding> {
  const { fields, settings, now } = session.deps;
  const rules = await fields.rules();
  return {
    rulesOf: ({ kind }) => valueRulesOf(kind.module, rules, settings.timeZone),
    revisions: keepsRevisions(rules) ? session.revisions : null,
    nowMs: now(),
  };
}

/** The state of a record: as read by a look, or not read, absent or gone. */
export type Situation =
  & { zohoId: string | null; attempts: readonly Attempt[] }
  & (
    | { looked: Looked }
    | { kind: "not_read" | "absent" | "gone" }
  );

export function decide({ entity, ours }: Prepared, situation: Situation, how: Deciding): Decision {
  const { change } = entity;
  const theirs = theirsOf(situation);
  const isNew = theirs.kind === "absent";
  // What was left to Zoho was left in a record that is gone.
  const loops = isNew ? {} : loopsOf(change);
  const result = merge({
    ours,
    base: isNew || change.mapping?.zoho_id !== situation.zohoId ? null : baseOf(change.mapping),
    attempts: situation.attempts,
    theirs,
    revisions: how.revisions,
    plannedRevision: how.revisions === null ? null : change.planned_revision,
    loops,
    answer: stageAnswerOf(change),
    rules: how.rulesOf(entity),
    nowMs: how.nowMs,
  });
  return {
    entity,
    zohoId: situation.zohoId,
    ours,
    theirs,
    result,
    send: change.forced && theirs.kind === "record" && result.nextBase !== null
      ? { ...withoutLeft(ours.fields, loops), ...result.send }
      : result.send,
    loops: loopsDecided(loops, result, how.nowMs),
    atMs: how.nowMs,
    asOfMs: "looked" in situation ? situation.looked.asOfMs : null,
  };
}

function theirsOf(situation: Situation): Theirs {
  if (!("looked" in situation)) return { kind: situation.kind };
  return situation.looked.theirs ?? { kind: "gone" };
}

function withoutLeft(fields: Fields, loops: Loops): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !isLeftToZoho(loops, name)));
}

const unread: LastChange = { by: null, at: null };

export function lastChangeOf({ theirs }: Pick<Decision, "theirs">): LastChange {
  return theirs.kind === "record" ? theirs.lastChange : unread;
}

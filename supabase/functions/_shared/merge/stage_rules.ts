import { type Stage, stageOfStatus } from "../mapping/stage.ts";
import type { ContractStatus, Fields } from "../mapping/types.ts";
import { isSameOption, namesOfOption, optionsOf, type ValueRules } from "./values.ts";

export const stageField = "Stage";

/** What a stage says; the other stages of a pipeline say nothing to a contract. */
type StageMeaning = "won" | "lost" | "proposal" | "negotiation";

/** As the original service matched them: a folded name contains one of these, the first that fits ... */
const containedNames: readonly [string, StageMeaning][] = [
  ["closedwon", "won"],
  ["closedlost", "lost"],
  ["proposal", "proposal"],
  ["negotiation", "negotiation"],
];

/** ... or is one of these. */
const wholeNames: readonly [string, StageMeaning][] = [["won", "won"], ["lost", "lost"]];

/** A status that a stage can ask for. */
type AskedStatus = "active" | "terminated" | "draft";

const askedBy: Readonly<Record<StageMeaning, AskedStatus>> = {
  won: "active",
  lost: "terminated",
  proposal: "draft",
  negotiation: "draft",
};

/** The statuses that need no move of either side. Negotiation is where a contract waits for its signatures. */
const agreeing: Readonly<Record<StageMeaning, readonly ContractStatus[]>> = {
  won: ["active", "fully_signed"],
  lost: ["terminated"],
  proposal: ["draft"],
  negotiation: ["draft", "pending_signature", "partially_signed"],
};

type Transition = "allowed" | "question";

/**
 * The present statuses that a move in Zoho may not simply replace by the one that it asks for. The original service
 * allowed every move; one that would un-sign a contract is a question now (docs/decisions/0021).
 */
const questions: Readonly<Record<AskedStatus, readonly ContractStatus[]>> = {
  active: [],
  terminated: [],
  draft: ["partially_signed", "fully_signed", "active"],
};

/** The stage in fields as read or sent; null when it is empty. */
export function stageIn(fields: Fields): string | null {
  const stage = fields[stageField];
  return typeof stage === "string" && stage.trim() !== "" ? stage : null;
}

/** The status that a stage asks for; null for a stage that changes nothing. */
export function statusAskedBy(stage: string | null, rules: ValueRules): AskedStatus | null {
  const meaning = meaningOf(stage, rules);
  return meaning === null ? null : askedBy[meaning];
}

export function transition(from: ContractStatus, to: AskedStatus): Transition {
  return questions[to].includes(from) ? "question" : "allowed";
}

/** The stage that a status asks for; an expired contract asks for none. */
export function stageAskedBy(status: ContractStatus): Stage | null {
  return stageOfStatus[status];
}

/** An expired contract agrees with every stage that has no matching status: neither side requires a change. */
export function isAgreement(status: ContractStatus, stage: string | null, rules: ValueRules): boolean {
  const meaning = meaningOf(stage, rules);
  if (meaning === null) return stageOfStatus[status] === null;
  return agreeing[meaning].includes(status);
}

export function isSameStage(a: string | null, b: string | null, rules: ValueRules): boolean {
  if (a === null || b === null) return a === b;
  return isSameOption(a, b, optionsOf(stageField, rules));
}

/** Actual and displayed value both count; where both have a meaning, the actual one decides. */
function meaningOf(stage: string | null, rules: ValueRules): StageMeaning | null {
  if (stage === null) return null;
  for (const name of namesOfOption(stage, optionsOf(stageField, rules))) {
    const found = containedNames.find(([part]) => name.includes(part)) ??
      wholeNames.find(([whole]) => name === whole);
    if (found) return found[1];
  }
  return null;
}

import type { Fields } from "../mapping/types.ts";
import { isSameStage, stageField, stageIn } from "./stage_rules.ts";
import type { Agreement, Attempt, Base } from "./types.ts";
import { isSameValue, type ValueRules } from "./values.ts";

/**
 * What the stage of a record is compared with.
 *
 * | kind | meaning |
 * |---|---|
 * | agreement | this one: base's, or what an attempt of ours sent; `later` is base's where that attempt landed after base was settled |
 * | none | the record was never written by us and never in step |
 * | unknown | it carries a write that this database does not remember |
 * | ambiguous | without revisions nothing says whether an attempt of ours arrived |
 */
export type Baseline =
  | { kind: "agreement"; agreed: Agreement; later: Agreement | null }
  | { kind: "none" }
  | { kind: "unknown" }
  | { kind: "ambiguous" };

interface Seen {
  fields: Fields;
  revision: string | null;
}

/**
 * By the revision that the record carries: base's means that no other stage write of ours arrived; one of the attempt
 * log that this attempt is the last that arrived (its answer was lost, or a worker without a lease wrote late).
 */
export function baselineByRevision(
  base: Base | null,
  attempts: readonly Attempt[],
  { revision }: Seen,
): Baseline {
  const agreed = base?.agreed ?? null;
  if (agreed !== null && agreed.revision === revision) return { kind: "agreement", agreed, later: null };
  if (revision === null) return { kind: agreed === null ? "none" : "unknown" };
  // One plan, several tries: the first may have arrived with its answer lost, so that the next was refused.
  const tries = stageAttempts(attempts).filter((attempt) => attempt.revision === revision);
  const sent = tries.find(({ outcome }) => outcome === "unknown") ?? tries.at(-1);
  if (sent === undefined) return { kind: "unknown" };
  // A dead worker's write that landed late is older than base: what base says of the status came after it.
  return {
    kind: "agreement",
    agreed: agreementOf(sent),
    later: sent.outcome === "unknown" ? null : agreed,
  };
}

/**
 * Where no revision is kept: by the other fields that an attempt of unknown outcome sent. Those that base does not hold
 * say whether it arrived, if the record shows all of them or none.
 */
export function baselineByEvidence(
  base: Base | null,
  attempts: readonly Attempt[],
  { fields }: Seen,
  rules: ValueRules,
): Baseline {
  for (const sent of stageAttempts(attempts).filter(({ outcome }) => outcome === "unknown").toReversed()) {
    const arrived = hasArrived(sent, base, fields, rules);
    if (arrived === "yes") {
      return { kind: "agreement", agreed: { ...agreementOf(sent), revision: null }, later: null };
    }
    if (arrived === "maybe") return { kind: "ambiguous" };
  }
  const agreed = base?.agreed ?? null;
  return agreed === null ? { kind: "none" } : { kind: "agreement", agreed, later: null };
}

type StageAttempt = Agreement & Pick<Attempt, "sent" | "outcome">;

/** Those that carried a stage, oldest first. */
export function stageAttempts(attempts: readonly Attempt[]): StageAttempt[] {
  return attempts.flatMap(({ sent, status, revision, outcome }) =>
    status === null || !Object.hasOwn(sent, stageField)
      ? []
      : [{ sent, stage: stageIn(sent), status, revision, outcome }]
  );
}

function agreementOf({ stage, status, revision }: StageAttempt): Agreement {
  return { stage, status, revision };
}

function hasArrived(
  { sent, stage }: StageAttempt,
  base: Base | null,
  held: Fields,
  rules: ValueRules,
): "yes" | "no" | "maybe" {
  // Whatever the cause, the record has the values that the attempt sent.
  if (isSameStage(stageIn(held), stage, rules)) return "yes";
  const telling = Object.keys(sent).filter((name) =>
    name !== stageField && !isSameValue(name, sent[name], base?.fields[name], rules)
  );
  if (telling.length === 0) return "maybe";
  if (telling.every((name) => isSameValue(name, held[name], sent[name], rules))) return "yes";
  return telling.every((name) => isSameValue(name, held[name], base?.fields[name], rules)) ? "no" : "maybe";
}

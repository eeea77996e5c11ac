import type { Fields } from "../mapping/types.ts";
import { revisionField } from "./revision.ts";
import { stageField } from "./stage_rules.ts";
import type { Base, MergeResult } from "./types.ts";

/**
 * The base to keep after a merge was carried out as far as it went. Zoho may refuse one field of a write, lose the whole
 * of it, or the row may have changed before the status was taken in.
 *
 * @param confirmed the fields of `send` that Zoho confirmed; null when nothing was sent or no answer came
 * @param isTakenIn whether the status was taken in
 */
export function settledBase(
  { send, takeIn, baseNow, nextBase }: MergeResult,
  confirmed: Fields | null,
  isTakenIn: boolean,
): Base | null {
  const kept = confirmed ?? {};
  if (nextBase === null || (baseNow === null && confirmed === null)) return baseNow;
  const { [stageField]: _stage, [revisionField]: _revision, ...owned } = kept;
  const isStageDone = !Object.hasOwn(send, stageField) || Object.hasOwn(kept, stageField);
  const isStatusDone = takeIn === null || isTakenIn;
  return {
    fields: { ...baseNow?.fields, ...owned },
    agreed: isStageDone && isStatusDone ? nextBase.agreed : baseNow?.agreed ?? null,
  };
}

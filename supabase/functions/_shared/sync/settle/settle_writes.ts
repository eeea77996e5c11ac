import type { Failure, RefusedLink } from "../attempts/failure.ts";
import { settleFailure } from "../attempts/failure_policy.ts";
import { type PartFailures, partsOf, type Written } from "../attempts/write_types.ts";
import type { Settlement } from "../claim/change.ts";
import type { Decision } from "../records/decide.ts";
import type { RecordCall, RecordWrite } from "../records/write.ts";
import { SECOND } from "../../platform/duration.ts";
import { lookAgain, settlementOf } from "./settlement.ts";

/** A create that met an existing record, which is then read, merged and written once more. */
export interface MetRecord {
  decision: Decision;
  zohoId: string;
}

/** What follows from the answers to one call. */
interface SettledWrites {
  settled: Settlement[];
  met: MetRecord[];
  parts: PartFailures;
  refusedLinks: RefusedLink[];
}

/** @param random the session's, for the delay before the next round */
export function settleWrites(
  { kind }: RecordCall,
  written: Written<RecordWrite>[],
  random: () => number,
): SettledWrites {
  const met = written.flatMap((each) => metRecord(kind.reference, each));
  const others = written.filter(({ write }) => !met.some(({ decision }) => decision === write.decision));
  return {
    settled: others.map((each) => settleWrite(each, random)),
    met,
    parts: partsOf(written),
    refusedLinks: written.flatMap(({ write, result }) =>
      (result.ok ? write.part : result)?.refusedLinks ?? []
    ),
  };
}

/** Only a record that holds our reference may be ours; a holder of another unique value is a question. */
function metRecord(reference: string, { write, result }: Written<RecordWrite>): MetRecord[] {
  if (result.ok || result.code !== "DUPLICATE_DATA" || write.zohoId !== null) return [];
  const { duplicateId, field } = result;
  return duplicateId === null || field !== reference
    ? []
    : [{ decision: write.decision, zohoId: duplicateId }];
}

function settleWrite({ write, result }: Written<RecordWrite>, random: () => number): Settlement {
  const { decision } = write;
  if (result.ok) {
    const { id, modifiedAt } = result;
    return settlementOf(decision, { id, fields: write.fields, modifiedAt });
  }
  const { code, mayBeDone } = result;
  if (write.zohoId !== null) {
    if (code === "ALREADY_MODIFIED" || code === "HTTP_412") return lookAgain(decision, SECOND);
    if (code === "RECORD_NOT_FOUND") return lookAfterNotFound(write, result, random);
  }
  // Changes taken in from Zoho do not wait for the refused write.
  const learned = mayBeDone ? {} : settlementOf(decision, null);
  return { ...learned, ...settleFailure(write.change, result, random()) };
}

/** Rounds in which a record may be read and not be found by the write that follows. */
const mostNotFound = 8;

/**
 * Gone since it was linked: a look finds out whether it was merged or deleted. One that was just read comes back after a
 * growing delay: a list may lag behind a deletion, and Zoho may mean something else than the record, so that reading and
 * writing in turn would never end.
 */
function lookAfterNotFound(
  { decision, change }: RecordWrite,
  refusal: Failure,
  random: () => number,
): Settlement {
  if (decision.theirs.kind !== "record") return lookAgain(decision, 0);
  const failed = settleFailure(change, refusal, random());
  return change.failed_rounds + 1 >= mostNotFound ? failed : { ...failed, outcome: "retry", look: true };
}

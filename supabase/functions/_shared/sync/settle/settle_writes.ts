import type { RefusedLink } from "../attempts/failure.ts";
import { settleFailure } from "../attempts/failure_policy.ts";
import { type Parts, partsOf, type Written } from "../attempts/write_types.ts";
import type { Settlement } from "../claim/change.ts";
import type { Decision } from "../records/decide.ts";
import type { RecordCall, RecordWrite } from "../records/write.ts";
import { SECOND } from "../../platform/duration.ts";
import { lookAgain, settlementOf } from "./settlement.ts";

/** A create that met a record: it is looked at, merged and written once more. */
export interface MetRecord {
  decision: Decision;
  zohoId: string;
}

/** What the answers to a call leave to be stored or done. */
interface SettledWrites {
  settled: Settlement[];
  met: MetRecord[];
  parts: Parts;
  refusedLinks: RefusedLink[];
}

/** @param random of the session, for the wait of what is tried again */
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

/** Only the holder of our reference may be ours; another unique field's holder is a question. */
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
    // Gone since it was read or linked: whether it was merged or deleted, a look tells.
    if (code === "RECORD_NOT_FOUND") return lookAgain(decision, 0);
  }
  // What Zoho's side asked for does not wait for what it refused.
  const learned = mayBeDone ? {} : settlementOf(decision, null);
  return { ...learned, ...settleFailure(write.change, result, random()) };
}

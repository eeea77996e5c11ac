import { SECOND } from "../../platform/duration.ts";
import { pageOf, recordDecision } from "../../zoho/error_table.ts";
import { roundDelayMs } from "./backoff.ts";
import { type Change, ended, type Settlement } from "../claim/change.ts";
import type { Failure } from "./failure.ts";

/** After this many rounds even a passing fault becomes a dead letter for a person. */
const defaultRounds = 8;

/**
 * The outcome of a change whose record Zoho refused: another round later, or a dead letter with the reason and the
 * advice of the error table. A change whose module is held is released until the hold ends.
 */
export function settleFailure(change: Change, failure: Failure, random: number): Settlement {
  const { code, field, message, heldForSeconds } = failure;
  if (heldForSeconds !== undefined) {
    return { ...ended(change, "release"), retry_in_seconds: heldForSeconds, error: { code, field, message } };
  }
  const { decision, advice, rounds = defaultRounds } = recordDecision(code);
  const isFinal = decision === "fix_mapping" || decision === "ask_person" || decision === "link";
  const isLastRound = change.failed_rounds + 1 >= rounds;
  return {
    ...ended(change, isFinal || isLastRound ? "dead" : "retry"),
    retry_in_seconds: Math.round(roundDelayMs(change.failed_rounds, random) / SECOND),
    error: { code, field, message: sentence(failure, advice) },
  };
}

/** Our own words and field names; a refused value may be personal and is not repeated. */
function sentence(failure: Failure, advice: string): string {
  const field = failure.field ? ` Field: ${failure.field}.` : "";
  const supported = failure.supportedValues ? ` Zoho knows: ${failure.supportedValues.join(", ")}.` : "";
  const holder = failure.duplicateId ? ` Zoho's record: ${failure.duplicateId}.` : "";
  return `${advice}${field}${holder}${supported} See docs/errors/${pageOf(failure.code)}.md`;
}

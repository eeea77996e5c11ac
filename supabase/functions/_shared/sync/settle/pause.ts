import { callFunction } from "../../platform/database.ts";
import { rowOfFault } from "../../zoho/fault_row.ts";
import { describeFault, faultCode, ZohoTokenError } from "../../zoho/faults.ts";
import type { PauseInfo } from "../claim/change.ts";
import { endDrain } from "../claim/claim_wave.ts";
import type { DrainSession } from "../drain_session.ts";

/** Faults that only a person can end: the drain waits for a corrected token or key, not for a time. */
const waitsForPerson = new Set(["TOKEN_REFUSED", "SECRET_UNREADABLE", "UNKNOWN_WRITES", "WRONG_ORG"]);

/**
 * Pauses the sync after a fault of a whole call: for half a minute at first, then longer, if the fault ends by itself;
 * until a person resumes it, if a person has to correct something.
 */
export async function pauseDrain(session: DrainSession, fault: unknown): Promise<PauseInfo> {
  const { db, log } = session.deps;
  const code = faultCode(fault);
  const seconds = fault instanceof ZohoTokenError ? fault.retryInSeconds : null;
  const { advice } = rowOfFault(fault);
  const message = `${describeFault(fault)}. ${advice}`;
  const until = await callFunction(db, "zoho_pause", {
    p_code: code,
    p_message: message,
    ...(seconds === null ? {} : { p_seconds: seconds }),
    p_until_resumed: waitsForPerson.has(code),
  });
  await endDrain(session);
  log("error", "the drain is paused", { code, message, until });
  return { until: until === "infinity" || until === null ? null : String(until), code, message };
}

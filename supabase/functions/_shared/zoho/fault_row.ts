import { DatabaseError } from "../platform/database.ts";
import { callDecision, type ErrorRow, isKnownCode } from "./error_table.ts";
import { faultCode, ZohoCallError } from "./faults.ts";

/** Postgres and the Data API have codes of their own, which Zoho's table would treat as unknown Zoho codes. */
const databaseRow: ErrorRow = {
  decision: "pause",
  advice: "Postgres or the Data API refused a call of the sync; it goes on by itself unless that lasts.",
};

/** What to do about a fault: its class decides first, then its code. */
export function rowOfFault(fault: unknown): ErrorRow {
  if (fault instanceof DatabaseError) return databaseRow;
  if (fault instanceof ZohoCallError) return callDecision(fault.code, fault.detail.status);
  const code = faultCode(fault);
  // Any other error is a bug of ours, whatever its code says.
  return callDecision(isKnownCode(code) ? code : "INTERNAL");
}

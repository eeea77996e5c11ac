import { DatabaseError } from "../platform/database.ts";
import { callDecision, type ErrorRow, isKnownCode } from "./error_table.ts";
import { faultCode, ZohoCallError } from "./faults.ts";

/** Postgres and the Data API have codes of their own: Zoho's table would take them for codes it does not know. */
const databaseRow: ErrorRow = {
  decision: "pause",
  advice: "Postgres or the Data API refused a call of the sync; it goes on by itself unless that lasts.",
};

/** What to do about a fault, told by its class and only then by its code. */
export function rowOfFault(fault: unknown): ErrorRow {
  if (fault instanceof DatabaseError) return databaseRow;
  if (fault instanceof ZohoCallError) return callDecision(fault.code, fault.detail.status);
  const code = faultCode(fault);
  // What is none of ours says nothing by its code: it is our bug.
  return callDecision(isKnownCode(code) ? code : "INTERNAL");
}

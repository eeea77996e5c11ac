import { maskFields, maskText } from "../../mapping/mask.ts";
import type { Fields } from "../../mapping/types.ts";
import { recordDecision } from "../../zoho/error_table.ts";
import { describeFault, ZohoCallError, ZohoTokenError } from "../../zoho/faults.ts";
import type { RecordResult } from "../../zoho/records.ts";
import type { ClosedAttempt, DrainSession } from "../drain_session.ts";
import type { Write } from "./write_types.ts";

/** A write on its way, and its open row in zoho_sync_logs. */
export interface OpenRow<W extends Write> {
  id: string;
  write: W;
  openedAtMs: number;
  /** A call with this write ended without a refusal, so Zoho may have carried it out. */
  mayBeDone: boolean;
}

/**
 * Opens a log row for each write before the call, so that a killed isolate leaves evidence of it.
 * @returns the rows without those whose lease was lost in between
 */
export async function openRows<W extends Write>(
  session: DrainSession,
  writes: W[],
  tryNumber: number,
): Promise<OpenRow<W>[]> {
  const openedAtMs = session.deps.now();
  const rows = writes.map((write) => ({ id: crypto.randomUUID(), write, openedAtMs, mayBeDone: false }));
  const lost = await session.record(rows.map(({ id, write }) => openedRow(id, write, tryNumber)));
  return rows.filter(({ write }) => !lost.has(write.change.entity_id));
}

/** Notes what a failed call may have done to each of its rows. */
export function noteFault(rows: OpenRow<Write>[], fault: unknown): void {
  if (isRefused(fault)) return;
  for (const row of rows) row.mayBeDone = true;
}

export function closeWithResult(session: DrainSession, row: OpenRow<Write>, result: RecordResult): void {
  session.close({ ...ended(session, row), ...closingOf(row, result) });
}

export function closeWithFault(
  session: DrainSession,
  rows: OpenRow<Write>[],
  fault: unknown,
  status: "retrying" | "failed",
): void {
  for (const row of rows) {
    session.close({
      ...ended(session, row),
      status,
      error_message: describeFault(fault),
      is_refused: !row.mayBeDone,
    });
  }
}

function ended(
  session: DrainSession,
  { id, openedAtMs }: OpenRow<Write>,
): Pick<ClosedAttempt, "id" | "duration_ms"> {
  return { id, duration_ms: Math.round(session.deps.now() - openedAtMs) };
}

function openedRow(id: string, write: Write, attempt: number): Record<string, unknown> {
  return {
    id,
    lease_type: write.change.entity_type,
    lease_id: write.change.entity_id,
    entity_type: write.entityType,
    entity_id: write.entityId,
    zoho_entity_type: write.zohoType,
    zoho_entity_id: write.zohoId,
    attempt_number: Math.min(attempt, 3),
    request_payload: auditFields(write),
    cause: write.change.cause,
    ...write.opening,
  };
}

/** The fields of a write as the log may keep them: names and e-mail masked. */
function auditFields(write: Write): Fields {
  const masked = maskFields(write.fields);
  const { Account_Name: name } = masked;
  return write.isPerson && typeof name === "string" ? { ...masked, Account_Name: maskText(name) } : masked;
}

function closingOf(
  { mayBeDone }: OpenRow<Write>,
  result: RecordResult,
): Omit<ClosedAttempt, "id" | "duration_ms"> {
  if (result.ok) {
    return {
      status: "success",
      zoho_entity_id: result.id,
      response_payload: {
        code: "SUCCESS",
        action: result.action,
        id: result.id,
        Modified_Time: result.modifiedAt,
      },
    };
  }
  return {
    status: "failed",
    // Our own words: Zoho's message may quote the value it refused.
    error_message: `${result.code}${result.field ? ` (${result.field})` : ""}: ${
      recordDecision(result.code).advice
    }`,
    response_payload: {
      code: result.code,
      api_name: result.field,
      duplicate_id: result.duplicateId,
      ...(result.supportedValues ? { supported_values: result.supportedValues } : {}),
    },
    // An unreadable answer may have been a success, and so may an earlier call.
    is_refused: !mayBeDone && !result.mayBeDone,
  };
}

/** Whether Zoho refused the whole call; after any other fault it may have been carried out. */
function isRefused(fault: unknown): boolean {
  return fault instanceof ZohoTokenError || fault instanceof ZohoCallError && !fault.detail.outcomeUnknown;
}

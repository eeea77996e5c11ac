import { recordTypeOf } from "../../mapping/record_types.ts";
import { ZohoCallError } from "../../zoho/faults.ts";
import type { RecordResult } from "../../zoho/records.ts";
import { closeWithFault, closeWithResult, noteFault, type OpenRow, openRows } from "./attempt_rows.ts";
import { bisect, type Sent } from "./bisect.ts";
import { failure } from "./failure.ts";
import type { DrainSession } from "../drain_session.ts";
import { isTriedAgain, tryCall } from "./tries.ts";
import { reachByTable, refusalOfModule, whoseFault } from "./whose_fault.ts";
import { leaveOutUnsupported } from "./unsupported_values.ts";
import { moduleOf, type Write, type Written } from "./write_types.ts";

/** Writes the records of one call and returns a result for each, in the same order. */
export type Send<W extends Write> = (writes: W[]) => Promise<RecordResult[]>;

/** What became of the writes of a call. */
export interface Attempted<W extends Write> {
  /** Without writes whose lease was lost in between, and without those that `fault` left undone. */
  written: Written<W>[];
  /** A fault of the whole call that no record caused; null when there was none. */
  fault: unknown;
}

/**
 * One write call, tried up to `session.triesPerCall` times while the whole call fails for a passing reason. A call that Zoho refuses
 * because of one record is halved until that record is alone and is refused by itself.
 *
 * Every try of every record is a row in zoho_sync_logs. Halves are not tries: their content has not changed, so the row of
 * the last try stays open until each record has its answer.
 */
export async function attemptCall<W extends Write>(
  session: DrainSession,
  writes: W[],
  send: Send<W>,
): Promise<Attempted<W>> {
  const { sendable, refused } = await leaveOutUnsupported(session, writes);
  if (sendable.length === 0) return { written: refused, fault: null };
  const { written, fault } = await attemptSendable(session, sendable, send);
  return { written: [...refused, ...written], fault };
}

/** attemptCall for callers that cannot use a partial outcome. @throws ZohoCallError, ZohoTokenError */
export async function attemptWrite<W extends Write>(
  session: DrainSession,
  writes: W[],
  send: Send<W>,
): Promise<Written<W>[]> {
  const { written, fault } = await attemptCall(session, writes, send);
  if (fault !== null) throw fault;
  return written;
}

async function attemptSendable<W extends Write>(
  session: DrainSession,
  writes: W[],
  send: Send<W>,
): Promise<Attempted<W>> {
  const most = session.triesPerCall;
  let rows: OpenRow<W>[] = [];
  try {
    const written = await tryCall({ most, sleep: session.deps.sleep }, async (tryNumber) => {
      rows = await openRows(session, rows.length === 0 ? writes : rows.map(({ write }) => write), tryNumber);
      if (rows.length === 0) return [];
      try {
        return closed(session, rows, await sendRows(session, rows, send));
      } catch (fault) {
        if (isTriedAgain(fault, tryNumber, most)) closeWithFault(session, rows, fault, "retrying");
        throw fault;
      }
    });
    return { written, fault: null };
  } catch (fault) {
    return await attemptHalves(session, rows, send, fault);
  }
}

async function attemptHalves<W extends Write>(
  session: DrainSession,
  rows: OpenRow<W>[],
  send: Send<W>,
  fault: unknown,
): Promise<Attempted<W>> {
  const [first] = rows;
  const whose = first === undefined
    ? "everybody"
    : await whoseFault(session.probes, moduleOf(first.write.zohoType), fault);
  if (whose !== "records" || !(fault instanceof ZohoCallError)) {
    closeWithFault(session, rows, fault, "failed");
    return { written: [], fault };
  }
  const bisected = await bisect(rows, fault, {
    send: (some) => sendHalf(session, some, send),
    blame: ({ code, detail: { field = null, outcomeUnknown = false } }): RecordResult => ({
      ...failure(code, field),
      ...(outcomeUnknown ? { mayBeDone: true } : {}),
    }),
    isOfRecords: (halfFault): halfFault is ZohoCallError =>
      halfFault instanceof ZohoCallError && ["ask", "records"].includes(reachByTable(halfFault)),
  });
  const written = bisected.done.flatMap(([row, result]) => closed(session, [row], [result]));
  closeWithFault(session, bisected.left, bisected.fault, "failed");
  return { written, fault: bisected.fault };
}

async function sendHalf<W extends Write>(
  session: DrainSession,
  rows: OpenRow<W>[],
  send: Send<W>,
): Promise<Sent<RecordResult>> {
  // Whatever ends a half, a token or the database included, the answers of the halves before it are kept.
  try {
    await session.keepLeases();
    return { results: await sendRows(session, rows, send) };
  } catch (fault) {
    return { fault };
  }
}

async function sendRows<W extends Write>(
  session: DrainSession,
  rows: OpenRow<W>[],
  send: Send<W>,
): Promise<RecordResult[]> {
  try {
    const results = await session.whileHeld(send(rows.map(({ write }) => write)));
    const [first] = rows;
    const refusal = first && await refusalOfModule(session.probes, moduleOf(first.write.zohoType), results);
    if (refusal) throw refusal;
    return results;
  } catch (fault) {
    noteFault(rows, fault);
    throw fault;
  }
}

const unreadable: RecordResult = { ...failure("UNREADABLE"), mayBeDone: true };

function closed<W extends Write>(
  session: DrainSession,
  rows: OpenRow<W>[],
  results: RecordResult[],
): Written<W>[] {
  return rows.map((row, index) => {
    const result = tellingRefusal(results[index] ?? unreadable, referenceOf(row.write));
    closeWithResult(session, row, result);
    return { write: row.write, result };
  });
}

/**
 * Of a record that Zoho refuses for several fields the refusal that says most: a record that holds our reference may be what a
 * create made whose answer was lost; else the first, and the rest is sent without that field.
 */
export function tellingRefusal(result: RecordResult, reference: string | null): RecordResult {
  if (result.ok || result.several === undefined) return result;
  return result.several.find(({ field }) => field === reference) ?? result.several[0] ?? result;
}

function referenceOf({ zohoType }: Write): string | null {
  return recordTypeOf(moduleOf(zohoType))?.reference ?? null;
}

/** A read of Zoho (search, COQL): the same tries as a write, without log rows. */
export async function attemptRead<T>(session: DrainSession, read: () => Promise<T>): Promise<T> {
  return await tryCall({ most: session.triesPerCall, sleep: session.deps.sleep }, async () => {
    await session.keepLeases();
    return await session.whileHeld(read());
  });
}

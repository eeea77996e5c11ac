import { maskFields, maskText } from "../mapping/mask.ts";
import type { Fields } from "../mapping/types.ts";
import { recordDecision } from "../zoho/error_table.ts";
import { describeFault, ZohoCallError, ZohoTokenError } from "../zoho/faults.ts";
import type { RecordResult } from "../zoho/records.ts";
import { failure } from "./failure.ts";
import type { ClosedAttempt, Run } from "./run.ts";
import { isTriedAgain, tryCall } from "./tries.ts";
import { withholdValues } from "./withheld.ts";
import type { Write, Written } from "./write_types.ts";

/**
 * One write call, tried up to `run.attempts` times while the whole call fails for a passing reason. Every try of
 * every record is a row in zoho_sync_logs, opened before the call: a killed isolate leaves it behind as evidence.
 *
 * @returns a result for each record; those whose lease was lost in between are left out
 * @throws ZohoCallError, ZohoTokenError when the whole call failed for good
 */
export async function attemptWrite<W extends Write>(
  run: Run,
  writes: W[],
  send: (writes: W[]) => Promise<RecordResult[]>,
): Promise<Written<W>[]> {
  const { sendable, refused } = await withholdValues(run, writes);
  let ours = sendable;
  if (ours.length === 0) return refused;
  const tries = { most: run.attempts, sleep: run.with_.sleep };
  return await tryCall(tries, async (tryNumber) => {
    const rows = ours.map((write) => ({ id: crypto.randomUUID(), write }));
    const lost = await run.record(rows.map(({ id, write }) => openedRow(id, write, tryNumber)));
    const live = rows.filter(({ write }) => !lost.has(write.change.entity_id));
    ours = live.map(({ write }) => write);
    if (ours.length === 0) return refused;

    const startedAtMs = run.with_.now();
    const took = () => Math.round(run.with_.now() - startedAtMs);
    try {
      const results = await run.whileHeld(send(ours));
      const written = live.map(({ id, write }, index) => {
        const result = results[index] ?? failure("UNREADABLE");
        run.close(closedRow(id, result, took()));
        return { write, result };
      });
      return [...refused, ...written];
    } catch (fault) {
      const again = isTriedAgain(fault, tryNumber, tries.most);
      for (const { id } of live) {
        run.close({
          id,
          status: again ? "retrying" : "failed",
          error_message: describeFault(fault),
          duration_ms: took(),
          is_refused: isRefused(fault),
        });
      }
      throw fault;
    }
  });
}

/** A read of Zoho (search, COQL), tried like a write but without log rows. */
export async function attemptRead<T>(run: Run, read: () => Promise<T>): Promise<T> {
  return await tryCall({ most: run.attempts, sleep: run.with_.sleep }, async () => {
    await run.keepLeases();
    return await run.whileHeld(read());
  });
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

/** What the log may hold of a write: names and e-mail masked. */
function auditFields(write: Write): Fields {
  const masked = maskFields(write.fields);
  const { Account_Name: name } = masked;
  return write.isPerson && typeof name === "string" ? { ...masked, Account_Name: maskText(name) } : masked;
}

function closedRow(id: string, result: RecordResult, durationMs: number): ClosedAttempt {
  if (result.ok) {
    return {
      id,
      status: "success",
      zoho_entity_id: result.id,
      response_payload: {
        code: "SUCCESS",
        action: result.action,
        id: result.id,
        Modified_Time: result.modifiedAt,
      },
      duration_ms: durationMs,
    };
  }
  return {
    id,
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
    duration_ms: durationMs,
    // What cannot be read may have been a success.
    is_refused: result.code !== "UNREADABLE",
  };
}

/** Whether Zoho said no to the whole call: anything else may have been carried out. */
function isRefused(fault: unknown): boolean {
  return fault instanceof ZohoTokenError || fault instanceof ZohoCallError && !fault.detail.outcomeUnknown;
}

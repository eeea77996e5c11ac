import { type LineTax, productIdsIn, withRows } from "../../mapping/lines.ts";
import { revisionField } from "../../merge/revision.ts";
import { stageField } from "../../merge/stage_rules.ts";
import { limitConcurrency } from "../../platform/concurrency.ts";
import { MINUTE, SECOND } from "../../platform/duration.ts";
import type { LinesOf } from "../../zoho/line_items.ts";
import { insertRecords, type RecordResult, recordsPerCall, updateRecords } from "../../zoho/records.ts";
import { attemptCall, type Attempted } from "../attempts/attempts.ts";
import { inChunks } from "../../platform/chunks.ts";
import { createIfAbsent, mayBeDoubled } from "../attempts/create_if_absent.ts";
import { type Decision, lastChangeOf } from "./decide.ts";
import type { Failure, RefusedLink } from "../attempts/failure.ts";
import { isAboutTax, writeTheRest } from "../attempts/in_part.ts";
import { kinds, type RecordKind } from "../claim/kinds.ts";
import { writeOptions } from "./option_names.ts";
import type { DrainSession } from "../drain_session.ts";
import { askedConflict } from "./asked_questions.ts";
import { linkFields, linkModules } from "../links/survivors.ts";
import type { Write, Written } from "../attempts/write_types.ts";

export type RecordWrite = Write & { decision: Decision };

/**
 * The records of one call, all of one kind. A stage is written with If-Unmodified-Since, so that no seller's move is
 * overwritten unseen; fields that CircleTel owns need no such header and go in calls of their own.
 */
export interface RecordCall {
  kind: RecordKind;
  action: "create" | "update" | "move";
  writes: RecordWrite[];
  /** A line item's row was gone, so the query was outdated: each record is read by itself. */
  isRepeated?: true;
}

/** Decisions grouped into calls, and decisions that need none. */
interface CallPlan {
  calls: RecordCall[];
  /** Decisions with nothing to send. */
  unsent: Decision[];
  /** Decisions about records that changed too shortly before they were read. */
  tooFresh: { decision: Decision; waitMs: number }[];
}

/** Groups the writes into calls of up to 100 records. */
export function planCalls(session: DrainSession, decisions: Decision[]): CallPlan {
  const plan: CallPlan = { calls: [], unsent: [], tooFresh: [] };
  const writes: (RecordWrite & { action: RecordCall["action"] })[] = [];
  for (const decision of decisions) {
    const waitMs = freshForMs(decision);
    if (waitMs > 0) plan.tooFresh.push({ decision, waitMs });
    else if (Object.keys(decision.send).length === 0) plan.unsent.push(decision);
    else writes.push({ ...writeOf(session, decision), action: actionOf(decision) });
  }
  plan.calls = Object.values(kinds).flatMap((kind) =>
    (["update", "move", "create"] as const).flatMap((action) => {
      const ours = writes.filter((write) => write.zohoType === kind.zohoType && write.action === action);
      return inChunks(ours, recordsPerCall).map((some): RecordCall => ({ kind, action, writes: some }));
    })
  );
  return plan;
}

function actionOf({ zohoId, send }: Decision): RecordCall["action"] {
  if (zohoId === null) return "create";
  return Object.hasOwn(send, stageField) ? "move" : "update";
}

function writeOf(session: DrainSession, decision: Decision): RecordWrite {
  const { entity: { change, kind }, zohoId, send, ours, result } = decision;
  const isNew = zohoId === null;
  return {
    change,
    decision,
    entityType: change.entity_type,
    entityId: change.entity_id,
    zohoType: kind.zohoType,
    zohoId,
    fields: isNew ? { ...send, ...kind.atCreation?.(session.deps.settings) } : send,
    opening: {
      ...(Object.hasOwn(send, stageField) ? { made_for: ours.status } : {}),
      ...(Object.hasOwn(send, revisionField) ? { revision: send[revisionField] } : {}),
      ...(result.conflict === null ? {} : { conflict: askedConflict(result.conflict, decision) }),
    },
  };
}

/**
 * The If-Unmodified-Since moment for a stage, by Zoho's clock. Where Zoho did
 * not say when the record was read, our own clock is used, which may be a minute ahead.
 */
function unmodifiedSinceMs({ asOfMs }: Decision, nowMs: number): number {
  return Math.floor((asOfMs ?? nowMs - MINUTE) / SECOND) * SECOND - SECOND;
}

/**
 * How long a stage has to wait because the record was written within the second before the look: Zoho's times have whole seconds, so
 * a move within the same second could not be distinguished.
 */
function freshForMs(decision: Decision): number {
  const { asOfMs } = decision;
  if (asOfMs === null || actionOf(decision) !== "move") return 0;
  const { at } = lastChangeOf(decision);
  const modifiedMs = at === null ? NaN : Date.parse(at);
  if (Number.isNaN(modifiedMs) || modifiedMs <= unmodifiedSinceMs(decision, 0)) return 0;
  return Math.min(Math.max(modifiedMs + 2 * SECOND - asOfMs, 50), 3 * SECOND);
}

/**
 * Makes one call. A record that is refused in part is sent again without that part. Records that a fault of the whole call left undone
 * are not among the written.
 */
export async function writeRecords(
  session: DrainSession,
  call: RecordCall,
): Promise<Attempted<RecordWrite>> {
  const first = await attemptCall(session, call.writes, (some) => send(session, call, some));
  const again = first.written.flatMap((each) => readAgain(call.kind, each));
  const repeat: RecordCall = again.length === 0 ? call : { ...call, isRepeated: true };
  const sendAgain = (some: RecordWrite[]) => send(session, repeat, some);
  const second = again.length === 0 ? noneAttempted : await attemptCall(session, again, sendAgain);
  const answered = [
    ...first.written.filter(({ write }) => !again.some(({ change }) => change === write.change)),
    ...second.written,
  ];
  const { written, fault } = await writeTheRest(
    session,
    answered,
    sendAgain,
    (write, why) => explained(call.kind, write, why),
  );
  return { written, fault: first.fault ?? second.fault ?? fault };
}

const noneAttempted: Attempted<RecordWrite> = { written: [], fault: null };

function send(session: DrainSession, call: RecordCall, writes: RecordWrite[]): Promise<RecordResult[]> {
  return call.action === "create" ? create(session, call.kind, writes) : update(session, call, writes);
}

/** Inserts, never upserts: an existing record is read before anything is written to it. */
async function create(
  session: DrainSession,
  kind: RecordKind,
  writes: RecordWrite[],
): Promise<RecordResult[]> {
  const { module, reference, lines } = kind;
  const records = writes.map((write) => withRows(write.fields, lines, undefined, lineTaxOf(session, write)));
  const isLookedUp = await mayBeDoubled(session, kind);
  return await writeOptions(
    session,
    module,
    records,
    (some) =>
      isLookedUp
        ? createIfAbsent(session, module, reference, some)
        : insertRecords(session.deps.zoho, module, some),
  );
}

/**
 * Every try reads the line-item rows again: a try whose answer was lost may have added some, and they would be
 * added again.
 */
async function update(
  session: DrainSession,
  call: RecordCall,
  writes: RecordWrite[],
): Promise<RecordResult[]> {
  const { zoho, now } = session.deps;
  const { module, lines } = call.kind;
  const sinceMs = Math.min(...writes.map(({ decision }) => unmodifiedSinceMs(decision, now())));
  const held = await heldLines(session, call, writes);
  const records = writes.map((write) => {
    const id = write.zohoId ?? "";
    return { ...withRows(write.fields, lines, held.get(id), lineTaxOf(session, write)), id };
  });
  return await writeOptions(
    session,
    module,
    records,
    (some) => updateRecords(zoho, module, some, call.action === "move" ? sinceMs : null),
  );
}

function lineTaxOf({ deps: { settings } }: DrainSession, { leavesTax }: RecordWrite): LineTax {
  return leavesTax ? "leave" : settings.lineTax;
}

/** The existing line-item rows of records whose line items are to be written. */
async function heldLines(
  session: DrainSession,
  { kind: { module, lines }, isRepeated }: RecordCall,
  writes: RecordWrite[],
): Promise<LinesOf> {
  if (lines === null) return new Map();
  const { zoho, lineItems } = session.deps;
  const ids = writes.flatMap(({ fields, zohoId }) => Object.hasOwn(fields, lines) ? zohoId ?? [] : []);
  const inTurn = limitConcurrency(session.callsAtOnce);
  return isRepeated
    ? await lineItems.readAlone(zoho, { module, lines }, ids, inTurn)
    : await lineItems.read(zoho, { module, lines }, ids, inTurn);
}

/** Writes refused because a line-item row no longer exists, often because this same call was already carried out. */
function readAgain(kind: RecordKind, { write, result }: Written<RecordWrite>): RecordWrite[] {
  if (result.ok || result.code !== "INVALID_DATA" || kind.lines === null || result.field !== kind.lines) {
    return [];
  }
  return isAbout(result, "id") ? [write] : [];
}

/** Whether a refusal inside a line may be about this field: it names the field, or none. */
function isAbout({ line }: Failure, field: string): boolean {
  return line === undefined || line.field === null || line.field === field;
}

/**
 * Sellers merge Accounts and Contacts and delete Products; Zoho then refuses the stored id. The link is followed
 * or dropped, and the next round finds or makes the right one. A refused tax gets a code of our own.
 */
function explained(kind: RecordKind, { decision }: RecordWrite, failure: Failure): Failure {
  const { code, field } = failure;
  if (isAboutTax(failure)) return { ...failure, code: "LINE_TAX_REFUSED" };
  if (code !== "INVALID_DATA" || field === null) return failure;
  const value = decision.ours.fields[field];
  if (field === kind.lines && typeof value === "string") {
    if (!isAbout(failure, "Product_Name")) return failure;
    // All Products of the lines are dropped: those that still exist are found again.
    return linkRefused(failure, "Products", productIdsIn(value));
  }
  const module = linkModules.find((each) => linkFields[each] === field);
  if (module === undefined || typeof value !== "object" || value === null) return failure;
  return linkRefused(failure, module, [value.id]);
}

function linkRefused(failure: Failure, zohoType: RefusedLink["zoho_type"], ids: string[]): Failure {
  const refusedLinks = ids.map((id) => ({ zoho_type: zohoType, zoho_id: id }));
  return { ...failure, code: "LINK_FAILED", refusedLinks };
}

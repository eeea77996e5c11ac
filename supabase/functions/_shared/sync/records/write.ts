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
 * A call's worth of records of one kind. A stage is written with If-Unmodified-Since, so that no move of a seller is
 * overwritten unseen; what CircleTel owns needs none and does not share a call with it.
 */
export interface RecordCall {
  kind: RecordKind;
  action: "create" | "update" | "move";
  writes: RecordWrite[];
  /** A row of a line item was gone: what a query showed was old, so each record is read by itself. */
  isRepeated?: true;
}

/** Decisions as calls, and those that are carried out without one. */
interface CallPlan {
  calls: RecordCall[];
  /** Nothing has to be sent. */
  unsent: Decision[];
  /** The record changed too shortly before it was read. */
  tooFresh: { decision: Decision; waitMs: number }[];
}

/** Groups what is to be sent into calls of up to 100. */
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
 * The latest moment, by Zoho's clock, after which a record must not have been written when a stage is sent. Where Zoho did
 * not say when it was read, our clock has to do, and may be a minute ahead.
 */
function unmodifiedSinceMs({ asOfMs }: Decision, nowMs: number): number {
  return Math.floor((asOfMs ?? nowMs - MINUTE) / SECOND) * SECOND - SECOND;
}

/**
 * How long a stage has to wait because the record was written within the second before the look: Zoho counts seconds, so
 * a move of the very same one would not be told from that.
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
 * Makes one call. What is refused in part is sent without that part. Those that a fault of the whole call left as they were
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

/** Inserted, never upserted: a record that is there already is read before anything is written to it. */
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
 * Every try reads the rows of its line items anew: a try whose answer was lost may have added some, and they would be
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

/** The rows that the records hold whose line items are to be written. */
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

/** A row that was there when it was read and is not any more, often since this very call was carried out before. */
function readAgain(kind: RecordKind, { write, result }: Written<RecordWrite>): RecordWrite[] {
  if (result.ok || result.code !== "INVALID_DATA" || kind.lines === null || result.field !== kind.lines) {
    return [];
  }
  return isAbout(result, "id") ? [write] : [];
}

/** Whether a refusal inside a line is about this field of it; one that does not say so may be. */
function isAbout({ line }: Failure, field: string): boolean {
  return line === undefined || line.field === null || line.field === field;
}

/**
 * Sellers merge Accounts and Contacts and delete Products: the id that the mapping remembers is then refused. It is followed
 * or forgotten, and the next round takes, finds or makes the right one. A tax that is refused has a code of ours.
 */
function explained(kind: RecordKind, { decision }: RecordWrite, failure: Failure): Failure {
  const { code, field } = failure;
  if (isAboutTax(failure)) return { ...failure, code: "LINE_TAX_REFUSED" };
  if (code !== "INVALID_DATA" || field === null) return failure;
  const value = decision.ours.fields[field];
  if (field === kind.lines && typeof value === "string") {
    if (!isAbout(failure, "Product_Name")) return failure;
    // Which row it was is not worth telling apart: a Product that is there is found again.
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

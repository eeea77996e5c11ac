import type { Change, Mapping } from "../../supabase/functions/_shared/sync/claim/change.ts";
import {
  decide,
  type Decision,
  type Situation,
} from "../../supabase/functions/_shared/sync/records/decide.ts";
import { type Entity, kinds } from "../../supabase/functions/_shared/sync/claim/kinds.ts";
import type { SeenRecord } from "../../supabase/functions/_shared/sync/records/look.ts";
import { DrainSession, type SyncDependencies } from "../../supabase/functions/_shared/sync/drain_session.ts";
import type { Attempt, Ours } from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus, Fields } from "../../supabase/functions/_shared/mapping/types.ts";
import { goodSource } from "../support/samples/source.ts";
import { goodSettings } from "../support/samples/settings.ts";
import {
  baseRevision,
  epoch,
  goodRecord,
  nowMs,
  ownedFields,
  plannedRevision,
  rules,
} from "./merge_samples.ts";

// A claimed contract in step with its Deal, looked at. A test starts from it and changes one thing.

export const dealId = "5000000000001";

export function goodMapping(values: Partial<Mapping> = {}): Mapping {
  return {
    zoho_id: dealId,
    state: "linked",
    snapshot: { ...ownedFields, Stage: "Negotiation/Review" },
    agreed_status: "pending_signature",
    revision: baseRevision,
    loops: {},
    ...values,
  };
}

export function goodChange(values: Partial<Change> = {}): Change {
  return {
    entity_type: "contract",
    entity_id: goodSource().contract.id,
    version: 3,
    lane: 1,
    failed_rounds: 0,
    look: true,
    forced: false,
    cause: "contracts update",
    source: goodSource(),
    mapping: goodMapping(),
    in_doubt: false,
    answers: [],
    row_version: "885",
    planned_revision: plannedRevision,
    ...values,
  };
}

export function goodEntity(change: Change = goodChange()): Entity {
  const subject = kinds.contract.read(change.source);
  if ("field" in subject) throw new Error(`the sample is refused: ${subject.field}`);
  return { change, kind: kinds.contract, subject };
}

export interface Decided {
  change?: Partial<Change>;
  status?: ContractStatus;
  fields?: Fields;
  /** The stage in Zoho. */
  stage?: string;
  record?: Parameters<typeof goodRecord>[1];
  attempts?: Attempt[];
  asOfMs?: number | null;
  /** Instead of a look. */
  kind?: "not_read" | "absent" | "gone";
}

export function goodDecision(values: Decided = {}): Decision {
  const { change, status = "pending_signature", fields = ownedFields, attempts = [], kind } = values;
  const ours: Ours = { fields, status, firstStage: kind === "absent" ? "Proposal/Price Quote" : null };
  const theirs = goodRecord(values.stage ?? "Negotiation/Review", values.record) as SeenRecord;
  const zohoId = kind === "absent" ? null : dealId;
  const situation: Situation = kind === undefined
    ? { looked: { theirs, asOfMs: values.asOfMs === undefined ? nowMs : values.asOfMs }, zohoId, attempts }
    : { kind, zohoId, attempts };
  const mapping = kind === "absent" ? null : goodMapping();
  const entity = goodEntity(goodChange({ mapping, ...change }));
  const revisions = { epoch, lastSequence: 100, earlier: [] };
  return decide({ entity, ours }, situation, { rulesOf: () => rules, revisions, nowMs });
}

/** A running drain that makes no call. */
export function goodRun(): DrainSession {
  const deps = { settings: goodSettings(), now: () => nowMs, random: () => 0.5 };
  return new DrainSession(deps as SyncDependencies, 3);
}

import type postgres from "postgres";
import { asRole } from "../support/database.ts";
import type { Db, Row } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";

/** A drain of these tests, and the Deal that its contract becomes. */
export const WORKER = crypto.randomUUID();
export const DEAL = "5000000000001";

// The steps of a drain as the worker calls them: over the service role's rpc(), with JSON in and out.

export interface QueueRow {
  entity_type: string;
  entity_id: string;
  version: number;
  lane: number;
  status: "pending" | "in_flight" | "dead";
  failed_rounds: number;
  due_in_seconds: number;
  lease_owner: string | null;
  look: boolean;
  forced: boolean;
  cause: string;
  error_code: string | null;
  error_field: string | null;
  error_message: string | null;
}

export async function queueRows(db: Db): Promise<QueueRow[]> {
  await fold(db);
  const rows = await db<QueueRow[]>`
    select entity_type, entity_id, version::int, lane::int, status, failed_rounds, lease_owner, look, forced, cause,
      error_code, error_field, error_message,
      extract(epoch from next_attempt_at - clock_timestamp())::float as due_in_seconds
    from public.zoho_sync_queue order by lane, enqueued_at, entity_id
  `;
  return [...rows];
}

/** The only row of the queue. */
export async function onlyChange(db: Db): Promise<QueueRow> {
  const rows = await queueRows(db);
  const [row] = rows;
  if (!row || rows.length > 1) throw new Error(`the queue has ${rows.length} rows`);
  return row;
}

/** As if everything so far had reached Zoho. */
export async function emptyQueue(db: Db): Promise<void> {
  await fold(db);
  await db`delete from public.zoho_sync_queue where true`;
}

/** As if both sides had last agreed on this record of the contract. */
export async function linkContract(
  db: Db,
  contractId: string,
  zohoId: string,
  snapshot = {},
  agreed: { status?: string; revision?: string } = {},
): Promise<void> {
  await db`
    insert into public.zoho_entity_mappings
      (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, agreed_status, revision)
    values ('contract', ${contractId}, 'Deals', ${zohoId}, ${JSON.stringify(snapshot)}::text::jsonb,
      ${agreed.status ?? "draft"}, ${agreed.revision ?? null})
  `;
}

/** Contracts of one quote, made by one statement; the queue then holds them all. */
export async function insertContracts(db: Db, quoteId: string, count: number): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months)
    select 'CT-2026-M' || i, ${quoteId}, 'fibre', 24 from generate_series(1, ${count}::int) i
    returning id
  `;
  return rows.map((row) => row.id);
}

export interface ClaimedChange {
  entity_type: string;
  entity_id: string;
  version: number;
  lane: number;
  failed_rounds: number;
  look: boolean;
  forced: boolean;
  cause: string;
  source: SourceInput | null;
  mapping: MappingInput | null;
  in_doubt: boolean;
  answers: { kind: string; field: string | null; choice: string; shown: Record<string, unknown> }[];
  row_version: string | null;
  planned_revision: string | null;
  claimed_at?: string;
}

export interface MappingInput {
  zoho_id: string;
  state: string;
  snapshot: Record<string, unknown>;
  agreed_status: string | null;
  revision: string | null;
  loops: Record<string, unknown>;
}

export interface SourceInput {
  contract: Row;
  quote: Row;
  customer: Row | null;
  internal_test: boolean;
  kyc: Record<string, unknown> | null;
  rica: { status: string } | null;
  account_key: string;
  account_id: string | null;
  contact: { zoho_id: string; snapshot: Record<string, unknown> } | null;
}

export interface Claim {
  acquired: boolean;
  paused: { until: string | null; code: string; message: string } | null;
  changes: ClaimedChange[];
  holds: { module: string; code: string; message: string; seconds_left: number }[];
  look_again_ms?: number;
  revisions?: { epoch: number; last: number; earlier: number[]; checked_seconds_ago: number | null };
}

export interface ClaimOptions {
  worker: string;
  limit?: number;
  leaseSeconds?: number;
  only?: { type: string; id: string };
}

export async function claim(sql: postgres.Sql, options: ClaimOptions): Promise<Claim> {
  const { worker, limit = 100, leaseSeconds = 60, only } = options;
  const answer = await rpc<Claim>(
    sql,
    (tx) =>
      tx`select public.zoho_claim_changes(${worker}, ${limit}, ${leaseSeconds}, ${only?.type ?? null},
      ${only?.id ?? null}) as answer`,
  );
  return answer;
}

/** Claims and expects exactly one change. */
export async function claimOne(sql: postgres.Sql, worker: string): Promise<ClaimedChange> {
  const { changes } = await claim(sql, { worker });
  const [change] = changes;
  if (!change || changes.length > 1) throw new Error(`${changes.length} changes were claimed`);
  return change;
}

export interface ResultInput {
  entity_type: string;
  entity_id: string;
  version: number;
  claimed_at?: string | undefined;
  outcome: "done" | "retry" | "dead" | "release";
  retry_in_seconds?: number;
  look?: boolean;
  error?: { code: string; field?: string; message: string };
  record?: SettledRecordInput;
  take_in?: Pick<SettledRecordInput, "fields" | "agreed_status" | "revision"> & {
    status: string;
    row_version: string;
  };
  state?: string;
  questions?: QuestionInput[];
  seen?: { outcome: string; reason: string; details: Record<string, unknown> };
}

export interface SettledRecordInput {
  zoho_type: string;
  zoho_id: string;
  fields: Record<string, unknown>;
  agreed_status: string | null;
  revision: string | null;
  loops: Record<string, unknown>;
  modified_at?: string;
}

/** A question as the merge asks it. */
export interface QuestionInput {
  kind: string;
  field: string | null;
  ours: unknown;
  theirs: unknown;
  asks: string | null;
  answers: string[];
  shown: Record<string, unknown>;
  changed_by: string | null;
  changed_at: string | null;
}

/** A record with its new base. */
export function settledBaseOf(
  zohoType: string,
  zohoId: string,
  fields: Record<string, unknown> = {},
  agreed: { status?: string | null; revision?: string | null } = {},
): SettledRecordInput {
  const { status = zohoType === "Deals" ? "draft" : null, revision = null } = agreed;
  return { zoho_type: zohoType, zoho_id: zohoId, fields, agreed_status: status, revision, loops: {} };
}

/** The change went well; Zoho's record is a Deal of this id and holds these fields. */
export function done(
  change: ClaimedChange,
  zohoId?: string,
  fields: Record<string, unknown> = {},
): ResultInput {
  const { entity_type, entity_id, version, claimed_at } = change;
  const record = zohoId ? settledBaseOf("Deals", zohoId, fields) : undefined;
  return { entity_type, entity_id, version, claimed_at, outcome: "done", record };
}

/** Zoho's stage asks for this status of the row that was claimed. */
export function takeIn(
  { row_version }: ClaimedChange,
  status: string,
  stage = "Closed Won",
): Required<ResultInput>["take_in"] {
  const fields = { Stage: stage };
  return { status, row_version: row_version ?? "", fields, agreed_status: status, revision: null };
}

export interface SettlementInput {
  worker: string;
  results: ResultInput[];
  links?: Record<string, unknown>[];
  accounts?: Record<string, unknown>[];
  closed?: Record<string, unknown>[];
  credits?: { lane: number; credits: number; calls: number }[];
  asked?: Record<string, unknown>[];
  lacking?: Record<string, unknown>[];
}

export interface Settled {
  settled: number;
  again: number;
  lost: number;
  /** Ids of entities whose rows a business transaction holds. */
  busy: string[];
  taken: number;
  /** Ids of contracts whose status was not taken in. */
  left: string[];
}

export async function settle(sql: postgres.Sql, settlement: SettlementInput): Promise<Settled> {
  const { worker, results, links = [], accounts = [], closed = [], credits = [], asked = [], lacking = [] } =
    settlement;
  const [r, l, a, c, k, q, w] = [results, links, accounts, closed, credits, asked, lacking].map((part) =>
    JSON.stringify(part)
  );
  return await rpc<Settled>(
    sql,
    (tx) =>
      tx`select public.zoho_settle_changes(${worker}, ${r ?? ""}::text::jsonb, ${l ?? ""}::text::jsonb,
        ${a ?? ""}::text::jsonb, ${c ?? ""}::text::jsonb, ${k ?? ""}::text::jsonb,
        p_asked => ${q ?? ""}::text::jsonb, p_lacking => ${w ?? ""}::text::jsonb) as answer`,
  );
}

/** One rpc() of the service role. A step that waits for another session's lock fails instead of hanging the test. */
export async function rpc<T>(
  sql: postgres.Sql,
  call: (tx: postgres.TransactionSql) => Promise<Iterable<unknown>>,
): Promise<T> {
  return await asRole(sql, "service_role", {}, async (tx) => {
    await tx`set local lock_timeout = '5s'`;
    const [row] = await call(tx) as { answer: T }[];
    if (!row) throw new Error("the function answered nothing");
    return row.answer;
  });
}

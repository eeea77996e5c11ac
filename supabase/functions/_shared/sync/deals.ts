import { dealProjection } from "../mapping/deal.ts";
import { accountName } from "../mapping/account.ts";
import type { ContractSource, Fields } from "../mapping/types.ts";
import { createDeals, type RecordResult, recordsPerCall, updateRecords } from "../zoho/records.ts";
import type { Accounts } from "./accounts.ts";
import { attemptWrite, type Write, type Written } from "./attempts.ts";
import type { ContractChange, Settlement } from "./change.ts";
import { inChunks } from "./chunks.ts";
import type { Contacts } from "./contacts.ts";
import { diffFields } from "./diff.ts";
import type { Run } from "./run.ts";
import type { KnownDeal } from "./known_deals.ts";
import { settleFailure } from "./verdict.ts";

type DealWrite = Write & { projection: Fields; learned: KnownDeal | undefined };

/** A call's worth of Deals, made or updated; one call to Zoho each. */
export type DealCall = { kind: "create" | "update"; writes: DealWrite[] };

export interface PlannedDeals {
  calls: DealCall[];
  /** Settled without a call: nothing differs, or an Account or Contact could not be had. */
  settled: Settlement[];
}

/** What a wave found out before its Deals are written. */
export interface Known {
  accounts: Accounts;
  contacts: Contacts;
  /** Deals read from Zoho because we did not know what it holds, by Zoho id. */
  deals: Map<string, KnownDeal>;
}

/** Compares each contract's projection with its snapshot and groups what differs into calls of up to 100. */
export function planDeals(
  run: Run,
  contracts: ContractChange[],
  { accounts, contacts, deals }: Known,
): PlannedDeals {
  const settled: Settlement[] = [];
  const creations: DealWrite[] = [];
  const updates: DealWrite[] = [];
  for (const { change, source } of contracts) {
    const key = source.account_key ?? "";
    const customerId = source.customer?.id ?? "";
    const failure = accounts.failures.get(key) ?? contacts.failures.get(customerId) ??
      missingLink(source, accounts, contacts);
    if (failure) {
      settled.push(settleFailure(change, failure, run.with_.random()));
      continue;
    }
    if (contacts.outdated.has(customerId)) {
      settled.push({ ...done(change, null, undefined), outcome: "release" });
      continue;
    }
    const links = {
      accountId: accounts.ids.get(key) ?? null,
      contactId: contacts.ids.get(customerId) ?? null,
    };
    // The original service kept the id on the contract only.
    const zohoId = change.mapping?.zoho_id ?? source.contract.zoho_deal_id;
    const learned = zohoId === null ? undefined : deals.get(zohoId);
    const snapshot: Fields = { ...change.mapping?.snapshot, ...learned?.fields };
    const heldStage = typeof snapshot.Stage === "string" ? snapshot.Stage : null;
    const projection = projectOrNull(source, links, heldStage, run.with_.settings.timeZone);
    if (projection === null) {
      settled.push(settleFailure(change, badSource, run.with_.random()));
      continue;
    }
    const isFirst = change.mapping === null && learned === undefined;
    const fields = isFirst || change.forced ? projection : diffFields(projection, snapshot);
    if (Object.keys(fields).length === 0) {
      settled.push(done(change, zohoId, learned));
      continue;
    }
    const write: DealWrite = {
      change,
      projection,
      entityType: "contract",
      entityId: change.entity_id,
      zohoType: "Deals",
      zohoId,
      learned,
      fields: zohoId === null ? { ...fields, ...pipelineField(run) } : fields,
    };
    (zohoId === null ? creations : updates).push(write);
  }
  return {
    settled,
    calls: [
      ...inChunks(updates, recordsPerCall).map((writes): DealCall => ({ kind: "update", writes })),
      ...inChunks(creations, recordsPerCall).map((writes): DealCall => ({ kind: "create", writes })),
    ],
  };
}

/**
 * An Account or Contact that should be there and is not, though nothing was refused: it was to be written for another
 * contract, whose lease was lost in between. A Deal that is written without it would stay without it.
 */
function missingLink(source: ContractSource, accounts: Accounts, contacts: Contacts): Failure | undefined {
  const { account_key: key, customer } = source;
  if (key !== null && accountName(source) !== null && !accounts.ids.has(key)) {
    return linkFailed("Account_Name");
  }
  const hasEmail = customer !== null && customer.email.trim() !== "";
  return hasEmail && !contacts.ids.has(customer.id) ? linkFailed("Contact_Name") : undefined;
}

function linkFailed(field: string): Failure {
  return { ok: false, code: "LINK_FAILED", field, message: "not at hand", duplicateId: null };
}

/** Mandatory for a new Deal where pipelines are on (insert-records page); a seller may move it on. */
function pipelineField(run: Run): Fields {
  const { pipeline } = run.with_.settings;
  return pipeline === null ? {} : { Pipeline: pipeline };
}

/** A row that the projection cannot read is one dead letter; it must not stop the others of its wave. */
function projectOrNull(...args: Parameters<typeof dealProjection>): Fields | null {
  try {
    return dealProjection(...args);
  } catch {
    return null;
  }
}

const badSource = {
  ok: false as const,
  code: "BAD_SOURCE",
  field: null,
  message: "the projection failed",
  duplicateId: null,
};

/**
 * Makes one call and settles its records. A create that meets an existing Deal (DUPLICATE_DATA names it) is linked
 * and updated by its id, once.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function writeDeals(run: Run, call: DealCall): Promise<Settlement[]> {
  const written = await attemptWrite(run, call.writes, (writes) => send(run, call.kind, writes));
  const duplicates = written.flatMap((each) => linkDuplicate(call.kind, each));
  const settled = written
    .filter(({ write }) => !duplicates.some((duplicate) => duplicate.change === write.change))
    .map((each) => settle(run, each));
  if (duplicates.length === 0) return settled;
  const linked = await attemptWrite(run, duplicates, (writes) => send(run, "update", writes));
  return [...settled, ...linked.map((each) => settle(run, each))];
}

function send(run: Run, kind: DealCall["kind"], writes: DealWrite[]): Promise<RecordResult[]> {
  const { zoho } = run.with_;
  return kind === "create"
    ? createDeals(zoho, writes.map(({ fields }) => fields))
    : updateRecords(zoho, "Deals", writes.map(({ fields, zohoId }) => ({ ...fields, id: zohoId ?? "" })));
}

/** Only the record that holds our Contract_Number is ours; another unique field's holder is a question. */
function linkDuplicate(kind: DealCall["kind"], { write, result }: Written<DealWrite>): DealWrite[] {
  if (kind !== "create" || result.ok || result.code !== "DUPLICATE_DATA") return [];
  if (result.duplicateId === null || result.field !== "Contract_Number") return [];
  return [{ ...write, zohoId: result.duplicateId }];
}

function settle(run: Run, { write, result }: Written<DealWrite>): Settlement {
  if (!result.ok) return settleFailure(write.change, withGoneLink(run, write, result), run.with_.random());
  return {
    ...done(write.change, null, undefined),
    record: {
      zoho_type: "Deals",
      zoho_id: result.id,
      fields: { ...write.learned?.fields, ...write.fields },
      modified_at: result.modifiedAt,
      modified_by: result.modifiedBy,
      seen: write.change.mapping?.seen ?? 0,
    },
  };
}

/** Lookups of a Deal, and what they point to. */
const linkedModules = { Account_Name: "Accounts", Contact_Name: "Contacts" } as const;

/**
 * Sellers merge Accounts and Contacts: the id that we remember is then refused. It is forgotten, and the next round
 * finds or makes the right one.
 */
function withGoneLink(run: Run, write: DealWrite, failure: Failure): Failure {
  const { field } = failure;
  if (failure.code !== "INVALID_DATA" || (field !== "Account_Name" && field !== "Contact_Name")) {
    return failure;
  }
  const link = write.projection[field];
  if (typeof link !== "object" || link === null) return failure;
  run.gone.push({ zoho_type: linkedModules[field], zoho_id: link.id });
  return { ...failure, code: "LINK_FAILED" };
}

type Failure = Extract<RecordResult, { ok: false }>;

/** Settled without a write; what was read on the way is remembered. */
function done(
  change: ContractChange["change"],
  zohoId: string | null,
  learned: KnownDeal | undefined,
): Settlement {
  return {
    entity_type: change.entity_type,
    entity_id: change.entity_id,
    revision: change.revision,
    outcome: "done",
    ...(zohoId === null || !learned ? {} : {
      record: {
        zoho_type: "Deals",
        zoho_id: zohoId,
        fields: learned.fields,
        modified_at: learned.modifiedAt,
        modified_by: null,
        seen: change.mapping?.seen ?? 0,
      },
    }),
  };
}

import type { Fields, RecordLinks } from "../mapping/types.ts";
import { type RecordResult, recordsPerCall } from "../zoho/records.ts";
import type { Accounts } from "./accounts.ts";
import type { Write } from "./write_types.ts";
import type { Change, Settlement } from "./change.ts";
import { inChunks } from "./chunks.ts";
import type { Contacts } from "./contacts.ts";
import { diffFields } from "./diff.ts";
import { type Entity, type Kind, kinds } from "./kinds.ts";
import { type KnownRecord, recordId } from "./known.ts";
import type { Products } from "./products.ts";
import type { Run } from "./run.ts";
import { settleFailure } from "./verdict.ts";

export type Failure = Extract<RecordResult, { ok: false }>;

export type RecordWrite = Write & { projection: Fields; learned: KnownRecord | undefined };

/** A call's worth of records of one kind, made or updated; one write call to Zoho each. */
export interface RecordCall {
  kind: Kind;
  action: "create" | "update";
  writes: RecordWrite[];
}

export interface Plan {
  calls: RecordCall[];
  /** Settled without a call: nothing differs, or something the record points to could not be had. */
  settled: Settlement[];
}

/** What a wave found out before its records are written. */
export interface Known {
  accounts: Accounts;
  contacts: Contacts;
  products: Products;
  /** Records read from Zoho because we did not know what it holds, by Zoho id. */
  records: Map<string, KnownRecord>;
}

/** Compares each projection with its snapshot and groups what differs into calls of up to 100 of one kind. */
export function planRecords(run: Run, entities: Entity[], known: Known): Plan {
  const plan: Plan = { calls: [], settled: [] };
  const writes: RecordWrite[] = [];
  for (const entity of entities) {
    const step = planOne(run, entity, known);
    if ("outcome" in step) plan.settled.push(step);
    else writes.push(step);
  }
  for (const kind of Object.values(kinds)) {
    for (const action of ["update", "create"] as const) {
      const ours = writes.filter(({ zohoType, zohoId }) =>
        zohoType === kind.zohoType && (zohoId === null) === (action === "create")
      );
      plan.calls.push(...inChunks(ours, recordsPerCall).map((some) => ({ kind, action, writes: some })));
    }
  }
  return plan;
}

function planOne(run: Run, entity: Entity, known: Known): RecordWrite | Settlement {
  const { change, kind, subject: { party } } = entity;
  const { settings } = run.with_;
  const failure = missingLink(entity, known);
  if (failure) return settleFailure(change, failure, run.with_.random());
  if (known.contacts.outdated.has(party.customer?.id ?? "")) {
    return { ...done(change, kind, null, undefined), outcome: "release" };
  }
  // A Contact was written, if need be, where it was resolved.
  if (kind.reference === null) return done(change, kind, null, undefined);

  const zohoId = recordId(entity);
  const learned = zohoId === null ? undefined : known.records.get(zohoId);
  const snapshot: Fields = { ...change.mapping?.snapshot, ...learned?.fields };
  const projection = projectOrNull(entity, linksOf(entity, known), snapshot, settings.timeZone);
  if (projection === null) return settleFailure(change, badSource, run.with_.random());
  const isFirst = change.mapping === null && learned === undefined;
  const fields = isFirst || change.forced ? projection : diffFields(projection, snapshot);
  if (Object.keys(fields).length === 0) return done(change, kind, zohoId, learned);
  return {
    change,
    projection,
    entityType: change.entity_type,
    entityId: change.entity_id,
    zohoType: kind.zohoType,
    zohoId,
    learned,
    fields: zohoId === null ? { ...fields, ...kind.atCreation?.(settings) } : fields,
  };
}

function linksOf({ subject: { party } }: Entity, { accounts, contacts, products }: Known): RecordLinks {
  return {
    accountId: accounts.ids.get(party.account_key ?? "") ?? null,
    contactId: contacts.ids.get(party.customer?.id ?? "") ?? null,
    productIds: products.ids,
  };
}

/**
 * Why something the record points to could not be had: it was refused, or it was to be written for another change,
 * whose lease was lost in between. A record that is written without it would stay without it.
 */
function missingLink(
  { subject, kind }: Entity,
  { accounts, contacts, products }: Known,
): Failure | undefined {
  const { party: { account_key, customer }, company, products: needed } = subject;
  const key = company === null ? null : account_key;
  const refused = accounts.failures.get(key ?? "") ?? contacts.failures.get(customer?.id ?? "");
  if (refused) return refused;
  if (key !== null && !accounts.ids.has(key)) return linkFailed("Account_Name");
  const hasEmail = customer !== null && customer.email.trim() !== "";
  if (hasEmail && !contacts.ids.has(customer.id)) return linkFailed("Contact_Name");
  const product = needed.find(({ code }) => !products.ids.has(code));
  return product && (products.failures.get(product.code) ?? linkFailed(kind.lines ?? ""));
}

function linkFailed(field: string): Failure {
  return { ok: false, code: "LINK_FAILED", field, message: "not at hand", duplicateId: null };
}

/** A row that the projection cannot read is one dead letter; it must not stop the others of its wave. */
function projectOrNull(
  { subject }: Entity,
  ...args: [links: RecordLinks, held: Fields, timeZone: string]
): Fields | null {
  try {
    return subject.project(...args);
  } catch {
    return null;
  }
}

const badSource: Failure = {
  ok: false,
  code: "BAD_SOURCE",
  field: null,
  message: "the projection failed",
  duplicateId: null,
};

/** Settled without a write; what was read on the way is remembered. */
export function done(
  change: Change,
  kind: Kind,
  zohoId: string | null,
  learned: KnownRecord | undefined,
): Settlement {
  return {
    entity_type: change.entity_type,
    entity_id: change.entity_id,
    revision: change.revision,
    outcome: "done",
    ...(zohoId === null || !learned ? {} : {
      record: {
        zoho_type: kind.zohoType,
        zoho_id: zohoId,
        fields: learned.fields,
        modified_at: learned.modifiedAt,
        modified_by: null,
        seen: change.mapping?.seen ?? 0,
      },
    }),
  };
}

/** How large an installation is and how much happens in it; everything else of the model follows from these figures. */
export interface Installation {
  contracts: number;
  /** Rows that have a record in Zoho besides; an installation that bills every month has many invoices. */
  quotes: number;
  customers: number;
  invoices: number;
  /** Records that change in CircleTel, each of them one write. */
  changesADay: number;
  /** Records that sellers change in Zoho. */
  editsADay: number;
}

/**
 * An ordinary installation of so many contracts: to each its quote and one invoice, two to a customer; one in a hundred
 * changes on a day (signed, verified, active, another price: 3.65 times a year), and sellers touch half as many.
 */
export function installationOf(contracts: number): Installation {
  return {
    contracts,
    quotes: contracts,
    customers: Math.ceil(contracts / 2),
    invoices: contracts,
    changesADay: Math.ceil(contracts / 100),
    editsADay: Math.ceil(contracts / 200),
  };
}

/** Records in Zoho that are kept in step. */
export function recordsOf({ contracts, quotes, customers, invoices }: Installation): number {
  return contracts + quotes + customers + invoices;
}

/** Days that rows are kept (supabase/schemas/queue/purge_expired.sql, admin/attempt_hours.sql). */
const kept = { attempts: 395, events: 90, questions: 395, waits: 8 } as const;
/** Of a hundred edits of a seller, those that only a person can decide. */
const questionsPerEdit = 0.01;

export const sizedTables = [
  "zoho_entity_mappings",
  "zoho_sync_logs",
  "zoho_webhook_events",
  "search_entries",
  "zoho_accounts",
  "account_names",
  "zoho_questions",
  "settled_waits",
  "reconcile_seen",
  "zoho_backfill_items",
] as const;
export type SizedTable = typeof sizedTables[number];

/**
 * Rows of each table that grows, in the state that purges keep: every write of ours comes back as a hint, too. What a
 * nightly comparison has seen is there until it ends; the list of a backfill (one of contracts here) for 30 days.
 */
export function installationRows(installation: Installation): Record<SizedTable, number> {
  const { contracts, customers, changesADay, editsADay } = installation;
  const records = recordsOf(installation);
  return {
    zoho_entity_mappings: records,
    zoho_sync_logs: changesADay * kept.attempts,
    zoho_webhook_events: (changesADay + editsADay) * kept.events,
    search_entries: records,
    zoho_accounts: customers,
    account_names: customers,
    zoho_questions: Math.round(editsADay * questionsPerEdit * kept.questions),
    settled_waits: changesADay * kept.waits,
    reconcile_seen: records,
    zoho_backfill_items: contracts,
  };
}

import { accountProjection, foldName, isSameAccountName } from "../mapping/account.ts";
import { ZohoCallError } from "../zoho/errors.ts";
import { findByField, type FoundRecord } from "../zoho/search.ts";
import { type RecordResult, recordsPerCall, upsertRecords } from "../zoho/records.ts";
import { attemptRead, attemptWrite, type Write } from "./attempts.ts";
import type { Change } from "./change.ts";
import { inChunks } from "./chunks.ts";
import type { Run } from "./run.ts";

/** The company of a change: under which key its Account is remembered, and the Account if it is. */
export interface Company {
  change: Change;
  key: string | null;
  name: string | null;
  accountId: string | null;
}

export interface ResolvedAccount {
  account_key: string;
  zoho_id: string;
  matched_by: "found" | "created";
}

export interface Accounts {
  /** Zoho id by account key, for every company of the wave that has one. */
  ids: Map<string, string>;
  /** Those that were not known before; the settlement remembers them. */
  resolved: ResolvedAccount[];
  /** Why a company has no Account, by account key. */
  failures: Map<string, Extract<RecordResult, { ok: false }>>;
}

/**
 * Finds or makes the Accounts of a wave's companies. An Account that sales already has is used, not doubled:
 * it is looked up by its exact name first, and made by an upsert on that name.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function resolveAccounts(run: Run, companies: Company[]): Promise<Accounts> {
  const ids = new Map<string, string>();
  const wanted = new Map<string, { name: string; change: Change }>();
  for (const { change, key, name, accountId } of companies) {
    if (key === null || name === null) continue;
    if (accountId !== null) ids.set(key, accountId);
    else if (!wanted.has(key)) wanted.set(key, { name, change });
  }
  const accounts: Accounts = { ids, resolved: [], failures: new Map() };
  if (wanted.size === 0) return accounts;

  const existing = await findAccounts(run, [...wanted.values()].map(({ name }) => name));
  // Ordered by id: of several Accounts with one name the oldest is taken, every time.
  const byName = new Map<string, string>();
  for (const { id, Account_Name: name } of existing) {
    const folded = foldName(String(name));
    if (!byName.has(folded)) byName.set(folded, id);
  }
  const missing: (Write & { key: string })[] = [];
  for (const [key, { name, change }] of wanted) {
    const id = byName.get(foldName(name));
    if (id !== undefined) remember(accounts, key, id, "found");
    else {
      missing.push({
        key,
        change,
        entityType: change.entity_type,
        entityId: change.entity_id,
        zohoType: "Accounts",
        zohoId: null,
        fields: accountProjection(name),
        isPerson: key.startsWith("customer:"),
      });
    }
  }
  for (const chunk of inChunks(missing, recordsPerCall)) {
    const written = await attemptWrite(
      run,
      chunk,
      (writes) =>
        upsertRecords(run.with_.zoho, "Accounts", writes.map(({ fields }) => fields), ["Account_Name"]),
    );
    for (const { write: { key }, result } of written) {
      if (result.ok) remember(accounts, key, result.id, "created");
      else if (result.duplicateId) remember(accounts, key, result.duplicateId, "found");
      else accounts.failures.set(key, result);
    }
  }
  return accounts;
}

/** A name that Zoho's query language chokes on must not stop the others: the upsert matches by name as well. */
async function findAccounts(run: Run, names: string[]): Promise<FoundRecord[]> {
  try {
    return await attemptRead(
      run,
      () => findByField(run.with_.zoho, "Accounts", "Account_Name", names, isSameAccountName),
    );
  } catch (error) {
    if (error instanceof ZohoCallError && unreadableQueries.has(error.code)) return [];
    throw error;
  }
}

const unreadableQueries = new Set(["INVALID_QUERY", "SYNTAX_ERROR"]);

function remember(accounts: Accounts, key: string, id: string, matchedBy: "found" | "created"): void {
  accounts.ids.set(key, id);
  accounts.resolved.push({ account_key: key, zoho_id: id, matched_by: matchedBy });
}

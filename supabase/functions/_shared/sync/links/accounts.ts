import { accountProjection, nameBeside } from "../../mapping/account.ts";
import { limitConcurrency } from "../../platform/concurrency.ts";
import { recordsPerCall, upsertRecords } from "../../zoho/records.ts";
import { type AccountQuestion, askAboutAccounts, isPersonKey, type Wanted } from "./account_lookup.ts";
import { idToBe, planAccounts, type Planned } from "./account_plan.ts";
import { attemptWrite } from "../attempts/attempts.ts";
import { type PartFailures, partsOf, type Write } from "../attempts/write_types.ts";
import type { Change } from "../claim/change.ts";
import { inChunks } from "../../platform/chunks.ts";
import { type Failure, failure } from "../attempts/failure.ts";
import { aboutModule, heldFailure } from "../attempts/holds.ts";
import type { DrainSession } from "../drain_session.ts";

/** The company of a change: the key of its Account, and the Account's id if known. */
export interface Company {
  change: Change;
  key: string | null;
  name: string | null;
  accountId: string | null;
}

export interface ResolvedAccount {
  account_key: string;
  zoho_id: string;
  matched_by: "created" | "registration_number" | "vat_number" | "name";
}

export interface Accounts {
  /** Zoho id by account key, for every company of the wave that has one. */
  ids: Map<string, string>;
  /** Newly found Accounts, stored with the settlement. */
  resolved: ResolvedAccount[];
  /** Why a company has no Account, by account key. */
  failures: Map<string, Failure>;
  parts: PartFailures;
}

/**
 * Finds or makes the Accounts of a wave's companies. An existing Account is used, not duplicated: it is
 * matched by number, then by name (docs/accounts.md). Where that is uncertain the company's changes fail with
 * ACCOUNT_UNCERTAIN and a person is asked. While the module is held, known Accounts are used.
 *
 * @throws ZohoCallError, ZohoTokenError when Zoho does not answer
 */
export async function resolveAccounts(session: DrainSession, companies: Company[]): Promise<Accounts> {
  const accounts: Accounts = { ids: new Map(), resolved: [], failures: new Map(), parts: new Map() };
  const wanted = new Map<string, Wanted>();
  for (const { change, key, name, accountId } of companies) {
    if (key === null || name === null) continue;
    if (accountId !== null) accounts.ids.set(key, accountId);
    else if (wanted.has(key)) wanted.get(key)?.changes.push(change);
    else wanted.set(key, { key, name, changes: [change] });
  }
  if (wanted.size === 0) return accounts;
  const held = await aboutModule(session, "Accounts", async () => {
    const planned = await planAccounts(session, [...wanted.values()]);
    await createAccounts(session, planned, accounts);
    takeMatches(planned, accounts);
    await ask(session, planned, accounts);
  });
  if (held === null) return accounts;
  for (const key of wanted.keys()) {
    if (!accounts.ids.has(key) && !accounts.failures.has(key)) accounts.failures.set(key, heldFailure(held));
  }
  return accounts;
}

type Creation = Write & { key: string };

/**
 * Upserts by name, so that a create whose answer was lost is found again: no Account with exactly that name
 * exists, or it would have been matched or asked about. If a person declined such an Account, the new one gets another name.
 */
async function createAccounts(session: DrainSession, planned: Planned[], accounts: Accounts): Promise<void> {
  const creations = planned.flatMap(({ party: { key, wanted }, decision }): Creation[] => {
    const [change] = wanted.changes;
    if (decision.kind !== "create" || !change) return [];
    return [{
      key,
      change,
      entityType: change.entity_type,
      entityId: change.entity_id,
      zohoType: "Accounts",
      zohoId: null,
      fields: accountProjection(decision.besideSameName ? nameBeside(wanted.name, key) : wanted.name),
      isPerson: isPersonKey(key),
    }];
  });
  const inTurn = limitConcurrency(session.callsAtOnce);
  const upsert = (writes: Creation[]) =>
    upsertRecords(session.deps.zoho, "Accounts", writes.map(({ fields }) => fields), ["Account_Name"]);
  const calls = await Promise.allSettled(
    inChunks(creations, recordsPerCall).map((chunk) => inTurn(() => attemptWrite(session, chunk, upsert))),
  );
  for (const call of calls) {
    if (call.status === "rejected") throw call.reason;
    for (const [entityId, part] of partsOf(call.value)) accounts.parts.set(entityId, part);
    for (const { write: { key }, result } of call.value) {
      if (result.ok) remember(accounts, key, result.id, "created");
      else if (result.duplicateId) remember(accounts, key, result.duplicateId, "name");
      else accounts.failures.set(key, result);
    }
  }
}

/** A match with an Account made in this wave takes its id, or shares its failure. */
function takeMatches(planned: Planned[], accounts: Accounts): void {
  const made = idsMade(planned, accounts);
  for (const { party: { key }, decision } of planned) {
    if (decision.kind !== "match") continue;
    const owner = ownerOf(decision.id);
    const id = owner === null ? decision.id : made.get(decision.id);
    const shared = owner === null ? undefined : accounts.failures.get(owner);
    if (id !== undefined) remember(accounts, key, id, decision.by);
    else if (shared) accounts.failures.set(key, shared);
  }
}

async function ask(session: DrainSession, planned: Planned[], accounts: Accounts): Promise<void> {
  const made = idsMade(planned, accounts);
  const questions: AccountQuestion[] = [];
  for (const { party: { key, wanted }, decision } of planned) {
    if (decision.kind !== "question") continue;
    const candidates = decision.candidates.map((each) => ({ ...each, id: made.get(each.id) ?? each.id }));
    // An Account that could not be made cannot be offered as an answer: the next round asks.
    if (candidates.some(({ id }) => ownerOf(id) !== null)) accounts.failures.set(key, tryAgain);
    else questions.push({ wanted, reason: decision.reason, candidates });
  }
  const certain = planned.filter(({ party: { asked, key } }) => asked && accounts.ids.has(key));
  const isSilent = session.isDryRun || questions.length + certain.length === 0;
  const answered = isSilent
    ? new Set<string>()
    : await askAboutAccounts(session, questions, certain.map(({ party: { key } }) => key));
  for (const { wanted: { key } } of questions) {
    accounts.failures.set(key, answered.has(key) ? tryAgain : uncertain);
  }
}

function idsMade(planned: Planned[], accounts: Accounts): Map<string, string> {
  return new Map(planned.flatMap(({ party: { key }, decision }): [string, string][] => {
    const id = accounts.ids.get(key);
    return decision.kind === "create" && id !== undefined ? [[idToBe(key), id]] : [];
  }));
}

/** The company for which the Account is to be made; null for an existing Account. */
function ownerOf(id: string): string | null {
  const prefix = idToBe("");
  return id.startsWith(prefix) ? id.slice(prefix.length) : null;
}

const uncertain = failure("ACCOUNT_UNCERTAIN", "Account_Name");
const tryAgain = failure("LINK_FAILED", "Account_Name");

function remember(
  accounts: Accounts,
  key: string,
  id: string,
  matchedBy: ResolvedAccount["matched_by"],
): void {
  accounts.ids.set(key, id);
  accounts.resolved.push({ account_key: key, zoho_id: id, matched_by: matchedBy });
}

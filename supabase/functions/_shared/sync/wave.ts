import { limitConcurrency } from "../zoho/client.ts";
import { accountName } from "../mapping/account.ts";
import { type Company, resolveAccounts } from "./accounts.ts";
import { type Change, type ContractChange, contractSource, type Settlement } from "./change.ts";
import { type ContactLink, type Person, resolveContacts } from "./contacts.ts";
import { readDoubtfulDeals } from "./known_deals.ts";
import { planDeals, writeDeals } from "./deals.ts";
import type { ResolvedAccount } from "./accounts.ts";
import type { Run } from "./run.ts";
import { partForBulk, type SetAside } from "./set_aside.ts";
import { settleFailure } from "./verdict.ts";

export interface WaveOutcome {
  settlements: Settlement[];
  accounts: ResolvedAccount[];
  links: ContactLink[];
  /** Records that a bulk job will make. */
  aside: SetAside[];
  /** A fault of a whole call: the records it concerned are released, the drain pauses. */
  fault: unknown;
}

/**
 * Works one claim: sources are read, Accounts and Contacts made sure of, and the Deals that differ written in calls
 * of up to 100, several at a time. Whatever was learned before a fault is in the outcome and gets settled.
 */
export async function workWave(run: Run, changes: Change[]): Promise<WaveOutcome> {
  const outcome: WaveOutcome = { settlements: [], accounts: [], links: [], aside: [], fault: null };
  const contracts: ContractChange[] = [];
  for (const change of changes) {
    const read = readChange(run, change);
    if ("settlement" in read) outcome.settlements.push(read.settlement);
    else contracts.push(read);
  }
  try {
    const accounts = await resolveAccounts(run, contracts.map(companyOf));
    outcome.accounts = accounts.resolved;
    const contacts = await resolveContacts(run, contracts.map(personOf));
    outcome.links = contacts.links;
    const deals = await readDoubtfulDeals(run, contracts);
    const plan = planDeals(run, contracts, { accounts, contacts, deals });
    outcome.settlements.push(...plan.settled);
    const inTurn = limitConcurrency(run.callsAtOnce);
    const due = plan.calls.flatMap((call) => {
      const { now, aside } = partForBulk(call.writes);
      outcome.aside.push(...aside);
      return now.length === 0 ? [] : [{ ...call, writes: now }];
    });
    const calls = await Promise.allSettled(due.map((call) => inTurn(() => writeDeals(run, call))));
    for (const call of calls) {
      if (call.status === "fulfilled") outcome.settlements.push(...call.value);
      else outcome.fault ??= call.reason;
    }
  } catch (error) {
    outcome.fault = error;
  }
  if (outcome.fault !== null) releaseTheRest(outcome, changes);
  return outcome;
}

function readChange(run: Run, change: Change): ContractChange | { settlement: Settlement } {
  const settlement = {
    entity_type: change.entity_type,
    entity_id: change.entity_id,
    revision: change.revision,
  };
  if (change.entity_type !== "contract" || change.source === null || change.source === undefined) {
    // Deleted since it was queued; the delete trigger has marked its mapping.
    return { settlement: { ...settlement, outcome: "done" } };
  }
  const parsed = contractSource.safeParse(change.source);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { settlement: refusal(run, change, "BAD_SOURCE", issue?.path.join(".") ?? null) };
  }
  if (parsed.data.internal_test) return { settlement: { ...settlement, outcome: "done" } };
  if (change.mapping?.state === "deleted_in_zoho") {
    return { settlement: refusal(run, change, "RECORD_NOT_FOUND", null) };
  }
  return { change, source: parsed.data };
}

function companyOf({ change, source }: ContractChange): Company {
  return { change, key: source.account_key, name: accountName(source), accountId: source.account_id };
}

function personOf({ change, source }: ContractChange): Person {
  return {
    change,
    customer: source.customer,
    contact: source.contact,
    tried: source.contact_tried ?? null,
  };
}

function refusal(run: Run, change: Change, code: string, field: string | null): Settlement {
  return settleFailure(
    change,
    { ok: false, code, field, message: code, duplicateId: null },
    run.with_.random(),
  );
}

/** A fault of a whole call burns no attempt of any record: they wait as they were. */
function releaseTheRest(outcome: WaveOutcome, changes: Change[]): void {
  const settled = new Set([...outcome.settlements, ...outcome.aside].map(({ entity_id }) => entity_id));
  for (const { entity_type, entity_id, revision } of changes) {
    if (!settled.has(entity_id)) {
      outcome.settlements.push({ entity_type, entity_id, revision, outcome: "release" });
    }
  }
}

import {
  isAlarming,
  knownRanges,
  readRevision,
  revisionField,
  type RevisionSpace,
} from "../merge/revision.ts";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { UnknownWritesError } from "../zoho/faults.ts";
import { coql } from "../zoho/search.ts";
import { knownRevisions, spaceOf } from "./change.ts";

/** A check is worth this long, also that of another process. */
const goodForSeconds = 15 * 60;

interface Effects {
  zoho: ZohoClient;
  db: ServiceClient;
  log: Log;
}

/**
 * Compares the revisions that records in Zoho carry with those that this database has given: once in a process before its
 * first write, and whenever the last check, whose time is kept in the database and so restored with it, is older than a
 * quarter of an hour. So a restored database, or a second deployment in one org, is noticed before it writes anything.
 */
export class RevisionWatch {
  #checked = false;
  #running: Promise<void> | null = null;

  /** @throws UnknownWritesError, ZohoCallError, ZohoTokenError, DatabaseError */
  async check(effects: Effects, space: RevisionSpace, secondsSinceCheck: number | null): Promise<void> {
    if (this.#checked && secondsSinceCheck !== null && secondsSinceCheck < goodForSeconds) return;
    this.#running ??= compareRevisions(effects, space).finally(() => this.#running = null);
    await this.#running;
    this.#checked = true;
  }
}

async function compareRevisions(effects: Effects, space: RevisionSpace): Promise<void> {
  const { db } = effects;
  if (await countStrange(effects, space) > 0) {
    // A worker that stood still while another one wrote knows an older sequence than the database does.
    const present = spaceOf(knownRevisions.parse(await callFunction(db, "zoho_revision_space", {})));
    const strange = await countStrange(effects, present);
    if (strange > 0) throw new UnknownWritesError(strange);
  }
  await callFunction(db, "zoho_revisions_checked", {});
}

async function countStrange({ zoho }: Effects, space: RevisionSpace): Promise<number> {
  const found = await coql(zoho, strangeRevisionsQuery(space));
  return found.filter((record) => isAlarming(readRevision(record[revisionField]), space)).length;
}

/** Deals with a revision outside of all that this database has given; one that a person typed has another length. */
export function strangeRevisionsQuery(space: RevisionSpace): string {
  const gaps: string[] = [];
  let from = 1_000_000_000_000_000n;
  for (const [first, last] of knownRanges(space)) {
    if (first > from) gaps.push(`(${revisionField} between ${from} and ${first - 1n})`);
    from = last + 1n;
  }
  gaps.push(`(${revisionField} between ${from} and 8999999999999999)`);
  return `select id, ${revisionField} from Deals where ${either(gaps)} limit 10`;
}

/** COQL joins two conditions at a time (coql page): more are nested. */
function either([first = "", ...rest]: string[]): string {
  return rest.length === 0 ? first : `(${first} or ${either(rest)})`;
}

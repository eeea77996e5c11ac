import { z } from "zod";
import {
  isAlarming,
  knownRanges,
  parseRevision,
  readRevision,
  revisionField,
  type RevisionSpace,
} from "../../merge/revision.ts";
import { inChunks } from "../../platform/chunks.ts";
import { callFunction, type ServiceClient } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { ZohoClient } from "../../zoho/client.ts";
import { UnknownWritesError } from "../../zoho/faults.ts";
import type { FoundRecord } from "../../zoho/found_records.ts";
import { coql } from "../../zoho/search.ts";

/** How long a check is valid, including one by another process. */
const goodForSeconds = 15 * 60;

interface Effects {
  zoho: ZohoClient;
  db: ServiceClient;
  log: Log;
}

/**
 * Compares the revisions on records in Zoho with those that this database has handed out: once per process before its
 * first write, whenever the last check (its time is in the database and so restored with it) is older than a
 * quarter of an hour, and when Postgres has been started since, as a restore does. So a restored database, or a second
 * deployment in one org, is detected before it writes anything.
 */
export class RevisionWatch {
  #checked = false;
  #running: Promise<void> | null = null;
  #databaseStartedAt: string | null = null;

  /** @throws UnknownWritesError, ZohoCallError, ZohoTokenError, DatabaseError */
  async check(
    effects: Effects,
    space: RevisionSpace,
    secondsSinceCheck: number | null,
    databaseStartedAt: string | null = null,
  ): Promise<void> {
    if (databaseStartedAt !== this.#databaseStartedAt) this.#checked = false;
    this.#databaseStartedAt = databaseStartedAt;
    if (this.#checked && secondsSinceCheck !== null && secondsSinceCheck < goodForSeconds) return;
    this.#running ??= compareRevisions(effects, space).finally(() => this.#running = null);
    await this.#running;
    this.#checked = true;
  }
}

async function compareRevisions(effects: Effects, space: RevisionSpace): Promise<void> {
  const { db } = effects;
  let known = space;
  for (;;) {
    const strange = await strangeRevisions(effects, known);
    if (strange.length === 0) break;
    const unknown = z.array(z.string()).parse(
      await callFunction(db, "zoho_unknown_revisions", { p_revisions: strange }),
    );
    if (unknown.length > 0) throw new UnknownWritesError(unknown.length);
    known = withLogged(known, strange);
  }
  await callFunction(db, "zoho_revisions_checked", {});
}

async function strangeRevisions({ zoho }: Effects, space: RevisionSpace): Promise<string[]> {
  const revisions = (await findStrange(zoho, space)).map((record) => readRevision(record[revisionField]));
  return revisions.filter((revision) => revision !== null).filter((revision) => isAlarming(revision, space));
}

/**
 * Revisions in the attempt log are this database's own, even if its state says otherwise: a worker that hung
 * knows an older sequence, and a recreated state row has another epoch. They count as known from here on.
 */
function withLogged(space: RevisionSpace, logged: string[]): RevisionSpace {
  const parts = logged.map(parseRevision).filter((each) => each !== null);
  const own = parts.filter(({ epoch }) => epoch === space.epoch);
  const others = parts.filter(({ epoch }) => epoch !== space.epoch);
  return {
    ...space,
    lastSequence: Math.max(space.lastSequence, ...own.map(({ sequence }) => sequence)),
    earlier: [...space.earlier, ...new Set(others.map(({ epoch }) => epoch))],
  };
}

/**
 * The ten Deals with the lowest revisions that this database has never handed out. One query, or more after
 * twenty adoptions.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function findStrange(zoho: ZohoClient, space: RevisionSpace): Promise<FoundRecord[]> {
  for (const query of strangeRevisionsQueries(space)) {
    const found = await coql(zoho, query);
    if (found.length > 0) return found;
  }
  return [];
}

/** A query has up to 25 conditions (coql page). */
const gapsPerQuery = 20;

/** The gaps between the ranges handed out; a revision typed by a person has another length and is in no gap. */
export function strangeRevisionsQueries(space: RevisionSpace): string[] {
  const gaps: string[] = [];
  let from = 1_000_000_000_000_000n;
  for (const [first, last] of knownRanges(space)) {
    if (first > from) gaps.push(`(${revisionField} between ${from} and ${first - 1n})`);
    from = last + 1n;
  }
  gaps.push(`(${revisionField} between ${from} and 8999999999999999)`);
  return inChunks(gaps, gapsPerQuery).map((some) =>
    `select id, ${revisionField} from Deals where ${either(some)} order by ${revisionField} asc limit 10`
  );
}

/** COQL joins two conditions at a time (coql page): more are nested. */
function either([first = "", ...rest]: string[]): string {
  return rest.length === 0 ? first : `(${first} or ${either(rest)})`;
}

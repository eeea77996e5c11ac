import { parseRevision, readRevision, revisionField } from "../../merge/revision.ts";
import type { ZohoClient } from "../../zoho/client.ts";
import { findStrange } from "./revision_watch.ts";

/** A query returns ten records, which may all be of one epoch; no org has more writers than this. */
const mostQueries = 20;
/** Any sequence of the present epoch counts as known, because the epoch is about to be closed. */
const lastSequence = 9_999_999_999;

/**
 * The epochs of other writers on Deals: repeats the query until no record carries an unknown one.
 * @throws ZohoCallError, ZohoTokenError
 */
export async function findOtherEpochs(zoho: ZohoClient, epoch: number, earlier: number[]): Promise<number[]> {
  const found = new Set<number>();
  for (let query = 0; query < mostQueries; query++) {
    const before = found.size;
    const space = { epoch, lastSequence, earlier: [...earlier, ...found] };
    for (const record of await findStrange(zoho, space)) {
      const writer = parseRevision(readRevision(record[revisionField]) ?? "")?.epoch;
      if (writer !== undefined) found.add(writer);
    }
    if (found.size === before) break;
  }
  return [...found].sort((a, b) => a - b);
}

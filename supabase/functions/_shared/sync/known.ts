import { readRecord } from "../mapping/read.ts";
import type { Fields } from "../mapping/types.ts";
import { limitConcurrency } from "../platform/concurrency.ts";
import type { FoundRecord } from "../zoho/found_records.ts";
import { listRecordsByIds, readOneRecord } from "../zoho/list.ts";
import { attemptRead } from "./attempts.ts";
import type { Entity, Kind } from "./kinds.ts";
import type { Run } from "./run.ts";

/** A record as Zoho holds it now. */
export interface KnownRecord {
  fields: Fields;
  modifiedAt: string | null;
}

/** The record's id, by the mapping or as the original service kept it. */
export function recordId({ change, subject }: Entity): string | null {
  return change.mapping?.zoho_id ?? subject.keptId;
}

/**
 * Reads the records of which we do not know what Zoho holds: those of the original service, those that a seller edited
 * in the very second of another edit or while ours was under way, and those whose last write was not answered. Pushing
 * ours unseen could undo a seller's move, and trusting the snapshot could leave the two sides apart.
 *
 * @returns by Zoho id; records that are gone are left out
 * @throws ZohoCallError, ZohoTokenError
 */
export async function readDoubtful(run: Run, entities: Entity[]): Promise<Map<string, KnownRecord>> {
  const doubtful = new Map<Kind, string[]>();
  for (const entity of entities) {
    const { change: { mapping }, kind } = entity;
    const id = recordId(entity);
    const isKnown = mapping !== null && !mapping.doubtful &&
      typeof mapping.snapshot[kind.certain] === "string";
    // Contacts are compared where they are resolved.
    if (id === null || isKnown || kind.reference === null) continue;
    doubtful.set(kind, [...doubtful.get(kind) ?? [], id]);
  }
  const known = new Map<string, KnownRecord>();
  for (const [kind, ids] of doubtful) {
    for (const record of await readRecords(run, kind, ids)) {
      const { id, Modified_Time: modifiedAt } = record;
      known.set(id, {
        fields: readRecord(Object.keys(kind.owners), record),
        modifiedAt: typeof modifiedAt === "string" ? modifiedAt : null,
      });
    }
  }
  return known;
}

/** Lists carry no line items (get-records page), so records with some are read one by one. */
async function readRecords(run: Run, kind: Kind, ids: string[]): Promise<FoundRecord[]> {
  const { zoho } = run.with_;
  if (kind.lines === null) {
    const wanted = [...Object.keys(kind.owners), "Modified_Time"];
    return await attemptRead(run, () => listRecordsByIds(zoho, kind.module, ids, wanted));
  }
  const inTurn = limitConcurrency(run.callsAtOnce);
  const found = await Promise.all(
    ids.map((id) => inTurn(() => attemptRead(run, () => readOneRecord(zoho, kind.module, id)))),
  );
  return found.filter((record) => record !== null);
}

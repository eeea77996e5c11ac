import { z } from "zod";
import { entityTypes } from "../../mapping/types.ts";
import type { FoundCandidate } from "../../merge/adoption.ts";
import { revisionField } from "../../merge/revision.ts";
import { inChunks } from "../../platform/chunks.ts";
import { coql, findByField } from "../../zoho/search.ts";
import { attemptRead } from "../attempts/attempts.ts";
import type { Entity, RecordKind } from "../claim/kinds.ts";
import { attemptsOf } from "./look.ts";
import type { Prepared } from "./prepare.ts";
import type { DrainSession } from "../drain_session.ts";

/**
 * Finds records that a create of unknown outcome may have made, by the reference and by the revision it carried, since a
 * seller may have emptied the reference.
 *
 * @returns Zoho ids by entity id
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function lostRecords(session: DrainSession, entities: Entity[]): Promise<Map<string, string>> {
  const lost = new Map<string, string>();
  if (entities.length === 0) return lost;
  const attempts = await attemptsOf(session, entities.map((entity) => ({ entity, revision: null })));
  for (const [kind, some] of Map.groupBy(entities, ({ kind }) => kind)) {
    const sent = some.map((entity) => ({ entity, attempts: attempts.get(entity.change.entity_id) ?? [] }));
    const references = new Map<string, string>();
    const revisions = new Map<string, string>();
    for (const { entity: { change }, attempts: own } of sent) {
      for (const { sent: fields, revision } of own) {
        const reference = fields[kind.reference];
        if (typeof reference === "string") references.set(reference, change.entity_id);
        if (revision !== null) revisions.set(revision, change.entity_id);
      }
    }
    // Oldest first: of two records the older one wins.
    for (const { id, reference } of (await byReference(session, kind, [...references.keys()])).toReversed()) {
      const entityId = references.get(reference);
      if (entityId !== undefined) lost.set(entityId, id);
    }
    for (const { id, revision } of await byRevision(session, kind, [...revisions.keys()])) {
      const entityId = revisions.get(revision);
      if (entityId !== undefined) lost.set(entityId, id);
    }
  }
  return lost;
}

/** The records that carry an entity's reference now. @throws ZohoCallError, ZohoTokenError, DatabaseError */
export async function carriersOf(
  session: DrainSession,
  all: Prepared[],
): Promise<Map<Prepared, FoundCandidate[]>> {
  const carriers = new Map<Prepared, FoundCandidate[]>();
  for (const [kind, some] of Map.groupBy(all, ({ entity }) => entity.kind)) {
    const referenceOf = ({ ours }: Prepared) => String(ours.fields[kind.reference] ?? "");
    const found = await byReference(session, kind, some.map(referenceOf));
    const owners = await linkedRecords(session, kind, found.map(({ id }) => id));
    for (const prepared of some) {
      carriers.set(
        prepared,
        found.filter(({ reference }) => reference === referenceOf(prepared)).map(({ id, reference }) => (
          {
            id,
            reference,
            accountId: null,
            revision: null,
            linkedTo: otherOwner(owners.get(id), prepared.entity)?.entityId ?? null,
          }
        )),
      );
    }
  }
  return carriers;
}

/** The entity that owns a record, with a label for people. */
export interface OwningEntity {
  entityId: string;
  name: string;
}

/** The owners of records that already belong to another entity. */
export async function ownersOf(
  session: DrainSession,
  records: { entity: Entity; zohoId: string }[],
): Promise<Map<Entity, OwningEntity>> {
  const others = new Map<Entity, OwningEntity>();
  for (const [kind, some] of Map.groupBy(records, ({ entity }) => entity.kind)) {
    const owners = await linkedRecords(session, kind, some.map(({ zohoId }) => zohoId));
    for (const { entity, zohoId } of some) {
      const other = otherOwner(owners.get(zohoId), entity);
      if (other !== undefined) others.set(entity, other);
    }
  }
  return others;
}

function otherOwner(owners: OwningEntity[] | undefined, { change }: Entity): OwningEntity | undefined {
  return owners?.find(({ entityId }) => entityId !== change.entity_id);
}

async function byReference(session: DrainSession, { module, reference }: RecordKind, values: string[]) {
  if (values.length === 0) return [];
  const found = await attemptRead(session, () => findByField(session.deps.zoho, module, reference, values));
  return found.map((record) => ({ id: record.id, reference: String(record[reference]) }));
}

/** Values of one `in` condition (below the limit on COQL's oldest page). */
const revisionsPerQuery = 50;

async function byRevision(session: DrainSession, { module, hasStage }: RecordKind, revisions: string[]) {
  if (!hasStage || session.revisions === null) return [];
  const found: { id: string; revision: string }[] = [];
  for (const some of inChunks(revisions, revisionsPerQuery)) {
    const query = `select id, ${revisionField} from ${module} where ${revisionField} in (${
      some.join(", ")
    }) limit 200`;
    const records = await attemptRead(session, () => coql(session.deps.zoho, query));
    found.push(...records.map((record) => ({ id: record.id, revision: String(record[revisionField]) })));
  }
  return found;
}

const known = z.array(z.object({
  zoho_id: z.string(),
  entity_type: z.enum(entityTypes),
  entity_id: z.string(),
  reference: z.string().nullable(),
  state: z.enum(["linked", "orphaned", "deleted_in_zoho", "unlinked", "named"]),
}));

const stateWords: Readonly<Record<z.infer<typeof known>[number]["state"], string>> = {
  linked: "",
  orphaned: ", which was deleted in CircleTel",
  deleted_in_zoho: ", whose record was deleted in Zoho",
  unlinked: ", which a person unlinked",
  named: ", by its zoho_deal_id",
};

async function linkedRecords(
  session: DrainSession,
  { zohoType }: RecordKind,
  ids: string[],
): Promise<Map<string, OwningEntity[]>> {
  const owners = new Map<string, OwningEntity[]>();
  if (ids.length === 0) return owners;
  const rows = known.parse(await session.call("zoho_known_records", { p_zoho_type: zohoType, p_ids: ids }));
  for (const { zoho_id, entity_type, entity_id, reference, state } of rows) {
    const name = `${entity_type} ${reference ?? entity_id}${stateWords[state]}`;
    owners.set(zoho_id, [...(owners.get(zoho_id) ?? []), { entityId: entity_id, name }]);
  }
  return owners;
}

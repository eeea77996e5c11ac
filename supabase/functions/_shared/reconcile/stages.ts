import { z } from "zod";
import type { EntityType } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { readPage } from "../zoho/pages.ts";
import { findByField } from "../zoho/search.ts";
import { judge } from "./compare.ts";
import { noticeDeletions } from "./deletions.ts";
import { kinds, type RecordKind } from "../sync/claim/kinds.ts";
import { judgeEntities, knownOfEntities, knownOfRecords, referenceOf, withLineItems } from "./look.ts";
import { type PageOutcome, type ReconcileResult, type RunningRun, type RunStage } from "./run.ts";

/** What a run does, in order. */
export function stagesOf(types: EntityType[]): RunStage[] {
  const all = types.map((type) => kinds[type]);
  return [
    { entityType: null, work: noticeDeletions },
    ...all.flatMap((kind) => [ofKind(kind, compareRecords), ofKind(kind, lookForMissing)]),
    ...all.map((kind) => ofKind(kind, lookAgain)),
  ];
}

type KindWork = (run: RunningRun, kind: RecordKind, position: unknown) => Promise<PageOutcome>;

function ofKind(kind: RecordKind, work: KindWork): RunStage {
  return { entityType: kind.entityType, work: (run, position) => work(run, kind, position) };
}

const pagePosition = z.object({ token: z.string().nullable(), lastId: z.string() }).nullable();

/** A page of Zoho's records, each with its entity. Records that are not ours are skipped. */
async function compareRecords(run: RunningRun, kind: RecordKind, position: unknown): Promise<PageOutcome> {
  const { zoho } = run.deps;
  const walk = { module: kind.module, fields: await run.fieldsOf(kind), since: run.since };
  const { records: listed, next } = await run.ask(() => readPage(zoho, walk, pagePosition.parse(position)));
  if (listed.length === 0) return { results: [], position: next };
  // Read before the database's state: whatever is written from here on counts as busy and is not judged.
  const records = await withLineItems(run, kind, listed);
  const known = await knownOfRecords(run, kind, records);
  const rules = await run.rulesOf(kind);
  const results = records.flatMap((record): ReconcileResult[] => {
    const entity = known.get(record.id) ?? null;
    const reference = referenceOf(kind, record);
    if (entity === null && reference === null) return [];
    return [{
      ...judge(kind, entity, record, rules),
      zoho_id: record.id,
      entity_id: entity?.entity_id ?? null,
      reference: entity?.reference ?? reference,
    }];
  });
  return { results, position: next };
}

const unseenEntities = z.object({
  entities: z.array(z.object({ entity_id: z.string(), is_found: z.boolean() })),
  next: z.string().nullable(),
});
const entitiesPerPage = 500;

/**
 * Entities whose record was not on the pages: looked up by id, and those that were never linked by their
 * reference, before they count as missing.
 */
async function lookForMissing(run: RunningRun, kind: RecordKind, position: unknown): Promise<PageOutcome> {
  const { db } = run.deps;
  const after = z.string().nullable().parse(position);
  const { entities: unseen, next } = unseenEntities.parse(
    await callFunction(db, "zoho_reconcile_unseen", {
      p_run: run.claimed.id,
      p_entity_type: kind.entityType,
      p_limit: entitiesPerPage,
      ...(run.claimed.since === null ? {} : { p_since: run.claimed.since }),
      ...(after === null ? {} : { p_after: after }),
    }),
  );
  const found = new Set(unseen.filter(({ is_found }) => is_found).map(({ entity_id }) => entity_id));
  const entities = unseen.length === 0
    ? []
    : await knownOfEntities(run, kind, unseen.map(({ entity_id }) => entity_id));
  const judged = await judgeEntities(run, kind, entities);
  const unlinked = judged.filter(({ known, result }) =>
    result.verdict === "missing" && known.reference !== null && !found.has(known.entity_id)
  );
  const stray = await recordsByReference(run, kind, unlinked.flatMap(({ known }) => known.reference ?? []));
  const results = judged
    // Another record with its reference has a row of its own.
    .filter(({ known, result }) => !(result.verdict === "missing" && found.has(known.entity_id)))
    .map(({ known, result }): ReconcileResult => {
      const other = result.verdict === "missing" ? stray.get(known.reference ?? "") : undefined;
      if (other === undefined) return result;
      return {
        ...result,
        verdict: "differs",
        reason: "not_linked",
        zoho_id: other,
        fields: { id: { zoho: other, circletel: known.mapped_id } },
      };
    });
  return { results, position: next };
}

async function recordsByReference(
  run: RunningRun,
  kind: RecordKind,
  references: string[],
): Promise<Map<string, string>> {
  const { reference, module } = kind;
  if (references.length === 0) return new Map();
  const records = await run.ask(() => findByField(run.deps.zoho, module, reference, references));
  // Oldest first: of two records the older one wins.
  return new Map(records.toReversed().map((record) => [String(record[reference]), record.id]));
}

const again = z.object({
  until: z.number(),
  rows: z.array(z.object({ id: z.number(), entity_id: z.string() })),
});
const againPosition = z.object({ after: z.number(), until: z.number() }).nullable();
const rowsPerPage = 100;

/**
 * Records that were queued or differed are compared once more at the end of the run: an edit made during the run has been
 * settled by then, and whatever is still queued is left to the next run.
 */
async function lookAgain(run: RunningRun, kind: RecordKind, position: unknown): Promise<PageOutcome> {
  const { db } = run.deps;
  const from = againPosition.parse(position);
  if (from === null) {
    await callFunction(db, "zoho_reconcile_doubled", {
      p_run: run.claimed.id,
      p_entity_type: kind.entityType,
    });
  }
  const { rows, until } = again.parse(
    await callFunction(db, "zoho_reconcile_again", {
      p_run: run.claimed.id,
      p_entity_type: kind.entityType,
      p_after: from?.after ?? 0,
      p_limit: rowsPerPage,
      ...(from === null ? {} : { p_until: from.until }),
    }),
  );
  const last = rows.at(-1);
  if (!last) return { results: [], position: null };
  const entities = await knownOfEntities(run, kind, rows.map(({ entity_id }) => entity_id));
  const judged = await judgeEntities(run, kind, entities.filter(({ exists }) => exists));
  return {
    results: judged.map(({ result }) => result),
    replaces: rows.map(({ id }) => id),
    position: rows.length < rowsPerPage ? null : { after: last.id, until },
  };
}

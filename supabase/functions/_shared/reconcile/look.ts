import { z } from "zod";
import { type Arguments, callFunction } from "../platform/database.ts";
import type { FoundRecord } from "../zoho/found_records.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { judge, type KnownRecord, knownRecord } from "./compare.ts";
import type { RecordKind } from "../sync/claim/kinds.ts";
import type { ReconcileResult, RunningRun } from "./run.ts";

/** What the database knows of records just read, by Zoho id; records without an entity are left out. */
export async function knownOfRecords(
  run: RunningRun,
  kind: RecordKind,
  records: FoundRecord[],
): Promise<Map<string, KnownRecord>> {
  const found = await lookUp(run, kind, {
    p_records: records.map((record) => ({ zoho_id: record.id, reference: referenceOf(kind, record) })),
  });
  return new Map(found.flatMap((each) => each.zoho_id === null ? [] : [[each.zoho_id, each]]));
}

/** What the database knows of entities. */
export function knownOfEntities(run: RunningRun, kind: RecordKind, ids: string[]): Promise<KnownRecord[]> {
  return lookUp(run, kind, { p_ids: ids });
}

async function lookUp(
  run: RunningRun,
  { entityType }: RecordKind,
  whose: Pick<Arguments<"zoho_reconcile_look">, "p_records" | "p_ids">,
): Promise<KnownRecord[]> {
  const args = { p_entity_type: entityType, p_read_at: run.readAt, ...whose };
  return z.array(knownRecord).parse(await callFunction(run.deps.db, "zoho_reconcile_look", args));
}

/** CircleTel's number on a record; null on one of the sellers' own. */
export function referenceOf(kind: RecordKind, record: FoundRecord): string | null {
  const value = record[kind.reference];
  return typeof value === "string" && value !== "" ? value : null;
}

/** Records with the line items of those that carry CircleTel's number. */
export async function withLineItems(
  { deps: { zoho, lineItems }, ask }: RunningRun,
  kind: RecordKind,
  records: FoundRecord[],
): Promise<FoundRecord[]> {
  const { module, lines } = kind;
  if (lines === null) return records;
  const ours = records.filter((record) => referenceOf(kind, record) !== null);
  const found = await lineItems.addTo(zoho, { module, lines }, ours, ask);
  const whole = new Map(found.map((record) => [record.id, record]));
  return records.map((record) => whole.get(record.id) ?? record);
}

/** Judges entities by the records they are linked to, asked for by id: 100 a credit. */
export async function judgeEntities(
  run: RunningRun,
  kind: RecordKind,
  entities: KnownRecord[],
): Promise<{ known: KnownRecord; result: ReconcileResult }[]> {
  const { zoho } = run.deps;
  const ids = entities.flatMap(({ mapped_id }) => mapped_id ?? []);
  const wanted = await run.fieldsOf(kind);
  const found = ids.length === 0 ? [] : await run.ask(() => listRecordsByIds(zoho, kind.module, ids, wanted));
  const whole = await withLineItems(run, kind, found);
  const records = new Map(whole.map((record) => [record.id, record]));
  const rules = await run.rulesOf(kind);
  return entities.map((each) => {
    const record = records.get(each.mapped_id ?? "") ?? null;
    return {
      known: each,
      result: {
        ...judge(kind, each, record, rules),
        zoho_id: record?.id ?? each.mapped_id,
        entity_id: each.entity_id,
        reference: each.reference,
      },
    };
  });
}

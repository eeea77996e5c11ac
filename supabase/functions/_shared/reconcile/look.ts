import { z } from "zod";
import { type Arguments, callFunction } from "../platform/database.ts";
import type { FoundRecord } from "../zoho/found_records.ts";
import { listRecordsByIds, readOneRecord } from "../zoho/list.ts";
import { judge, type Known, known, type Verdict } from "./compare.ts";
import type { Kind } from "./kinds.ts";
import type { Result, RunningRun } from "./run.ts";

/** What the database knows of records just read, by Zoho id; those that are nobody's are left out. */
export async function knownOfRecords(
  run: RunningRun,
  kind: Kind,
  records: FoundRecord[],
): Promise<Map<string, Known>> {
  const found = await lookUp(run, kind, {
    p_records: records.map((record) => ({ zoho_id: record.id, reference: referenceOf(kind, record) })),
  });
  return new Map(found.flatMap((each) => each.zoho_id === null ? [] : [[each.zoho_id, each]]));
}

/** What the database knows of entities. */
export function knownOfEntities(run: RunningRun, kind: Kind, ids: string[]): Promise<Known[]> {
  return lookUp(run, kind, { p_ids: ids });
}

async function lookUp(
  run: RunningRun,
  { entityType }: Kind,
  whose: Pick<Arguments<"zoho_reconcile_look">, "p_records" | "p_ids">,
): Promise<Known[]> {
  const args = { p_entity_type: entityType, p_read_at: run.readAt, ...whose };
  return z.array(known).parse(await callFunction(run.with_.db, "zoho_reconcile_look", args));
}

/** CircleTel's number on a record; null on one of the sellers' own. */
export function referenceOf(kind: Kind, record: FoundRecord): string | null {
  const value = kind.reference === null ? null : record[kind.reference];
  return typeof value === "string" && value !== "" ? value : null;
}

/** Judges entities by the records they are linked to, asked for by id: 100 a credit. */
export async function judgeEntities(
  run: RunningRun,
  kind: Kind,
  entities: Known[],
): Promise<{ known: Known; result: Result }[]> {
  const { zoho } = run.with_;
  const ids = entities.flatMap(({ mapped_id }) => mapped_id ?? []);
  const wanted = await run.fieldsOf(kind);
  const found = ids.length === 0 ? [] : await run.ask(() => listRecordsByIds(zoho, kind.module, ids, wanted));
  const records = new Map(found.map((record) => [record.id, record]));
  return await Promise.all(entities.map(async (each) => {
    const record = records.get(each.mapped_id ?? "") ?? null;
    const verdict = await judgeRecord(run, kind, each, record);
    return {
      known: each,
      result: {
        ...verdict,
        zoho_id: record?.id ?? each.mapped_id,
        entity_id: each.entity_id,
        reference: each.reference,
      },
    };
  }));
}

/** Judges a record of a list; one whose line items are in doubt is read by itself, one credit each. */
export async function judgeRecord(
  run: RunningRun,
  kind: Kind,
  entity: Known | null,
  record: FoundRecord | null,
): Promise<Verdict> {
  const { zoho } = run.with_;
  const rules = await run.rulesOf(kind);
  const verdict = judge(kind, entity, record, rules);
  if (!verdict.isInDoubt || record === null) return verdict;
  const whole = await run.ask(() => readOneRecord(zoho, kind.module, record.id));
  return whole === null ? verdict : judge(kind, entity, whole, rules);
}

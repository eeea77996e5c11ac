import type { SentFields } from "../../mapping/types.ts";
import type { Module } from "../../mapping/record_type.ts";
import { insertRecords, type RecordResult } from "../../zoho/records.ts";
import { findByField } from "../../zoho/search.ts";
import { failure } from "./failure.ts";
import type { RecordKind } from "../claim/kinds.ts";
import type { DrainSession } from "../drain_session.ts";

/**
 * Whether the org allows two records with one reference. Zoho then accepts a create that is repeated
 * because its answer was lost.
 */
export async function mayBeDoubled(session: DrainSession, kind: RecordKind): Promise<boolean> {
  const { fields } = await session.deps.fields.rules();
  return fields.some(({ module, field, problem }) =>
    module === kind.module && field === kind.reference && problem === "not_unique"
  );
}

/**
 * Creates the records that do not exist yet. COQL sees recent writes at once (search-records page), so every try finds what
 * the one before it made; the result for such a record is the one Zoho gives for a unique field.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function createIfAbsent(
  session: DrainSession,
  module: Module,
  reference: string,
  records: SentFields[],
): Promise<RecordResult[]> {
  const { zoho } = session.deps;
  const references = records.map((record) => String(record[reference]));
  const found = await findByField(zoho, module, reference, references);
  const ids = new Map(found.reverse().map((record) => [String(record[reference]), record.id]));
  const missing = records.filter((_, index) => !ids.has(references[index] ?? ""));
  const made = missing.length === 0 ? [] : await insertRecords(zoho, module, missing);
  return references.flatMap((text): RecordResult[] => {
    const duplicateId = ids.get(text);
    if (duplicateId === undefined) return made.splice(0, 1);
    return [failure("DUPLICATE_DATA", reference, duplicateId)];
  });
}

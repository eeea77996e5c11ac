import { inChunks } from "../platform/chunks.ts";
import type { ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";
import { type FoundRecord, foundRecords } from "./found_records.ts";

/** Most ids of one list call that we ask for. */
const idsPerCall = 100;

/**
 * Records by id, in one call per 100; ids that Zoho does not know are left out.
 *
 * @param fields required for lists, 50 at most (get-records page)
 * @throws ZohoCallError, ZohoTokenError
 */
export async function listRecordsByIds(
  client: ZohoClient,
  module: string,
  ids: string[],
  fields: readonly string[],
): Promise<FoundRecord[]> {
  return (await lookAtRecords(client, module, ids, fields)).found;
}

/**
 * The same, with a moment by Zoho's clock before any of them was read; null where Zoho did not say.
 * @throws ZohoCallError, ZohoTokenError
 */
export async function lookAtRecords(
  client: ZohoClient,
  module: string,
  ids: string[],
  fields: readonly string[],
): Promise<{ found: FoundRecord[]; asOfMs: number | null }> {
  const found: FoundRecord[] = [];
  const moments: (number | null)[] = [];
  for (const some of inChunks(ids, idsPerCall)) {
    const { body, asOfMs = null } = await client.call({
      method: "GET",
      path: `/${module}`,
      query: { ids: some.join(","), fields: fields.join(",") },
    });
    found.push(...foundRecords(body, `the list of ${module}`));
    moments.push(asOfMs);
  }
  const known = moments.filter((moment) => moment !== null);
  return { found, asOfMs: known.length === 0 || known.length < moments.length ? null : Math.min(...known) };
}

/**
 * One record with all fields and line items; null when Zoho does not know the id. Whether Zoho reports that by
 * 204 or by INVALID_DATA is undocumented, and INVALID_DATA may have another cause: it is accepted only if a list
 * with this id is empty too.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function readOneRecord(
  client: ZohoClient,
  module: string,
  id: string,
): Promise<FoundRecord | null> {
  try {
    const { body } = await client.call({ method: "GET", path: `/${module}/${id}` });
    if (body === null) return null;
    const [record] = foundRecords(body, `the record of ${module}`);
    if (record?.id === id) return record;
  } catch (error) {
    if (!(error instanceof ZohoCallError) || error.code !== "INVALID_DATA") throw error;
    const [record] = await listRecordsByIds(client, module, [id], ["id"]);
    if (record === undefined) return null;
    throw error;
  }
  throw new ZohoCallError("UNREADABLE", `the answer is not the record of ${module} that was asked for`);
}

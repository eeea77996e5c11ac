import { isRecord, type ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";
import type { FoundRecord } from "./search.ts";

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
  const found: FoundRecord[] = [];
  for (let start = 0; start < ids.length; start += idsPerCall) {
    const { body } = await client.call({
      method: "GET",
      path: `/${module}`,
      query: { ids: ids.slice(start, start + idsPerCall).join(","), fields: fields.join(",") },
    });
    if (body === null) continue;
    if (!isRecord(body) || !Array.isArray(body.data)) {
      throw new ZohoCallError("UNREADABLE", `the list of ${module} has no data`);
    }
    found.push(
      ...body.data.filter((each): each is FoundRecord => isRecord(each) && typeof each.id === "string"),
    );
  }
  return found;
}

/**
 * One record with everything it holds, line items too; null when Zoho does not know the id (get-records page: 204 or
 * INVALID_DATA, open question).
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
    const [record] = isRecord(body) && Array.isArray(body.data) ? body.data : [];
    return isRecord(record) ? { ...record, id } : null;
  } catch (error) {
    if (error instanceof ZohoCallError && error.code === "INVALID_DATA") return null;
    throw error;
  }
}

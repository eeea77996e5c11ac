import { isRecord, type ZohoClient } from "./client.ts";
import { ZohoCallError } from "./errors.ts";
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

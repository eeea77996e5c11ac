import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { ZohoCallError } from "../zoho/faults.ts";

/** Zoho's id of the org that the credentials belong to: one credit. @throws ZohoCallError, ZohoTokenError */
export async function readOrgId(zoho: ZohoClient): Promise<string> {
  const { body } = await zoho.call({ method: "GET", path: "/org" });
  const [org] = isRecord(body) && Array.isArray(body.org) ? body.org : [];
  const id = isRecord(org) ? org.zgid ?? org.id : undefined;
  if (typeof id === "string" && /^\d+$/.test(id)) return id;
  throw new ZohoCallError("UNREADABLE", "the org has no id");
}

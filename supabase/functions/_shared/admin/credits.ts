import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { ZohoClient } from "../zoho/client.ts";

/** Notes what a read of Zoho cost that belongs to no drain, also when it failed. */
export async function countingUpkeep<T>(
  db: ServiceClient,
  zoho: ZohoClient,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } finally {
    await noteUpkeep(db, zoho);
  }
}

/** Notes what a client has spent since it was last asked. @throws DatabaseError */
export async function noteUpkeep(db: ServiceClient, zoho: ZohoClient): Promise<void> {
  const { credits, calls } = zoho.takeSpent();
  if (calls === 0) return;
  await callFunction(db, "zoho_note_credits", { p_lane: 1, p_credits: credits, p_calls: calls });
}

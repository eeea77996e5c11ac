import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";

/** The database's identity, as zoho_identity returns it. */
export const identity = z.object({
  /** The project whose functions may write; null before its first drain. */
  projectHost: z.string().nullable(),
  /** The host name of the functions that asked. */
  askedBy: z.string().nullable(),
  isOwn: z.boolean(),
  pinnedAt: z.string().nullable(),
  orgId: z.string().nullable(),
  /** Keyed digest of the credentials that were last confirmed to belong to the org. */
  orgCredentials: z.string().nullable(),
  channelId: z.string(),
  epoch: z.number(),
  /** Since then nothing is written: the sync only plans, compares and reports. */
  observingSince: z.string().nullable(),
});
export type Identity = z.infer<typeof identity>;

/** @throws DatabaseError */
export async function readIdentity(db: ServiceClient, projectUrl: string): Promise<Identity> {
  return identity.parse(await callFunction(db, "zoho_identity", { p_project_url: projectUrl }));
}

import { attemptRead } from "../attempts/attempts.ts";
import type { DrainSession } from "../drain_session.ts";
import { type GoneLink, type LinkModule, survivorsOf } from "./survivors.ts";

/**
 * Accounts and Contacts that Zoho refused as link targets because they are gone: what our other records point to now is
 * what they were merged into.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function followRefusedLinks(
  session: DrainSession,
  links: readonly { zoho_type: LinkModule; zoho_id: string }[],
): Promise<void> {
  const refused = Map.groupBy(links, ({ zoho_type }) => zoho_type);
  const { db, zoho } = session.deps;
  for (const [link, some] of refused) {
    const ids = [...new Set(some.map(({ zoho_id }) => zoho_id))];
    const ask = <T>(call: () => Promise<T>) => attemptRead(session, call);
    await forgetLinks(session, link, await survivorsOf({ db, zoho, ask }, link, ids));
  }
}

export async function forgetLinks(
  session: DrainSession,
  link: LinkModule,
  gone: GoneLink[],
): Promise<void> {
  if (gone.length > 0) await session.call("zoho_gone_links", { p_zoho_type: link, p_gone: gone });
}

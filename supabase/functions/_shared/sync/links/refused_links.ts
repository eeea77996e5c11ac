import { recordTypeOf } from "../../mapping/record_types.ts";
import type { FoundRecord } from "../../zoho/found_records.ts";
import { listRecordsByIds } from "../../zoho/list.ts";
import { attemptRead } from "../attempts/attempts.ts";
import { aboutModule } from "../attempts/holds.ts";
import type { DrainSession } from "../drain_session.ts";
import { type GoneLink, type LinkModule, type ReadLinks, survivorsOf } from "./survivors.ts";

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
  const { db } = session.deps;
  for (const [link, some] of refused) {
    const ids = [...new Set(some.map(({ zoho_id }) => zoho_id))];
    await forgetLinks(session, link, await survivorsOf({ db, read: readUnlessHeld(session) }, link, ids));
  }
}

/** A module that cannot be read is held itself; that of the link is not. */
function readUnlessHeld(session: DrainSession): ReadLinks {
  return async (name, ids, field) => {
    const module = recordTypeOf(name)?.module;
    if (module === undefined) return null;
    let found: FoundRecord[] | null = null;
    await aboutModule(session, module, async () => {
      found = await attemptRead(session, () => listRecordsByIds(session.deps.zoho, module, ids, [field]));
    });
    return found;
  };
}

export async function forgetLinks(
  session: DrainSession,
  link: LinkModule,
  gone: GoneLink[],
): Promise<void> {
  if (gone.length > 0) await session.call("zoho_gone_links", { p_zoho_type: link, p_gone: gone });
}

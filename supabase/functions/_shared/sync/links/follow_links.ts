import { lookupId } from "../../mapping/lookup.ts";
import { listRecordsByIds } from "../../zoho/list.ts";
import { attemptRead } from "../attempts/attempts.ts";
import type { SeenRecord } from "../records/look.ts";
import type { Prepared } from "../records/prepare.ts";
import type { DrainSession } from "../drain_session.ts";
import { type GoneLink, linkFields, type LinkModule, mostOften, survivorsOf } from "./survivors.ts";

const modules = ["Accounts", "Contacts"] as const satisfies readonly LinkModule[];
const nameOf = { Accounts: "Account_Name", Contacts: "Last_Name" } as const;

interface Seen {
  prepared: Prepared;
  record: { theirs: SeenRecord };
}

/**
 * Records that point elsewhere than we left them: a seller moved them, and they are put back; or what they pointed to was
 * merged. Then that is where the company or customer is from now on, everything that points there comes again, and the
 * records are left as they are until then.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function followMovedLinks<S extends Seen>(session: DrainSession, all: S[]): Promise<S[]> {
  let followed = all;
  for (const link of modules) {
    const field = linkFields[link];
    const moved = all.flatMap((seen) => movedLink(seen, field));
    if (moved.length === 0) continue;
    const ids = [...new Set(moved.map(({ from }) => from))];
    const found = await attemptRead(
      session,
      () => listRecordsByIds(session.deps.zoho, link, ids, [nameOf[link]]),
    );
    const there = new Set(found.map(({ id }) => id));
    const gone = new Set(ids.filter((id) => !there.has(id)));
    if (gone.size === 0) continue;
    await forget(
      session,
      link,
      [...gone].map((zoho_id) => ({
        zoho_id,
        master: mostOften(moved.flatMap(({ from, to }) => from === zoho_id ? to ?? [] : [])),
      })),
    );
    followed = followed.map((seen) =>
      gone.has(lookupId(seen.prepared.ours.fields[field]) ?? "") ? without(seen, field) : seen
    );
  }
  return followed;
}

/**
 * Accounts and Contacts to which Zoho let nothing point, because they are gone: what our other records point to now is
 * what they were merged into.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function followRefusedLinks(session: DrainSession): Promise<void> {
  const refused = Map.groupBy(session.refusedLinks.splice(0), ({ zoho_type }) => zoho_type);
  const { db, zoho } = session.deps;
  for (const [link, some] of refused) {
    const ids = [...new Set(some.map(({ zoho_id }) => zoho_id))];
    const ask = <T>(call: () => Promise<T>) => attemptRead(session, call);
    await forget(session, link, await survivorsOf({ db, zoho, ask }, link, ids));
  }
}

async function forget(session: DrainSession, link: LinkModule, gone: GoneLink[]): Promise<void> {
  if (gone.length > 0) await session.call("zoho_gone_links", { p_zoho_type: link, p_gone: gone });
}

/** Where a record points that we left pointing to what we still want it to. */
function movedLink(
  { prepared: { entity, ours }, record }: Seen,
  field: string,
): { from: string; to: string | null }[] {
  const from = lookupId(ours.fields[field]);
  const to = lookupId(record.theirs.fields[field]);
  const { mapping } = entity.change;
  return from !== null && from !== to && lookupId(mapping?.snapshot[field]) === from ? [{ from, to }] : [];
}

function without<S extends Seen>(seen: S, field: string): S {
  const { [field]: _gone, ...fields } = seen.prepared.ours.fields;
  return { ...seen, prepared: { ...seen.prepared, ours: { ...seen.prepared.ours, fields } } };
}

import { lookupId } from "../../mapping/lookup.ts";
import { listRecordsByIds } from "../../zoho/list.ts";
import { attemptRead } from "../attempts/attempts.ts";
import { aboutModule } from "../attempts/holds.ts";
import type { DrainSession } from "../drain_session.ts";
import { forgetLinks } from "../links/refused_links.ts";
import { linkFields, type LinkModule, linkModules, mostOften } from "../links/survivors.ts";
import type { SeenRecord } from "./look.ts";
import type { Prepared } from "./prepare.ts";

const nameOf = { Accounts: "Account_Name", Contacts: "Last_Name" } as const;

interface Seen {
  prepared: Prepared;
  record: { theirs: SeenRecord };
}

/**
 * Handles records whose links differ from what we wrote: a seller moved them, and they are put back; or their target was
 * merged. Then the company or customer is linked to the survivor, everything that points to it is requeued, and the
 * records stay unchanged until then.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function followMovedLinks<S extends Seen>(session: DrainSession, all: S[]): Promise<S[]> {
  let followed = all;
  for (const link of linkModules) {
    const field = linkFields[link];
    const moved = all.flatMap((seen) => movedLink(seen, field));
    if (moved.length === 0) continue;
    const ids = [...new Set(moved.map(({ from }) => from))];
    const gone = await goneTargets(session, link, ids);
    if (gone.size === 0) continue;
    await forgetLinks(
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
 * Which of these Accounts or Contacts are gone. None while their module is held: the module of the records must not be
 * held for it, and where our link is put back to one that is gone Zoho refuses it and it is followed then.
 */
async function goneTargets(session: DrainSession, link: LinkModule, ids: string[]): Promise<Set<string>> {
  const gone = new Set<string>();
  await aboutModule(session, link, async () => {
    const found = await attemptRead(
      session,
      () => listRecordsByIds(session.deps.zoho, link, ids, [nameOf[link]]),
    );
    const there = new Set(found.map(({ id }) => id));
    for (const id of ids) if (!there.has(id)) gone.add(id);
  });
  return gone;
}

/** The link of a record that was changed in Zoho while our value stayed the same. */
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

import { z } from "zod";
import { lookupId } from "../../mapping/lookup.ts";
import { callFunction, type ServiceClient } from "../../platform/database.ts";
import type { FoundRecord } from "../../zoho/found_records.ts";

/** Modules that records link to, and the linking field. */
export const linkFields = { Accounts: "Account_Name", Contacts: "Contact_Name" } as const;
export type LinkModule = keyof typeof linkFields;
export const linkModules = ["Accounts", "Contacts"] as const satisfies readonly LinkModule[];

/** An Account or Contact that is gone, and the one it was merged into; null if unknown. */
export interface GoneLink {
  zoho_id: string;
  master: string | null;
}

/** Reads a field of records of one module; null when the module cannot be read now. */
export type ReadLinks = (module: string, ids: string[], field: string) => Promise<FoundRecord[] | null>;

const pointing = z.array(z.object({
  zoho_id: z.string(),
  records: z.array(z.object({ module: z.string(), id: z.string() })),
}));

/**
 * Returns the missing Accounts or Contacts that the database knows. Zoho moves links of a merged record to the master
 * without notifying, so the master is what our records point to now. One all of whose records are in modules that cannot be
 * read now is left out: it may have been merged.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function survivorsOf(
  { db, read }: { db: ServiceClient; read: ReadLinks },
  link: LinkModule,
  ids: string[],
): Promise<GoneLink[]> {
  const gone = pointing.parse(
    await callFunction(db, "zoho_records_of_links", { p_zoho_type: link, p_ids: ids }),
  );
  const field = linkFields[link];
  const targets = new Map<string, string | null>();
  const unread = new Set<string>();
  for (const [module, records] of Map.groupBy(gone.flatMap((each) => each.records), (each) => each.module)) {
    const found = await read(module, records.map(({ id }) => id), field);
    if (found === null) unread.add(module);
    for (const record of found ?? []) targets.set(record.id, lookupId(record[field]));
  }
  const known = gone.filter(({ records }) =>
    records.length === 0 || records.some(({ module }) => !unread.has(module))
  );
  return known.map(({ zoho_id, records }) => ({
    zoho_id,
    master: mostOften(records.flatMap(({ id }) => targets.get(id) ?? []).filter((id) => id !== zoho_id)),
  }));
}

/** A seller may have moved one of several records by hand. */
export function mostOften(ids: string[]): string | null {
  const [first] = [...Map.groupBy(ids, (id) => id)].sort(([a, all], [b, others]) =>
    others.length - all.length || (a < b ? -1 : 1)
  );
  return first?.[0] ?? null;
}

import { z } from "zod";
import { isRecord } from "../platform/is_record.ts";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { Fields } from "../mapping/types.ts";
import type { LinkNames } from "./answers.ts";

const names = z.record(
  z.string(),
  z.object({ name: z.string(), zohoType: z.enum(["Accounts", "Contacts", "Products"]) }),
);

/** Ids of records that the fields lead to, in lookups and in the lookups of line items. */
export function linkedIds(...sides: (Fields | null | undefined)[]): string[] {
  return [...new Set(sides.flatMap((side) => idsIn(side)))];
}

function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (!isRecord(value)) return [];
  const { id } = value;
  return [...(typeof id === "string" ? [id] : []), ...Object.values(value).flatMap(idsIn)];
}

/** What CircleTel calls them. @throws DatabaseError */
export async function readLinkNames(db: ServiceClient, ids: string[]): Promise<LinkNames> {
  return ids.length === 0 ? {} : names.parse(await callFunction(db, "zoho_names_of", { p_ids: ids }));
}

const lookupTypes = { Account_Name: "Accounts", Contact_Name: "Contacts" } as const;

/** Zoho's own names of the Account and the Contact of a record that was read. */
export function namesInRecord(record: Record<string, unknown>): LinkNames {
  const found: LinkNames = {};
  for (const [field, zohoType] of Object.entries(lookupTypes)) {
    const value = record[field];
    if (!isRecord(value)) continue;
    const { id, name } = value;
    if (typeof id === "string" && typeof name === "string") found[id] = { name, zohoType };
  }
  return found;
}

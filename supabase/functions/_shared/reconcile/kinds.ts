import { accountName } from "../mapping/account.ts";
import { dealProjection } from "../mapping/deal.ts";
import { dealOwners } from "../mapping/owners.ts";
import { readDeal } from "../mapping/read.ts";
import type { EntityType, Fields } from "../mapping/types.ts";
import { contractSource } from "../sync/sources.ts";
import type { Module } from "../zoho/records.ts";

/** How the records of one kind of entity are read and what they should hold: the drain's own functions. */
export interface Kind {
  entityType: EntityType;
  module: Module;
  /** The field that carries CircleTel's number; null where a record is known by its id only. */
  reference: string | null;
  /** Asked of a list: line items are not in lists, their sums are. */
  fields: readonly string[];
  read: (record: Record<string, unknown>) => Fields;
  /**
   * The fields that a record should hold now. A field that is not decided at this moment is left out: a Stage that
   * agrees with the status, an Account that the next drain looks up.
   *
   * @param held what Zoho holds
   * @returns null when the rows cannot be read (a BAD_SOURCE dead letter says which)
   */
  wanted: (source: unknown, held: Fields, timeZone: string) => Fields | null;
}

const contracts: Kind = {
  entityType: "contract",
  module: "Deals",
  reference: "Contract_Number",
  fields: Object.keys(dealOwners),
  read: readDeal,
  wanted: wantedDeal,
};

/** By entity type; the order is that of a run. */
export const kinds: Readonly<Partial<Record<EntityType, Kind>>> = { contract: contracts };

export const reconciledTypes = Object.keys(kinds) as [EntityType, ...EntityType[]];

function wantedDeal(row: unknown, held: Fields, timeZone: string): Fields | null {
  const parsed = contractSource.safeParse(row);
  if (!parsed.success) return null;
  const source = parsed.data;
  const links = { accountId: source.account_id, contactId: source.contact?.zoho_id ?? null };
  const heldStage = typeof held.Stage === "string" ? held.Stage : null;
  const { Account_Name: account, Contact_Name: contact, ...fields } = dealProjection(
    source,
    links,
    heldStage,
    timeZone,
  );
  const isAccountOpen = links.accountId === null && accountName(source) !== null;
  const isContactOpen = links.contactId === null && source.customer !== null;
  return {
    ...fields,
    ...(isAccountOpen ? {} : { Account_Name: account ?? null }),
    ...(isContactOpen ? {} : { Contact_Name: contact ?? null }),
  };
}

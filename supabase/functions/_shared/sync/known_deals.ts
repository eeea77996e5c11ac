import { dealOwners } from "../mapping/owners.ts";
import { readDeal } from "../mapping/read.ts";
import type { Fields } from "../mapping/types.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { attemptRead } from "./attempts.ts";
import type { ContractChange } from "./change.ts";
import type { Run } from "./run.ts";

/** A Deal as Zoho holds it now. */
export interface KnownDeal {
  fields: Fields;
  modifiedAt: string | null;
}

/**
 * Reads the Deals of which we do not know what Zoho holds: those of the original service, and those that a seller
 * edited in the very second of another edit or while ours was under way. Pushing ours unseen could undo a seller's move,
 * and trusting the snapshot could leave the two sides apart.
 *
 * @returns by Zoho id; Deals that are gone are left out
 * @throws ZohoCallError, ZohoTokenError
 */
export async function readDoubtfulDeals(
  run: Run,
  contracts: ContractChange[],
): Promise<Map<string, KnownDeal>> {
  const ids = contracts.flatMap(({ change: { mapping }, source }) => {
    const id = mapping?.zoho_id ?? source.contract.zoho_deal_id;
    const isKnown = mapping !== null && !mapping.doubtful && typeof mapping.snapshot.Stage === "string";
    return id === null || isKnown ? [] : [id];
  });
  if (ids.length === 0) return new Map();
  const wanted = [...Object.keys(dealOwners), "Modified_Time"];
  const deals = await attemptRead(run, () => listRecordsByIds(run.with_.zoho, "Deals", ids, wanted));
  return new Map(deals.map((deal) => {
    const { Modified_Time: modifiedAt } = deal;
    return [deal.id, {
      fields: readDeal(deal),
      modifiedAt: typeof modifiedAt === "string" ? modifiedAt : null,
    }];
  }));
}

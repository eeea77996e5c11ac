import type { ContractStatus } from "./types.ts";

/** Deal stages by their actual_value (Zoho's default pipeline, "Standard"). */
export type Stage = "Proposal/Price Quote" | "Negotiation/Review" | "Closed Won" | "Closed Lost";

/** The stage a contract's status asks for; an expired contract asks for none. merge/stage_rules.ts has all the rest. */
export const stageOfStatus: Readonly<Record<ContractStatus, Stage | null>> = {
  draft: "Proposal/Price Quote",
  pending_signature: "Negotiation/Review",
  partially_signed: "Negotiation/Review",
  fully_signed: "Closed Won",
  active: "Closed Won",
  terminated: "Closed Lost",
  expired: null,
};

/** A contract without a status is a draft, as the column's default says. */
export function statusOfContract({ status }: { status: ContractStatus | null }): ContractStatus {
  return status ?? "draft";
}

/**
 * An expired contract leaves the stage alone, but Zoho refuses a new Deal without one: the Deal that is first made
 * for an expired contract was won if it was ever signed, and lost otherwise.
 */
export function firstStageOf(
  contract: { status: ContractStatus | null; fully_signed_date: string | null },
): Stage {
  return stageOfStatus[statusOfContract(contract)] ??
    (contract.fully_signed_date ? "Closed Won" : "Closed Lost");
}

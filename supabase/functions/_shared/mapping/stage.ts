import type { ContractStatus } from "./types.ts";

/** Deal stages by their actual_value (Zoho's default pipeline, "Standard"). */
export type Stage = "Proposal/Price Quote" | "Negotiation/Review" | "Closed Won" | "Closed Lost";

/** Outward: the stage a contract's status asks for; an expired contract asks for none. */
export const stageOfStatus: Record<ContractStatus, Stage | null> = {
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

const contractStatuses = Object.keys(stageOfStatus) as ContractStatus[];

/** Inward: the status a stage asks for, by the stage's folded name. Other stages change nothing. */
const statusOfStage: Record<string, ContractStatus> = {
  closedwon: "active",
  closedlost: "terminated",
  closedlosttocompetition: "terminated",
  "proposal/pricequote": "draft",
  "negotiation/review": "draft",
};

/** Case, hyphens and spaces do not matter: "Closed-Lost to Competition" is "Closed Lost to Competition". */
export function foldStage(stage: string): string {
  return stage.toLowerCase().replace(/[\s\-_\u2010-\u2015]+/g, "");
}

/** The contract status a Deal's stage asks for; null for a stage that changes nothing. */
export function mapDealStageToContractStatus(stage: string): ContractStatus | null {
  const folded = foldStage(stage);
  return Object.hasOwn(statusOfStage, folded) ? statusOfStage[folded] ?? null : null;
}

/** The stage a contract's status asks for, whatever Zoho holds. */
export function mapContractStatusToDealStage(status: ContractStatus): Stage | null {
  return stageOfStatus[status];
}

/**
 * Whether status and stage agree in either direction of the table. A draft contract agrees with Negotiation, so a
 * seller's move from Proposal to Negotiation is not undone by its own echo.
 */
export function stageAgrees(status: ContractStatus, stage: string): boolean {
  const wanted = stageOfStatus[status];
  if (wanted === null) return true;
  return foldStage(wanted) === foldStage(stage) || mapDealStageToContractStatus(stage) === status;
}

/** Every status that a stage agrees with. */
export function statusesAgreeingWith(stage: string): ContractStatus[] {
  return contractStatuses.filter((status) => stageAgrees(status, stage));
}

/** The stage to push, or null when the one Zoho is known to hold already agrees. */
export function stageToPush(status: ContractStatus, heldStage: string | null): Stage | null {
  if (heldStage !== null && stageAgrees(status, heldStage)) return null;
  return stageOfStatus[status];
}

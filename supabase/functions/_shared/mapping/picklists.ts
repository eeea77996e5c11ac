import type { ContractSource, KycSession } from "./types.ts";

export type KycStatus = "Not Started" | "In Progress" | "Completed" | "Declined";
export type RiskTier = "Low" | "Medium" | "High";
export type RicaStatus = "Pending" | "Submitted" | "Approved" | "Rejected";

/**
 * KYC_Status of a Deal. "Completed" takes a session whose status is completed: a result alone never says it.
 *
 * | session | value |
 * |---|---|
 * | none, not_started, abandoned | Not Started |
 * | in_progress, or completed and still in review | In Progress |
 * | completed with approved or without a result | Completed |
 * | declined, or completed with declined | Declined |
 */
export function kycStatus(session: KycSession | null): KycStatus {
  if (!session) return "Not Started";
  if (session.status === "completed") return completedKyc[session.verification_result ?? "approved"];
  return openKyc[session.status];
}

const completedKyc: Record<NonNullable<KycSession["verification_result"]>, KycStatus> = {
  approved: "Completed",
  pending_review: "In Progress",
  declined: "Declined",
};

const openKyc: Record<Exclude<KycSession["status"], "completed">, KycStatus> = {
  not_started: "Not Started",
  abandoned: "Not Started",
  in_progress: "In Progress",
  declined: "Declined",
};

const riskTiers = { low: "Low", medium: "Medium", high: "High" } as const;

/** Risk_Tier; a session without a tier leaves the field empty, a tier is never invented. */
export function riskTier(session: KycSession | null): RiskTier | null {
  return session?.risk_tier ? riskTiers[session.risk_tier] : null;
}

const ricaStatuses = {
  pending: "Pending",
  submitted: "Submitted",
  approved: "Approved",
  rejected: "Rejected",
} as const;

/** RICA_Status of the newest submission; empty without one. */
export function ricaStatus(rica: ContractSource["rica"]): RicaStatus | null {
  return rica ? ricaStatuses[rica.status] : null;
}

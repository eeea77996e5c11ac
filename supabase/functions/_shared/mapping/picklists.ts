import { oneOf, type SourceOf } from "./columns.ts";

/** What KYC Status is made of. */
export const kycColumns = {
  status: oneOf(["not_started", "in_progress", "completed", "abandoned", "declined"]),
  verification_result: oneOf(["approved", "declined", "pending_review"]),
} as const;
type KycSession = SourceOf<{ row: typeof kycColumns }>["row"];

export const riskColumns = { risk_tier: oneOf(["low", "medium", "high"]) } as const;

export const ricaColumns = { status: oneOf(["pending", "submitted", "approved", "rejected"]) } as const;
type RicaSubmission = SourceOf<{ row: typeof ricaColumns }>["row"];

export const kycStatuses = ["Not Started", "In Progress", "Completed", "Declined"] as const;
export const riskTiers = { low: "Low", medium: "Medium", high: "High" } as const;
export const ricaStatuses = {
  pending: "Pending",
  submitted: "Submitted",
  approved: "Approved",
  rejected: "Rejected",
} as const;

/**
 * Quote_Stage by the status of a quote; one without a status is a draft, as the column's default says. That a new org has
 * these values is from memory, so the field check reads them.
 */
export const quoteStages = {
  draft: "Draft",
  pending_approval: "Draft",
  approved: "Confirmed",
  sent: "Delivered",
  viewed: "Delivered",
  accepted: "Closed Won",
  rejected: "Closed Lost",
  expired: "Closed Lost",
} as const;

/** Status of an Invoice by ours, a draft's for one without; from memory as well. */
export const invoiceStatuses = {
  draft: "Created",
  sent: "Delivered",
  partial: "Delivered",
  overdue: "Delivered",
  paid: "Delivered",
  cancelled: "Cancelled",
  voided: "Cancelled",
} as const;

/** The statuses of a quote and of an invoice. */
export const quoteStatuses = keysOf(quoteStages);
export const invoiceStatusNames = keysOf(invoiceStatuses);

function keysOf<K extends string>(table: Record<K, unknown>): K[] {
  return Object.keys(table) as K[];
}

export type KycStatus = (typeof kycStatuses)[number];
export type RiskTier = (typeof riskTiers)[keyof typeof riskTiers];
export type RicaStatus = (typeof ricaStatuses)[keyof typeof ricaStatuses];

/**
 * KYC_Status of a Deal. "Completed" takes a session whose status is completed: a result alone never says it.
 *
 * | session | value |
 * |---|---|
 * | none, without a status, not_started, abandoned | Not Started |
 * | in_progress, or completed and still in review | In Progress |
 * | completed with approved or without a result | Completed |
 * | declined, or completed with declined | Declined |
 */
export function kycStatus(session: KycSession | null): KycStatus {
  if (!session) return "Not Started";
  if (session.status === "completed") return completedKyc[session.verification_result ?? "approved"];
  return openKyc[session.status ?? "not_started"];
}

const completedKyc: Record<NonNullable<KycSession["verification_result"]>, KycStatus> = {
  approved: "Completed",
  pending_review: "In Progress",
  declined: "Declined",
};

const openKyc: Record<Exclude<NonNullable<KycSession["status"]>, "completed">, KycStatus> = {
  not_started: "Not Started",
  abandoned: "Not Started",
  in_progress: "In Progress",
  declined: "Declined",
};

/** Risk_Tier; a session without a tier leaves the field empty, a tier is never invented. */
export function riskTier(session: SourceOf<{ row: typeof riskColumns }>["row"] | null): RiskTier | null {
  return session?.risk_tier ? riskTiers[session.risk_tier] : null;
}

/** RICA_Status of the newest submission; empty without one, and for one without a status: none is invented. */
export function ricaStatus(rica: RicaSubmission | null): RicaStatus | null {
  return rica?.status ? ricaStatuses[rica.status] : null;
}

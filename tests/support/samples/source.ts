import {
  columnsOf,
  isColumn,
  isRows,
  type Shape,
} from "../../../supabase/functions/_shared/mapping/columns.ts";
import { type ContractSource, deal } from "../../../supabase/functions/_shared/mapping/deal.ts";
import { sourceOf } from "../../../supabase/functions/_shared/sync/claim/sources.ts";

// A contract as zoho_sync.contract_sources answers it. A test starts from it and breaks one thing.

export const businessTimeZone = "Africa/Johannesburg";

/** A source in which everything that may be NULL is. */
export function emptySource(shape: Shape): Record<string, Record<string, null> | [] | null> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, part]) => {
      if (isColumn(part)) return [name, null];
      if (isRows(part)) return [name, part.rows === "maybe" ? null : []];
      return [name, Object.fromEntries(Object.keys(columnsOf(part)).map((column) => [column, null]))];
    }),
  );
}

/** A contract that waits for signatures: nothing of its KYC or RICA has begun. */
export function goodSource(): ContractSource {
  return sourceOf(deal).parse({
    ...emptySource(deal.source),
    contract: {
      ...emptySource(deal.source).contract,
      id: "2f0c7f0e-6b51-4c7e-9d39-2a8d5c1a9b01",
      contract_number: "CT-2026-001",
      status: "pending_signature",
      total_contract_value: 47976.5,
      created_at: "2026-11-01T08:00:00+00:00",
    },
    quote: { id: "7a1d6c1c-6c3f-4a53-8d0f-0f4f2f6f7a02", company_name: "Karoo Traders", valid_until: null },
    customer: {
      id: "b1b6a3a4-3b0b-4a7c-8a55-6b1f6c1f8d03",
      first_name: "Thandi",
      last_name: "Nkosi",
      email: "thandi@example.co.za",
      business_name: "Karoo Traders (Pty) Ltd",
    },
    internal_test: false,
    account_key: "name:karoo traders",
    account_id: null,
    contact: null,
    contact_answer: null,
    contact_merged: false,
    customer_change: "free",
  });
}

export function goodContract(values: Partial<ContractSource["contract"]>): ContractSource {
  const source = goodSource();
  return { ...source, contract: { ...source.contract, ...values } };
}

type KycSession = NonNullable<ContractSource["kyc"]>;

/** Completed, approved, of low risk. */
export function goodKyc(values: Partial<KycSession> = {}): KycSession {
  return {
    status: "completed",
    verification_result: "approved",
    risk_tier: "low",
    completed_at: "2026-11-20T10:00:00+00:00",
    ...values,
  };
}

/**
 * The words of this project, the same in tables, code and documents:
 *
 * - entity: a CircleTel row that owns a Zoho record (quote, contract, customer, invoice)
 * - record: its counterpart in Zoho (a contract's is a Deal, a customer's a Contact)
 * - projection: the field values Zoho should hold for an entity now, a pure function of database rows
 * - snapshot: the field values Zoho last confirmed, kept on the mapping
 * - diff: projection minus snapshot; empty means that nothing is sent
 * - change: a queue row saying "this entity's record may be stale"
 * - drain: one invocation that works the queue until it is empty or its budget is spent
 * - attempt: one try at one change, with its row in zoho_sync_logs
 * - dead letter: a change that no retry will mend; it waits for a person
 */
export const entityTypes = ["quote", "contract", "customer", "invoice"] as const;
export type EntityType = typeof entityTypes[number];

/** A Zoho field value: text, number, date text, or a lookup by id. */
export type FieldValue = string | number | boolean | null | { id: string };

/** Field values by Zoho api_name; line items as one text, see lines.ts. */
export type Fields = Record<string, FieldValue>;

/** Fields as a call sends them: line items as rows. */
export type SentFields = Record<string, FieldValue | Fields[]>;

export type ContractStatus =
  | "draft"
  | "pending_signature"
  | "partially_signed"
  | "fully_signed"
  | "active"
  | "expired"
  | "terminated";

/** Who stands behind an entity, as zoho_sync.parties answers it. */
export interface Party {
  customer: Customer | null;
  internal_test: boolean;
  /** Under which key the company's Account is remembered in zoho_accounts. */
  account_key: string | null;
  account_id: string | null;
  contact: LinkedContact | null;
  /** What a person answered when it was asked which Contact the customer has. */
  contact_answer: ContactAnswer | null;
}

export interface LinkedContact {
  zoho_id: string;
  snapshot: Fields;
  /** A dry run has counted its making; it is not there. */
  is_planned?: boolean | undefined;
}

/** The Contacts that were shown, and the one that was chosen of them. */
export interface ContactAnswer {
  choice: string;
  chosen_id: string | null;
  candidates: readonly { id: string; name: string }[];
}

/**
 * What zoho_sync.contract_sources answers for one contract: everything a projection needs, and no more. Here as in the
 * other sources a column is null where production allows NULL; what that means is decided where it is projected.
 */
export interface ContractSource extends Party {
  contract: {
    id: string;
    contract_number: string;
    status: ContractStatus | null;
    total_contract_value: number | null;
    start_date: string | null;
    fully_signed_date: string | null;
    created_at: string | null;
    zoho_deal_id: string | null;
  };
  /** When the offer lapses; only of a contract that does not say when it was made. */
  quote: { id: string; company_name: string; valid_until: string | null };
  kyc: KycSession | null;
  rica: { status: "pending" | "submitted" | "approved" | "rejected" | null } | null;
}

/** Ids of the records that another one points to; those of Products by their code. */
export interface RecordLinks {
  accountId: string | null;
  contactId: string | null;
  productIds: ReadonlyMap<string, string>;
}

/** What zoho_sync.quote_sources answers. Money in rand, terms in months. */
export interface QuoteSource extends Party {
  quote: {
    id: string;
    quote_number: string;
    company_name: string;
    status: QuoteStatus | null;
    contract_term: number | null;
    total_monthly: number | null;
    total_installation: number | null;
    valid_until: string;
  };
  items: QuoteItem[];
  kyc: KycSession | null;
}

export interface QuoteItem {
  service_name: string | null;
  quantity: number | null;
  monthly_price: number | null;
  installation_price: number | null;
}

/** What zoho_sync.invoice_sources answers. */
export interface InvoiceSource extends Party {
  company_name: string | null;
  invoice: {
    id: string;
    invoice_number: string;
    invoice_date: string | null;
    due_date: string | null;
    total_amount: number | null;
    status: InvoiceStatus | null;
  };
}

export type QuoteStatus =
  | "draft"
  | "pending_approval"
  | "approved"
  | "sent"
  | "viewed"
  | "accepted"
  | "rejected"
  | "expired";

export type InvoiceStatus = "draft" | "sent" | "paid" | "partial" | "overdue" | "cancelled" | "voided";

export interface Customer {
  id: string;
  first_name: string;
  last_name: string;
  email: string;
  business_name: string | null;
}

export interface KycSession {
  status: "not_started" | "in_progress" | "completed" | "abandoned" | "declined" | null;
  verification_result: "approved" | "declined" | "pending_review" | null;
  risk_tier: "low" | "medium" | "high" | null;
  completed_at: string | null;
}

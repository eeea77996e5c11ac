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
export type EntityType = "quote" | "contract" | "customer" | "invoice";

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
  contact: { zoho_id: string; snapshot: Fields; shared: boolean } | null;
  /** The e-mail under which a Contact was tried to be made, when it is another by now and the answer was lost. */
  contact_tried?: string | null;
}

/** What zoho_sync.contract_sources answers for one contract: everything a projection needs, and no more. */
export interface ContractSource extends Party {
  contract: {
    id: string;
    contract_number: string;
    status: ContractStatus;
    total_contract_value: number | null;
    start_date: string | null;
    fully_signed_date: string | null;
    created_at: string;
    zoho_deal_id: string | null;
  };
  quote: { id: string; company_name: string };
  kyc: KycSession | null;
  rica: { status: "pending" | "submitted" | "approved" | "rejected" } | null;
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
    status: QuoteStatus;
    contract_term: number;
    total_monthly: number;
    total_installation: number;
    valid_until: string;
  };
  items: QuoteItem[];
  kyc: KycSession | null;
}

export interface QuoteItem {
  service_name: string;
  quantity: number;
  monthly_price: number;
  installation_price: number;
}

/** What zoho_sync.invoice_sources answers. */
export interface InvoiceSource extends Party {
  company_name: string | null;
  invoice: {
    id: string;
    invoice_number: string;
    invoice_date: string | null;
    due_date: string | null;
    total_amount: number;
    status: InvoiceStatus;
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
  status: "not_started" | "in_progress" | "completed" | "abandoned" | "declined";
  verification_result: "approved" | "declined" | "pending_review" | null;
  risk_tier: "low" | "medium" | "high" | null;
  completed_at: string | null;
}

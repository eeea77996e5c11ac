import type postgres from "postgres";

// Rows as CircleTel would have them, in order and complete. A test starts from these and breaks one thing.

/** A connection or a transaction. */
export type Db = postgres.ISql;
export type Row = Record<string, unknown> & { id: string };
export type Values = Record<string, unknown>;

let count = 0;
const next = () => String(++count).padStart(3, "0");

export function insertCustomer(db: Db, values: Values = {}): Promise<Row> {
  const number = next();
  return insert(db, "customers", {
    first_name: "Thandi",
    last_name: `Nkosi ${number}`,
    email: `thandi.${number}@example.co.za`,
    phone: "+27 82 000 0000",
    account_type: "business",
    business_name: `Karoo Traders ${number}`,
    ...values,
  });
}

export function insertQuote(db: Db, values: Values = {}): Promise<Row> {
  const number = next();
  return insert(db, "business_quotes", {
    quote_number: `BQ-2026-${number}`,
    customer_type: "smme",
    company_name: `Karoo Traders ${number}`,
    contact_name: "Thandi Nkosi",
    contact_email: `thandi.${number}@example.co.za`,
    contact_phone: "+27 82 000 0000",
    service_address: "1 Long Street, Cape Town",
    status: "accepted",
    contract_term: 24,
    total_monthly: 1999,
    total_installation: 1500,
    valid_until: "2026-12-31",
    ...values,
  });
}

export function insertQuoteItem(db: Db, quoteId: string, values: Values = {}): Promise<Row> {
  return insert(db, "business_quote_items", {
    quote_id: quoteId,
    item_type: "primary",
    quantity: 1,
    monthly_price: 1999,
    installation_price: 1500,
    service_name: "BizFibre Connect 100",
    service_type: "fibre",
    display_order: 0,
    ...values,
  });
}

export function insertInvoice(db: Db, customer: Row, values: Values = {}): Promise<Row> {
  return insert(db, "customer_invoices", {
    customer_id: customer.id,
    invoice_number: `INV-${crypto.randomUUID()}`,
    ...values,
  });
}

/** An approved session of low risk. */
export function insertKycSession(db: Db, quoteId: string, values: Values = {}): Promise<Row> {
  return insert(db, "kyc_sessions", {
    quote_id: quoteId,
    didit_session_id: `didit_${crypto.randomUUID()}`,
    status: "completed",
    verification_result: "approved",
    risk_tier: "low",
    completed_at: "2026-11-20T08:00:00Z",
    ...values,
  });
}

export function insertContract(db: Db, quoteId: string, values: Values = {}): Promise<Row> {
  return insert(db, "contracts", {
    contract_number: `CT-2026-${next()}`,
    quote_id: quoteId,
    contract_type: "fibre",
    contract_term_months: 24,
    start_date: "2026-12-01",
    end_date: "2028-11-30",
    monthly_recurring: 1999,
    installation_fee: 1500,
    total_contract_value: 49476,
    status: "draft",
    ...values,
  });
}

export function insertRicaSubmission(db: Db, kycSessionId: string | null, values: Values = {}): Promise<Row> {
  return insert(db, "rica_submissions", {
    kyc_session_id: kycSessionId,
    iccid: ["89270000000000000001"],
    status: "approved",
    submitted_at: "2026-11-20T09:00:00Z",
    approved_at: "2026-11-21T09:00:00Z",
    ...values,
  });
}

export function insertAdmin(db: Db, values: Values = {}): Promise<Row> {
  return insert(db, "admin_users", {
    id: crypto.randomUUID(),
    email: `admin.${next()}@circletel.example`,
    full_name: "Sipho Admin",
    role: "admin",
    is_active: true,
    ...values,
  });
}

export interface Business {
  customer: Row;
  quote: Row;
  item: Row;
  kyc: Row;
  contract: Row;
  rica: Row;
}

/** A customer with an accepted quote, completed KYC, a contract and an approved RICA submission. */
export async function insertBusiness(
  db: Db,
  values: Partial<Record<keyof Business, Values>> = {},
): Promise<Business> {
  const customer = await insertCustomer(db, values.customer);
  const quote = await insertQuote(db, {
    customer_id: customer.id,
    company_name: customer.business_name,
    ...values.quote,
  });
  const item = await insertQuoteItem(db, quote.id, values.item);
  const kyc = await insertKycSession(db, quote.id, values.kyc);
  const contract = await insertContract(db, quote.id, {
    customer_id: customer.id,
    kyc_session_id: kyc.id,
    ...values.contract,
  });
  const rica = await insertRicaSubmission(db, kyc.id, values.rica);
  return { customer, quote, item, kyc, contract, rica };
}

async function insert(db: Db, table: string, values: Values): Promise<Row> {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const [row] = await db<Row[]>`insert into ${db(`public.${table}`)} ${db(given)} returning *`;
  if (!row) throw new Error(`nothing was inserted into ${table}`);
  return row;
}

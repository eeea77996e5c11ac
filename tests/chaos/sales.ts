import type postgres from "postgres";
import {
  insertContract,
  insertCustomer,
  insertKycSession,
  insertQuote,
  insertQuoteItem,
  insertRicaSubmission,
} from "../support/fixtures.ts";
import { companyName, emailAddress, idNumber, personName, phoneNumber } from "./people.ts";
import type { RandomStream } from "../support/random.ts";

/** What one actor of the business has made, oldest first; it picks what it changes from here. */
export interface Ledger {
  contracts: { id: string; number: string }[];
  /** Customers, quotes, KYC sessions and RICA submissions that may be edited. */
  customers: string[];
  quotes: string[];
  sessions: { id: string; quoteId: string }[];
  submissions: string[];
}

export const emptyLedger = (): Ledger => ({
  contracts: [],
  customers: [],
  quotes: [],
  sessions: [],
  submissions: [],
});

type Tx = postgres.TransactionSql;
type Step = (tx: Tx) => Promise<unknown>;

export interface SaleOptions {
  name: string;
  isTest?: boolean;
  /** Another customer's e-mail: families and small companies share one. */
  sharedEmail?: string;
}

/**
 * A sale as a list of inserts, one for each transaction or all in one, and what to remember when they are committed.
 * All its chances are taken here, so that an insert that is tried again makes the same row.
 */
export function newSale(random: RandomStream, { name, isTest = false, sharedEmail }: SaleOptions) {
  const customer = {
    id: random.uuid(),
    ...personName(random),
    email: sharedEmail ?? emailAddress(random),
    phone: phoneNumber(random),
    id_number: idNumber(random),
    account_type: isTest ? "internal_test" : random.pick(["business", "personal"]),
    business_name: random.chance(0.4) ? companyName(random) : undefined,
  };
  const quote = {
    id: random.uuid(),
    quote_number: `BQ-${name}`,
    customer_id: customer.id,
    // Empty for a private person: the Account is then the customer's own.
    company_name: random.chance(0.25) && !customer.business_name ? "" : companyName(random),
    contact_name: `${customer.first_name} ${customer.last_name}`,
    contact_email: customer.email,
    contact_phone: customer.phone,
  };
  const session = { id: random.uuid(), didit_session_id: `didit_${name}`, ...kycProgress(random) };
  const contract = {
    id: random.uuid(),
    contract_number: name,
    customer_id: random.chance(0.8) ? customer.id : undefined,
    total_contract_value: random.between(1_000, 99_999) + 0.5,
    status: random.pick(["draft", "draft", "pending_signature", "fully_signed"]),
  };
  const items = Array.from({ length: random.between(0, 3) }, () => itemOf(random));
  const submission = { id: random.uuid(), status: random.pick(["pending", "submitted"]) };
  const hasKyc = random.chance(0.7);
  const hasRica = hasKyc && random.chance(0.5);
  const namesSession = random.chance(0.5);

  const steps: Step[] = [
    (tx) => once(tx, "customers", customer.id, () => insertCustomer(tx, customer)),
    (tx) => once(tx, "business_quotes", quote.id, () => insertQuote(tx, quote)),
    async (tx) => {
      for (const item of items) {
        await once(tx, "business_quote_items", item.id, () => insertQuoteItem(tx, quote.id, item));
      }
    },
    ...(hasKyc
      ? [(tx: Tx) => once(tx, "kyc_sessions", session.id, () => insertKycSession(tx, quote.id, session))]
      : []),
    (tx) =>
      once(tx, "contracts", contract.id, () =>
        insertContract(tx, quote.id, {
          ...contract,
          kyc_session_id: hasKyc && namesSession ? session.id : undefined,
        })),
    ...(hasRica
      ? [
        (tx: Tx) =>
          once(tx, "rica_submissions", submission.id, () => insertRicaSubmission(tx, session.id, submission)),
      ]
      : []),
  ];
  const remember = (ledger: Ledger) => {
    ledger.customers.push(customer.id);
    ledger.quotes.push(quote.id);
    ledger.contracts.push({ id: contract.id, number: name });
    if (hasKyc) ledger.sessions.push({ id: session.id, quoteId: quote.id });
    if (hasRica) ledger.submissions.push(submission.id);
  };
  return { steps, remember, email: customer.email };
}

/** An item of a quote; the same few services come again and again, as Products do. */
export function itemOf(random: RandomStream): { id: string } & Record<string, unknown> {
  return {
    id: random.uuid(),
    service_name: random.pick([
      "BizFibre Connect 50",
      "BizFibre Connect 100",
      "SkyFibre",
      "Static IP",
      "Cloud PBX",
    ]),
    quantity: random.between(1, 5),
    monthly_price: random.between(10, 5_000) + 0.5,
    installation_price: random.chance(0.5) ? 0 : random.between(100, 2_000),
    display_order: random.between(0, 9),
  };
}

/** Values of a KYC session somewhere on its way. */
export function kycProgress(random: RandomStream): Record<string, unknown> {
  const status = random.pick([
    "not_started",
    "in_progress",
    "completed",
    "completed",
    "abandoned",
    "declined",
  ]);
  const isCompleted = status === "completed";
  return {
    status,
    verification_result: isCompleted
      ? random.pick(["approved", "approved", "pending_review", "declined"])
      : null,
    risk_tier: isCompleted ? random.pick(["low", "medium", "high"]) : null,
    completed_at: isCompleted ? randomMoment(random) : null,
  };
}

/** Some moment of the year, often close to midnight, where time zones disagree about the date. */
export function randomMoment(random: RandomStream): string {
  const hour = random.chance(0.5) ? 22 : random.between(0, 23);
  return new Date(Date.UTC(2026, random.between(0, 11), random.between(1, 28), hour, 30)).toISOString();
}

/** The commit may have happened although its answer was lost. */
async function once(tx: Tx, table: string, id: string, insert: () => Promise<unknown>): Promise<void> {
  const [known] = await tx`select from ${tx(`public.${table}`)} where id = ${id}`;
  if (!known) await insert();
}

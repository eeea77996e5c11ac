import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import {
  insertContract,
  insertCustomer,
  insertInvoice,
  insertKycSession,
  insertQuote,
  insertQuoteItem,
  type Row,
  type Values,
} from "../support/fixtures.ts";
import { emptyQueue, queueRows } from "./steps.ts";

const allTypes = ["contract", "quote", "customer", "invoice"];

interface Rows {
  customer: Row;
  quote: Row;
  item: Row;
  kyc: Row;
  contract: Row;
  invoice: Row;
}

export async function insertAll(sql: postgres.Sql, customerValues: Values = {}): Promise<Rows> {
  const customer = await insertCustomer(sql, customerValues);
  const quote = await insertQuote(sql, { customer_id: customer.id });
  const item = await insertQuoteItem(sql, quote.id);
  const kyc = await insertKycSession(sql, quote.id);
  const contract = await insertContract(sql, quote.id, { customer_id: customer.id });
  const invoice = await insertInvoice(sql, customer);
  await emptyQueue(sql);
  return { customer, quote, item, kyc, contract, invoice };
}

/** What is queued, as "quote 1": the kind and the lane. */
export async function queued(sql: postgres.Sql): Promise<string[]> {
  return (await queueRows(sql)).map(({ entity_type, lane }) => `${entity_type} ${lane}`).sort();
}

export const withAllTypes = (test: (sql: postgres.Sql) => Promise<void>) =>
  withDatabase("plain", test, allTypes);

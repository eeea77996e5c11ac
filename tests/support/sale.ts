import type { Stack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import {
  insertContract,
  insertCustomer,
  insertKycSession,
  insertQuote,
  insertRicaSubmission,
} from "./fixtures.ts";
import type { Db, Row, Values } from "./fixtures.ts";
import { settled } from "./queue.ts";

// What CircleTel sells, and the Deals that come of it.

export interface Sale {
  customer: Row | null;
  quote: Row;
  kyc: Row | null;
  contract: Row;
  rica: Row | null;
}

/** As a good sale, and null leaves a part out. */
export interface SaleValues {
  customer?: Values | null;
  quote?: Values;
  kyc?: Values | null;
  contract?: Values;
  rica?: Values | null;
}

/** A customer with an accepted quote, approved KYC, a draft contract and an approved RICA submission. */
export async function insertSale(db: Db, values: SaleValues = {}): Promise<Sale> {
  const customer = values.customer === null ? null : await insertCustomer(db, values.customer);
  const quote = await insertQuote(db, { customer_id: customer?.id, ...values.quote });
  const kyc = values.kyc === null ? null : await insertKycSession(db, quote.id, values.kyc);
  const contract = await insertContract(db, quote.id, {
    customer_id: customer?.id,
    kyc_session_id: kyc?.id,
    ...values.contract,
  });
  const rica = kyc === null || values.rica === null
    ? null
    : await insertRicaSubmission(db, kyc.id, values.rica);
  return { customer, quote, kyc, contract, rica };
}

/** The same in one transaction: one commit, one ring, and no drain sees half of it. */
export async function sell({ sql }: Stack, values: SaleValues = {}): Promise<Sale> {
  const [sale] = await sellAll(sql, [values]);
  if (!sale) throw new Error("nothing was sold");
  return sale;
}

export async function sellAll(sql: Stack["sql"], all: SaleValues[]): Promise<Sale[]> {
  const sales: Sale[] = [];
  await sql.begin(async (tx) => {
    for (const values of all) sales.push(await insertSale(tx, values));
  });
  return sales;
}

export async function dealsOf({ zoho }: Stack, contract: Row): Promise<ZohoRecord[]> {
  const deals = await zoho.records("Deals");
  return deals.filter((deal) => deal.Contract_Number === contract.contract_number);
}

/** The one Deal of a contract. */
export async function dealOf(stack: Stack, contract: Row): Promise<ZohoRecord> {
  const deals = await dealsOf(stack, contract);
  const [deal] = deals;
  if (deals.length !== 1 || !deal) throw new Error(`${contract.contract_number} has ${deals.length} Deals`);
  return deal;
}

/** The one Deal of a contract, once nothing of it is queued. */
export async function settledDeal(stack: Stack, contract: Row): Promise<ZohoRecord> {
  await settled(stack, contract);
  return await dealOf(stack, contract);
}

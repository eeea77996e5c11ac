import * as sdk from "@zohocrm/nodejs-sdk-8.0";

/** The SDK ships no types: its objects are opaque here, and only handed back to it. */
export type Opaque = object;

/** A record of the SDK from plain values: an id in brackets is a lookup, "choice:…" an option. */
export function sdkRecord(values: Record<string, unknown>, id?: bigint): Opaque {
  const record = new sdk.Record.Record();
  for (const [name, value] of Object.entries(values)) record.addKeyValue(name, value);
  if (id !== undefined) record.setId(id);
  return record;
}

export const option = (value: string): Opaque => new sdk.Choice(value);

export function pointer(id: bigint): Opaque {
  const record = new sdk.Record.Record();
  record.setId(id);
  return record;
}

export function line(product: bigint, quantity: number, price: number): Opaque {
  const item = new sdk.Record.LineItemProduct();
  item.setId(product);
  return sdkRecord({ Product_Name: item, Quantity: quantity, List_Price: price });
}

export interface Ids {
  account: bigint;
  contact: bigint;
  product: bigint;
  deal: bigint;
}

const day = new Date("2026-03-31T00:00:00Z");

/** Field values that the API takes as they are, one set per module; `mark` keeps names and unique values apart. */
export const samples: Record<string, (mark: string, ids: Ids) => Record<string, unknown>> = {
  Accounts: (mark) => ({
    Account_Name: `O'Brien & Sons ${mark}`,
    Account_Type: option("Customer"),
    Phone: "+27 11 555 0100",
    Employees: 12,
    Annual_Revenue: 1500000.5,
  }),
  Contacts: (mark, { account }) => ({
    Last_Name: `Naidoo ${mark}`,
    First_Name: "Priya",
    Email: `priya.${mark}@example.com`,
    Account_Name: pointer(account),
  }),
  Products: (mark) => ({
    Product_Name: `Fibre 100 ${mark}`,
    Product_Code: `FIB-${mark}`,
    Unit_Price: 899.99,
    Product_Active: true,
  }),
  Deals: (mark, { account, contact }) => ({
    Deal_Name: `Contract ${mark}`,
    Stage: option("Identify Decision Makers"),
    Amount: 12499.5,
    Closing_Date: day,
    Account_Name: pointer(account),
    Contact_Name: pointer(contact),
    KYC_Status: option("In Progress"),
    Contract_Number: `CT-${mark}`,
  }),
  Quotes: (mark, { account, deal, product }) => ({
    Subject: `Quote ${mark}`,
    Quote_Stage: option("Draft"),
    Valid_Till: day,
    Account_Name: pointer(account),
    Deal_Name: pointer(deal),
    Quote_Reference: `Q-${mark}`,
    Quoted_Items: [line(product, 2, 899.99), line(product, 1, 100)],
  }),
  Invoices: (mark, { account, product }) => ({
    Subject: `Invoice ${mark}`,
    Status: option("Created"),
    Invoice_Date: day,
    Account_Name: pointer(account),
    Invoice_Reference: `INV-${mark}`,
    Invoiced_Items: [line(product, 1, 899.99)],
  }),
};

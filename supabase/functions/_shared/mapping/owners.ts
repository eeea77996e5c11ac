/** Which side decides a field of a record. Zoho decides every field that is not listed. */
export type Owner = "circletel" | "shared";

/**
 * CircleTel decides what it can prove (compliance, contract facts); the stage is decided by whoever moved last.
 * A value of a circletel field that was edited in Zoho is drift and is put right by the next drain.
 */
export const dealOwners: Readonly<Record<string, Owner>> = {
  Stage: "shared",
  Deal_Name: "circletel",
  Contract_Number: "circletel",
  Amount: "circletel",
  Closing_Date: "circletel",
  Type: "circletel",
  Account_Name: "circletel",
  Contact_Name: "circletel",
  KYC_Status: "circletel",
  KYC_Verified_Date: "circletel",
  Risk_Tier: "circletel",
  RICA_Status: "circletel",
  Contract_Signed_Date: "circletel",
};

/** The stage of an Estimate is the status of the quote: it is approved, sent and accepted in CircleTel. */
export const estimateOwners: Readonly<Record<string, Owner>> = {
  Subject: "circletel",
  Quote_Reference: "circletel",
  Account_Name: "circletel",
  Contact_Name: "circletel",
  Quote_Stage: "circletel",
  Valid_Till: "circletel",
  KYC_Status: "circletel",
  Quoted_Items: "circletel",
};

/** Billing is CircleTel's. */
export const invoiceOwners: Readonly<Record<string, Owner>> = {
  Subject: "circletel",
  Invoice_Reference: "circletel",
  Account_Name: "circletel",
  Contact_Name: "circletel",
  Invoice_Date: "circletel",
  Due_Date: "circletel",
  Status: "circletel",
  Invoiced_Items: "circletel",
};

export const contactOwners: Readonly<Record<string, Owner>> = {
  First_Name: "circletel",
  Last_Name: "circletel",
  Customer_Reference: "circletel",
  Email: "circletel",
};

/** Which side decides a Deal's field. Zoho decides every field that is not listed. */
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

import { invoiceStatuses, kycStatuses, quoteStages, ricaStatuses, riskTiers } from "./picklists.ts";
import { stageOfStatus } from "./stage.ts";

/** A field of Zoho CRM that we write, as its metadata should describe it (fields metadata page). */
export interface RequiredField {
  label: string;
  data_type: "text" | "picklist" | "date" | "currency" | "email" | "lookup" | "subform" | "bigint";
  /** Not in a new org: the setup makes it. */
  custom?: true;
  /** No two records may hold one value: a create whose answer was lost is found by it. */
  unique?: true;
  /** Characters of a custom text. */
  length?: number;
  /** The values of a picklist that we write, by actual_value. */
  values?: readonly string[];
}

const text = (label: string): RequiredField => ({ label, data_type: "text" });
const date = (label: string): RequiredField => ({ label, data_type: "date" });
const lookup = (label: string): RequiredField => ({ label, data_type: "lookup" });
const picklist = (label: string, values: Iterable<string>): RequiredField => ({
  label,
  data_type: "picklist",
  values: [...new Set(values)],
});
const custom = (field: RequiredField): RequiredField => ({ ...field, custom: true });
const reference = (label: string): RequiredField =>
  custom({ label, data_type: "text", unique: true, length: 100 });

const kycStatus = custom(picklist("KYC Status", kycStatuses));
const dealStages = Object.values(stageOfStatus).filter((stage) => stage !== null);

/** Every field that we write, by module and api_name. The setup makes the custom ones and the drain checks them all. */
export const requiredFields = {
  Deals: {
    Deal_Name: text("Deal Name"),
    Contract_Number: reference("Contract Number"),
    Amount: { label: "Amount", data_type: "currency" },
    Stage: picklist("Stage", dealStages),
    Closing_Date: date("Closing Date"),
    Type: picklist("Type", ["New Business"]),
    Account_Name: lookup("Account Name"),
    Contact_Name: lookup("Contact Name"),
    KYC_Status: kycStatus,
    KYC_Verified_Date: custom(date("KYC Verified Date")),
    Risk_Tier: custom(picklist("Risk Tier", Object.values(riskTiers))),
    RICA_Status: custom(picklist("RICA Status", Object.values(ricaStatuses))),
    Contract_Signed_Date: custom(date("Contract Signed Date")),
    // No projection has it: it says which of our writes of the stage a Deal holds (merge/revision.ts).
    CircleTel_Revision: custom({ label: "CircleTel Revision", data_type: "bigint" }),
  },
  Quotes: {
    Subject: text("Subject"),
    Quote_Reference: reference("Quote Reference"),
    Account_Name: lookup("Account Name"),
    Contact_Name: lookup("Contact Name"),
    Quote_Stage: picklist("Quote Stage", Object.values(quoteStages)),
    Valid_Till: date("Valid Until"),
    KYC_Status: kycStatus,
    Quoted_Items: { label: "Quoted Items", data_type: "subform" },
  },
  Invoices: {
    Subject: text("Subject"),
    Invoice_Reference: reference("Invoice Reference"),
    Account_Name: lookup("Account Name"),
    Contact_Name: lookup("Contact Name"),
    Invoice_Date: date("Invoice Date"),
    Due_Date: date("Due Date"),
    Status: picklist("Status", Object.values(invoiceStatuses)),
    Invoiced_Items: { label: "Invoiced Items", data_type: "subform" },
  },
  Accounts: {
    Account_Name: text("Account Name"),
  },
  Contacts: {
    First_Name: text("First Name"),
    Last_Name: text("Last Name"),
    Customer_Reference: reference("Customer Reference"),
    Email: { label: "Email", data_type: "email" },
  },
  Products: {
    Product_Name: text("Product Name"),
    Product_Code: text("Product Code"),
  },
} as const satisfies Record<string, Record<string, RequiredField>>;

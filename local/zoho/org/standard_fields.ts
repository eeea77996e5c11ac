import type { FieldSeed } from "./field.ts";

/**
 * The standard fields of the modules the project touches. Spelling is Zoho's. Option lists other than Stage are from
 * memory of a new org (facts §7 marks them unverified): a client must read them from the metadata.
 */

const text = (apiName: string, label: string, maxLength = 255): FieldSeed => ({
  apiName,
  label,
  dataType: "text",
  maxLength,
});
const money = (apiName: string, label: string): FieldSeed => ({ apiName, label, dataType: "currency" });
const date = (apiName: string, label: string): FieldSeed => ({ apiName, label, dataType: "date" });
const phone = (apiName: string, label: string): FieldSeed => ({ apiName, label, dataType: "phone" });
const email = (apiName: string, label: string): FieldSeed => ({ apiName, label, dataType: "email" });
const lookup = (apiName: string, label: string, module: string): FieldSeed => ({
  apiName,
  label,
  dataType: "lookup",
  lookup: module,
});
const pick = (apiName: string, label: string, options: FieldSeed["options"]): FieldSeed => ({
  apiName,
  label,
  dataType: "picklist",
  options,
});
const mandatory = (seed: FieldSeed): FieldSeed => ({ ...seed, mandatory: true });
const starred = (seed: FieldSeed): FieldSeed => ({ ...seed, layoutMandatory: true });
const readOnly = (seed: FieldSeed): FieldSeed => ({ ...seed, readOnly: true });

const description: FieldSeed = { apiName: "Description", label: "Description", dataType: "textarea" };
const address = (prefix: string): FieldSeed[] =>
  ["Street", "City", "State", "Code", "Country"].map((part) =>
    text(`${prefix}_${part}`, `${prefix} ${part}`)
  );

/** Every module has these; the values live outside a record's own fields. */
export const systemFields: FieldSeed[] = [
  { apiName: "Owner", label: "Owner", dataType: "ownerlookup" },
  readOnly({ apiName: "Created_By", label: "Created By", dataType: "ownerlookup" }),
  readOnly({ apiName: "Modified_By", label: "Modified By", dataType: "ownerlookup" }),
  readOnly({ apiName: "Created_Time", label: "Created Time", dataType: "datetime" }),
  readOnly({ apiName: "Modified_Time", label: "Modified Time", dataType: "datetime" }),
  readOnly({ apiName: "id", label: "Record Id", dataType: "bigint" }),
];

const leadSources = [
  "Advertisement",
  "Cold Call",
  "Employee Referral",
  "External Referral",
  "Partner",
  "Web Download",
];

/** Stage order, actual and display values: facts §7, from the pipelines page. */
export const stages: { actual: string; display: string; probability: number; forecast: string }[] = [
  { actual: "Qualification", display: "Qualification", probability: 10, forecast: "Open" },
  { actual: "Needs Analysis", display: "Needs Analysis", probability: 20, forecast: "Open" },
  { actual: "Value Proposition", display: "Value Proposition", probability: 40, forecast: "Open" },
  { actual: "Id. Decision Makers", display: "Identify Decision Makers", probability: 60, forecast: "Open" },
  { actual: "Proposal/Price Quote", display: "Proposal/Price Quote", probability: 75, forecast: "Open" },
  { actual: "Negotiation/Review", display: "Negotiation/Review", probability: 90, forecast: "Open" },
  { actual: "Closed Won", display: "Closed Won", probability: 100, forecast: "Closed Won" },
  { actual: "Closed Lost", display: "Closed Lost", probability: 0, forecast: "Closed Lost" },
  {
    actual: "Closed Lost to Competition",
    display: "Closed-Lost to Competition",
    probability: 0,
    forecast: "Closed Lost",
  },
];

export const defaultPipeline = "Standard (Standard)";

/** What Quotes and Invoices have in common besides their lines. */
const totalsAndTerms: readonly FieldSeed[] = [
  money("Adjustment", "Adjustment"),
  money("Discount", "Discount"),
  money("Tax", "Tax"),
  readOnly(money("Sub_Total", "Sub Total")),
  readOnly(money("Grand_Total", "Grand Total")),
  ...address("Billing"),
  ...address("Shipping"),
  { apiName: "Terms_and_Conditions", label: "Terms and Conditions", dataType: "textarea" },
  description,
];

export const standardFields: Record<string, FieldSeed[]> = {
  Deals: [
    mandatory(text("Deal_Name", "Deal Name", 120)),
    starred(lookup("Account_Name", "Account Name", "Accounts")),
    lookup("Contact_Name", "Contact Name", "Contacts"),
    mandatory(pick("Stage", "Stage", stages.map((stage) => [stage.actual, stage.display] as const))),
    pick("Pipeline", "Pipeline", [defaultPipeline]),
    money("Amount", "Amount"),
    starred(date("Closing_Date", "Closing Date")),
    pick("Type", "Type", ["Existing Business", "New Business"]),
    pick("Lead_Source", "Lead Source", leadSources),
    text("Next_Step", "Next Step", 100),
    { apiName: "Probability", label: "Probability (%)", dataType: "integer" },
    readOnly(money("Expected_Revenue", "Expected Revenue")),
    description,
  ],
  Accounts: [
    mandatory(text("Account_Name", "Account Name", 200)),
    { apiName: "Account_Number", label: "Account Number", dataType: "bigint" },
    phone("Phone", "Phone"),
    { apiName: "Website", label: "Website", dataType: "website" },
    pick("Account_Type", "Account Type", ["Customer", "Prospect", "Partner", "Reseller", "Vendor", "Other"]),
    pick("Industry", "Industry", ["Communications", "Small/Medium Enterprise", "Technology", "Other"]),
    money("Annual_Revenue", "Annual Revenue"),
    { apiName: "Employees", label: "Employees", dataType: "integer" },
    lookup("Parent_Account", "Parent Account", "Accounts"),
    ...address("Billing"),
    ...address("Shipping"),
    description,
  ],
  Contacts: [
    text("First_Name", "First Name", 40),
    mandatory(text("Last_Name", "Last Name", 80)),
    readOnly(text("Full_Name", "Full Name", 120)),
    email("Email", "Email"),
    email("Secondary_Email", "Secondary Email"),
    phone("Phone", "Phone"),
    phone("Mobile", "Mobile"),
    lookup("Account_Name", "Account Name", "Accounts"),
    text("Title", "Title", 100),
    text("Department", "Department", 50),
    pick("Lead_Source", "Lead Source", leadSources),
    ...address("Mailing"),
    description,
  ],
  Products: [
    mandatory(text("Product_Name", "Product Name", 200)),
    text("Product_Code", "Product Code", 40),
    money("Unit_Price", "Unit Price"),
    pick("Product_Category", "Product Category", ["Hardware", "Software", "CRM Applications"]),
    { apiName: "Product_Active", label: "Product Active", dataType: "boolean" },
    { apiName: "Taxable", label: "Taxable", dataType: "boolean" },
    pick("Usage_Unit", "Usage Unit", ["Box", "Carton", "Each", "Unit"]),
    { apiName: "Qty_in_Stock", label: "Quantity in Stock", dataType: "double" },
    description,
  ],
  Quotes: [
    mandatory(text("Subject", "Subject", 120)),
    { apiName: "Quote_Number", label: "Quote Number", dataType: "autonumber" },
    pick("Quote_Stage", "Quote Stage", [
      "Draft",
      "Negotiation",
      "Delivered",
      "On Hold",
      "Confirmed",
      "Closed Won",
      "Closed Lost",
    ]),
    date("Valid_Till", "Valid Until"),
    starred(lookup("Account_Name", "Account Name", "Accounts")),
    lookup("Contact_Name", "Contact Name", "Contacts"),
    lookup("Deal_Name", "Deal Name", "Deals"),
    pick("Carrier", "Carrier", ["FedEX", "UPS", "USPS", "DHL"]),
    text("Team", "Team", 50),
    ...totalsAndTerms,
    mandatory({ apiName: "Quoted_Items", label: "Quoted Items", dataType: "subform" }),
  ],
  Invoices: [
    mandatory(text("Subject", "Subject", 120)),
    { apiName: "Invoice_Number", label: "Invoice Number", dataType: "autonumber" },
    pick("Status", "Status", ["Created", "Approved", "Delivered", "Cancelled"]),
    date("Invoice_Date", "Invoice Date"),
    date("Due_Date", "Due Date"),
    starred(lookup("Account_Name", "Account Name", "Accounts")),
    lookup("Contact_Name", "Contact Name", "Contacts"),
    lookup("Deal_Name__s", "Deal Name", "Deals"),
    text("Purchase_Order", "Purchase Order", 100),
    ...totalsAndTerms,
    mandatory({ apiName: "Invoiced_Items", label: "Invoiced Items", dataType: "subform" }),
  ],
};

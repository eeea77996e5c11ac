import type { FieldSeed } from "./field.ts";

const money = (apiName: string, label: string): FieldSeed => ({ apiName, label, dataType: "currency" });
const readOnly = (seed: FieldSeed): FieldSeed => ({ ...seed, readOnly: true });

/** A row of Quoted_Items or Invoiced_Items, as `settings/fields?module=Quoted_Items` describes it. */
export const lineFieldsOf = (parent: string): FieldSeed[] => [
  { apiName: "Product_Name", label: "Product Name", dataType: "lookup", lookup: "Products", mandatory: true },
  { apiName: "Quantity", label: "Quantity", dataType: "double" },
  money("List_Price", "List Price"),
  money("Discount", "Discount"),
  { apiName: "Description", label: "Description", dataType: "textarea" },
  readOnly(money("Total", "Amount")),
  readOnly(money("Tax", "Tax")),
  readOnly(money("Total_After_Discount", "Total After Discount")),
  readOnly(money("Net_Total", "Total")),
  readOnly({ apiName: "Parent_Id", label: "Parent ID", dataType: "lookup", lookup: parent }),
  readOnly({ apiName: "Sequence_Number", label: "S.NO", dataType: "integer" }),
  readOnly({ apiName: "id", label: "Record Id", dataType: "bigint" }),
];

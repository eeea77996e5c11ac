import { callFunction, type ServiceClient } from "../platform/database.ts";
import { type FieldRules, fieldRules } from "./rules.ts";

/** What is stored of the org's fields. @throws DatabaseError */
export async function readFieldRules(db: ServiceClient): Promise<FieldRules> {
  return fieldRules.parse(await callFunction(db, "zoho_field_rules", {}));
}

import { z } from "zod";
import { type RequiredField, requiredFields } from "../mapping/fields.ts";
import { contactOwners, dealOwners, estimateOwners, invoiceOwners, type Owner } from "../mapping/owners.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { deployment, variables } from "../platform/settings.ts";
import type { EntityType, SettingsAnswer, ZohoType } from "./answers.ts";
import type { AdminCall } from "./router.ts";
import { queryOf } from "./validate.ts";

type Module = keyof typeof requiredFields;

/** Whose record a module holds; Accounts and Products have no row of their own in CircleTel. */
const entityOf: Record<Module, { entityType: EntityType | null; zohoType: ZohoType }> = {
  Deals: { entityType: "contract", zohoType: "Deals" },
  Quotes: { entityType: "quote", zohoType: "Estimates" },
  Invoices: { entityType: "invoice", zohoType: "Invoices" },
  Accounts: { entityType: null, zohoType: "Accounts" },
  Contacts: { entityType: "customer", zohoType: "Contacts" },
  Products: { entityType: null, zohoType: "Products" },
};

/** Accounts and Products are CircleTel's as far as it writes them. */
const owners: Readonly<Partial<Record<Module, Readonly<Record<string, Owner>>>>> = {
  Deals: dealOwners,
  Quotes: estimateOwners,
  Invoices: invoiceOwners,
  Contacts: contactOwners,
};

/** Every field that is written, module by module. */
const mapping: SettingsAnswer["mapping"] = Object.entries(requiredFields).map(([name, fields]) => {
  const module = name as Module;
  return {
    ...entityOf[module],
    module,
    fields: Object.entries<RequiredField>(fields).map(([field, { label, data_type, custom, values }]) => ({
      field,
      label,
      dataType: data_type,
      owner: owners[module]?.[field] ?? "circletel",
      isCustom: custom ?? false,
      values: [...values ?? []],
    })),
  };
});

const reads = z.object({
  channels: z.array(z.unknown()),
  migration: z.string().nullable(),
  dailyCredits: z.number(),
  concurrency: z.number(),
  syncedTypes: z.array(z.string()),
  fieldMetadata: z.array(z.unknown()),
});

/** GET /settings: how this installation is set up; names of variables, never a value. */
export async function settingsPage(call: AdminCall): Promise<Response> {
  queryOf(call, z.strictObject({}));
  const { region, timeZone, apiVersion } = call.settings;
  const { migration, ...rest } = reads.parse(await callFunction(call.db, "zoho_admin_settings", {}));
  return answer({
    success: true,
    mapping,
    ...rest,
    versions: { migration, functions: deployment(), zohoApi: apiVersion },
    variables: variables(),
    region,
    timeZone,
  });
}

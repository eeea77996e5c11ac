import { z } from "zod";
import { SECOND } from "./duration.ts";
import { checkVariables, type Environment } from "./environment.ts";
import { isZohoApiDomain, type Region, regionHosts, regions } from "./regions.ts";
import {
  apiName,
  encryptionKeys,
  httpAddress,
  requiredText,
  timeZone,
  wholeNumber,
} from "./variable_values.ts";

/** What every function reads from its environment, checked once. */
export interface Settings {
  supabaseUrl: string;
  region: Region;
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  /** The first encrypts, every one decrypts: a key is rotated by putting the new one in front. */
  tokenKeys: Uint8Array<ArrayBuffer>[];
  accountsUrl: string;
  /** Set only when ZOHO_API_URL is: then the token reply's api_domain is not followed. */
  apiUrl: string | null;
  /** Where people open records: Zoho CRM in a browser. */
  webUrl: string;
  defaultApiUrl: string;
  apiVersion: string;
  timeZone: string;
  timeoutMs: number;
  /** Calls to Zoho at a time, within the edition's ceiling (5 on Free, 10 and more on paid editions). */
  concurrency: number;
  /** The pipeline of new Deals; null where pipelines are off. */
  pipeline: string | null;
  /** Custom fields of Accounts (api_names) where sales keep these numbers; null where they keep none. Only read. */
  accountRegistrationField: string | null;
  accountVatField: string | null;
  /** none sends `Line_Tax: []` with every line; leave sends nothing, and the org adds its own tax. */
  lineTax: "none" | "leave";
  /** False sends `trigger: []`, so that our writes start no workflow in Zoho. */
  runWorkflows: boolean;
  /** Roles of admin_users that may act, in lower case; every active admin may read. */
  actingRoles: string[];
}

/** The variables that every function needs. */
export const engineVariables = z.object({
  SUPABASE_URL: requiredText.pipe(httpAddress),
  ZOHO_REGION: requiredText.transform((value) => value.toUpperCase())
    .pipe(z.enum(regions, { error: "is not a region that Zoho has" })),
  ZOHO_CLIENT_ID: requiredText,
  ZOHO_CLIENT_SECRET: requiredText,
  ZOHO_REFRESH_TOKEN: requiredText,
  ZOHO_TOKEN_ENCRYPTION_KEY: encryptionKeys,
  ZOHO_API_VERSION: z.string().regex(/^v\d+(\.\d+)?$/, { error: "is not a version like v8" }).default("v8"),
  ZOHO_TIME_ZONE: timeZone.default("Africa/Johannesburg"),
  ZOHO_API_URL: httpAddress.optional(),
  ZOHO_ACCOUNTS_URL: httpAddress.optional(),
  ZOHO_TIMEOUT_MS: wholeNumber(SECOND, 40 * SECOND).default(30 * SECOND),
  ZOHO_CONCURRENCY: wholeNumber(1, 10).default(4),
  ZOHO_PIPELINE: z.string().trim().optional(),
  ZOHO_ACCOUNT_REGISTRATION_FIELD: apiName.optional(),
  ZOHO_ACCOUNT_VAT_FIELD: apiName.optional(),
  ZOHO_LINE_TAX: z.enum(["none", "leave"], { error: "is neither none nor leave" }).default("none"),
  ZOHO_RUN_WORKFLOWS: z.enum(["true", "false"], { error: "is neither true nor false" }).default("true"),
  ZOHO_ACTING_ROLES: z.string().default("admin, super_admin")
    .transform((value) => value.split(",").map((role) => role.trim().toLowerCase()))
    .pipe(z.array(z.string().min(1, { error: "has an empty role" }))),
});

/** @throws ConfigurationError naming the first variable that is missing or wrong */
export function loadSettings(env: Environment): Settings {
  const it = checkVariables(engineVariables, env);
  const hosts = regionHosts[it.ZOHO_REGION];
  return {
    supabaseUrl: it.SUPABASE_URL,
    region: it.ZOHO_REGION,
    clientId: it.ZOHO_CLIENT_ID,
    clientSecret: it.ZOHO_CLIENT_SECRET,
    refreshToken: it.ZOHO_REFRESH_TOKEN,
    tokenKeys: it.ZOHO_TOKEN_ENCRYPTION_KEY,
    accountsUrl: it.ZOHO_ACCOUNTS_URL ?? hosts.accounts,
    apiUrl: it.ZOHO_API_URL ?? null,
    defaultApiUrl: hosts.api,
    webUrl: webUrlOf(hosts.crm, it.ZOHO_API_URL),
    apiVersion: it.ZOHO_API_VERSION,
    timeZone: it.ZOHO_TIME_ZONE,
    timeoutMs: it.ZOHO_TIMEOUT_MS,
    concurrency: it.ZOHO_CONCURRENCY,
    pipeline: it.ZOHO_PIPELINE ?? null,
    accountRegistrationField: it.ZOHO_ACCOUNT_REGISTRATION_FIELD ?? null,
    accountVatField: it.ZOHO_ACCOUNT_VAT_FIELD ?? null,
    lineTax: it.ZOHO_LINE_TAX,
    runWorkflows: it.ZOHO_RUN_WORKFLOWS === "true",
    actingRoles: it.ZOHO_ACTING_ROLES,
  };
}

/** An API address of its own is a sandbox of Zoho's or a stand-in, which shows its records itself. */
function webUrlOf(crm: string, apiUrl: string | undefined): string {
  if (apiUrl === undefined) return crm;
  if (!isZohoApiDomain(apiUrl)) return new URL(apiUrl).origin;
  return new URL(apiUrl).hostname.startsWith("sandbox.") ? crm.replace("//crm.", "//crmsandbox.") : crm;
}

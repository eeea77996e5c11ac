import type { ZohoClient } from "./client.ts";
import type { ZohoRequest } from "./request.ts";
import { ZohoCallError } from "./faults.ts";

/** One right that the refresh token needs, and a call that shows whether it has it. */
export interface Scope {
  scope: string;
  /** What does not work without it. */
  use: string;
  /** Changes nothing: Zoho checks the scope before the body, which is empty. */
  probe: ZohoRequest;
}

const modules = ["Deals", "Quotes", "Invoices", "Accounts", "Contacts", "Products"] as const;

const records: Scope[] = modules.flatMap((module) => {
  const scope = (operation: string) => `ZohoCRM.modules.${module.toLowerCase()}.${operation}`;
  const nothing = { data: [] };
  return [
    {
      scope: scope("READ"),
      use: `finding and comparing records of ${module}`,
      probe: { method: "GET", path: `/${module}`, query: { fields: "id", per_page: "1" } },
    },
    {
      scope: scope("CREATE"),
      use: `making records of ${module}`,
      probe: { method: "POST", path: `/${module}`, body: nothing },
    },
    {
      scope: scope("UPDATE"),
      use: `updating records of ${module}`,
      probe: { method: "PUT", path: `/${module}`, body: nothing },
    },
  ];
});

/** Every scope that this project uses; no DELETE is among them. */
export const neededScopes: readonly Scope[] = [
  ...records,
  {
    scope: "ZohoCRM.coql.READ",
    use: "finding records that were created a moment ago",
    probe: {
      method: "POST",
      path: "/coql",
      body: { select_query: "select id from Deals where id is not null limit 1" },
    },
  },
  {
    scope: "ZohoSearch.securesearch.READ",
    use: "finding names with initials or a backslash",
    probe: {
      method: "GET",
      path: "/Accounts/search",
      query: { criteria: "(Account_Name:equals:none)", per_page: "1" },
    },
  },
  {
    scope: "ZohoCRM.settings.fields.READ",
    use: "noticing that a field was renamed or deleted",
    probe: {
      method: "GET",
      path: "/settings/fields",
      query: { module: "Deals", include: "allowed_permissions_to_update" },
    },
  },
  {
    scope: "ZohoCRM.settings.fields.CREATE",
    use: "making the custom fields",
    probe: { method: "POST", path: "/settings/fields", query: { module: "Deals" }, body: { fields: [] } },
  },
  {
    scope: "ZohoCRM.settings.fields.UPDATE",
    use: "adding options to our own picklists",
    probe: { method: "PATCH", path: "/settings/fields/0", query: { module: "Deals" }, body: { fields: [] } },
  },
  {
    scope: "ZohoCRM.settings.modules.READ",
    use: "knowing which modules the org has",
    probe: { method: "GET", path: "/settings/modules" },
  },
  {
    scope: "ZohoCRM.notifications.ALL",
    use: "learning at once that a seller edited a record",
    probe: { method: "GET", path: "/actions/watch" },
  },
  {
    scope: "ZohoCRM.org.READ",
    use: "checking that the org is the database's own",
    probe: { method: "GET", path: "/org" },
  },
  {
    scope: "ZohoCRM.users.READ",
    use: "distinguishing our own writes from a seller's",
    probe: { method: "GET", path: "/users", query: { type: "CurrentUser" } },
  },
];

/** What to paste into the Self Client's "Scope". */
export const scopeText: string = neededScopes.map(({ scope }) => scope).join(",");

export type ScopeFinding =
  | { scope: string; use: string; state: "granted" }
  | { scope: string; use: string; state: "missing" }
  /** The scope is there and the user or the org is not allowed; `code` is Zoho's. */
  | { scope: string; use: string; state: "refused"; code: string };

const refusals = new Set(["NO_PERMISSION", "AUTHORIZATION_FAILED", "INVALID_MODULE", "API_NOT_SUPPORTED"]);

/**
 * Tests each scope with a call that needs it.
 * @throws ZohoTokenError, and ZohoCallError for a fault that is not about rights
 */
export async function probeScopes(client: ZohoClient): Promise<ScopeFinding[]> {
  return await Promise.all(neededScopes.map(async ({ scope, use, probe }): Promise<ScopeFinding> => {
    const state = await probeOne(client, probe);
    return state === "granted" || state === "missing"
      ? { scope, use, state }
      : { scope, use, state: "refused", code: state };
  }));
}

async function probeOne(client: ZohoClient, probe: ZohoRequest): Promise<string> {
  try {
    await client.call(probe);
    return "granted";
  } catch (error) {
    if (!(error instanceof ZohoCallError)) throw error;
    if (error.code === "OAUTH_SCOPE_MISMATCH") return "missing";
    if (refusals.has(error.code)) return error.code;
    const isAboutTheBody = error.detail.status === 400 || error.detail.status === 404 ||
      error.detail.status === 412;
    if (isAboutTheBody) return "granted";
    throw error;
  }
}

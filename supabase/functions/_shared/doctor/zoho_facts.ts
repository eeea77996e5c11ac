import type { FieldStore } from "../fields/store.ts";
import { readOrgId } from "../identity/org.ts";
import { DatabaseError } from "../platform/database.ts";
import { SecretUnreadableError } from "../platform/secrets.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { callDecision, pageOf } from "../zoho/error_table.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { isZohoFault } from "../zoho/faults.ts";
import { refusalOfLines } from "../zoho/line_items.ts";
import { fetchChannels } from "../zoho/notifications.ts";
import { probeScopes } from "../zoho/scopes.ts";
import { type Fact, factOf, unasked, type Unreadable } from "./fact.ts";
import type { Facts } from "./facts.ts";

export interface ZohoProbes {
  zoho: ZohoClient;
  fields: FieldStore;
  accountsUrl: string;
  /** This database's channel; null where it is not known. */
  channelId: string | null;
  /** Null where no notification channel is used. */
  notificationToken: string | null;
  fetch: typeof fetch;
  now: () => number;
}

type ZohoFacts = Pick<
  Facts,
  "token" | "orgId" | "rights" | "fields" | "lineItems" | "channels" | "clockAhead"
>;
const rowsModules = ["Quoted_Items", "Invoiced_Items"];

/** Asks Zoho. Without a token the rest cannot be asked. */
export async function zohoFacts(deps: ZohoProbes): Promise<ZohoFacts> {
  const { zoho, fields, channelId, notificationToken } = deps;
  const clock = factOf(() => clockAhead(deps), (error) => ({
    ...explainFault(error, "NETWORK"),
    finding: "ACCOUNTS_HOST_AWAY" as const,
    message: "Zoho's accounts host does not answer",
    advice: "supabase secrets set ZOHO_REGION=<your data centre> --yes",
    docs: "docs/errors/NETWORK.md",
  }));
  const token = await factOf(async () => {
    await zoho.ready();
    return true as const;
  }, explainFault);
  const ask = <T>(read: () => Promise<T>) => token.is === "known" ? factOf(read, explainFault) : unasked;
  const [orgId, rights, plan, channels, ...refusals] = await Promise.all([
    ask(() => readOrgId(zoho)),
    ask(() => probeScopes(zoho)),
    ask(() => fields.read(zoho)),
    channelId === null
      ? unasked
      : ask(async () =>
        notificationToken === null ? "not used" as const : await fetchChannels(zoho, channelId)
      ),
    ...rowsModules.map((module) => ask(() => refusalOfLines(zoho, module))),
  ]);
  const refused = [orgId, rights, plan, channels, ...refusals].find(isTokenFault);
  // The token speaks for everything that it was refused for.
  if (refused) return { ...nothingAsked, token: refused, clockAhead: await clock };
  const lineItems = rowsModules.map((module, i) => ({ module, refusal: refusals[i] ?? unasked }));
  return { token, orgId, rights, fields: plan, lineItems, channels, clockAhead: await clock };
}

const nothingAsked: Omit<ZohoFacts, "token" | "clockAhead"> = {
  orgId: unasked,
  rights: unasked,
  fields: unasked,
  channels: unasked,
  lineItems: [],
};

function isTokenFault(fact: Fact<unknown>): fact is Unreadable {
  return fact.is === "unreadable" &&
    (fact.code.startsWith("TOKEN_") || callDecision(fact.code).decision === "refresh");
}

async function clockAhead({ fetch, accountsUrl, now }: ZohoProbes): Promise<number | null> {
  const response = await fetch(`${accountsUrl}/oauth/serverinfo`, { signal: AbortSignal.timeout(10_000) });
  await response.body?.cancel();
  const zohosMs = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(zohosMs) ? null : Math.round((now() - zohosMs) / 1000);
}

/** A fault that is ours to explain has its advice and its page; any other is named by its class alone. */
export function explainFault(error: unknown, otherwise = "INTERNAL"): Unreadable {
  if (isZohoFault(error) || error instanceof SecretUnreadableError) {
    return {
      is: "unreadable",
      code: error.code,
      finding: "ZOHO_REFUSES",
      message: error.message,
      advice: rowOfFault(error).advice,
      docs: `docs/errors/${pageOf(error.code)}.md`,
    };
  }
  if (error instanceof DatabaseError) {
    return {
      is: "unreadable",
      code: error.code,
      finding: "DATABASE_REFUSES",
      message: `the database could not do ${error.call}`,
      advice: "supabase db push --remote --yes",
      docs: "docs/errors/DATABASE.md",
    };
  }
  const code = error instanceof Error ? error.name : otherwise;
  return { is: "unreadable", code, message: "an unexpected fault", docs: "docs/errors/INTERNAL.md" };
}

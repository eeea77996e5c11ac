import type { Incoming } from "../http/incoming.ts";
import { refusal, type Reply } from "../http/reply.ts";
import type { Org } from "../org/org.ts";

/** The scopes of the caller's token, or the refusal (facts §5). */
export function authenticate(org: Org, incoming: Incoming): { scopes: string[] } | { refused: Reply } {
  const header = incoming.headers.authorization ?? "";
  const token = /^Zoho-oauthtoken\s+(\S+)$/i.exec(header)?.[1];
  if (token === undefined) {
    return { refused: refusal("AUTHENTICATION_FAILURE", "Authentication failed", {}, 401) };
  }
  const access = org.tokens.findAccess(token, org.settings.dataCentre, org.nowMs());
  if (access === undefined) {
    return { refused: refusal(org.settings.expiredTokenCode, "invalid oauth token", {}, 401) };
  }
  return { scopes: access.scopes };
}

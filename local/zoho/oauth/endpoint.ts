import type { JsonObject } from "../core/json.ts";
import { formParameters, type Incoming } from "../http/incoming.ts";
import { refusal, type Reply } from "../http/reply.ts";
import type { Org } from "../org/org.ts";

type Parameters = Map<string, string>;
type Grant = (org: Org, parameters: Parameters) => Reply;

/** Zoho reports a refusal with status 200 and an `error` word; only the body can be trusted (facts §3). */
const refused = (org: Org, error: string): Reply => {
  org.tokens.refused++;
  return { status: 200, body: { error } };
};

const grants: Record<string, Grant> = { refresh_token: refreshGrant, authorization_code: codeGrant };

const routes: Record<string, (org: Org, parameters: Parameters) => Reply> = {
  "POST /oauth/v2/token": tokenCall,
  "POST /oauth/v2/token/revoke": revoke,
  "GET /oauth/v2/token/revoke": revoke,
  "GET /oauth/serverinfo": serverInfo,
};

export async function answerAccounts(org: Org, incoming: Incoming): Promise<Reply> {
  const route = routes[`${incoming.method} ${incoming.url.pathname}`];
  if (route === undefined) {
    return refusal(
      "INVALID_URL_PATTERN",
      "Please check if the URL trying to access is a correct one",
      {},
      404,
    );
  }
  return route(org, await formParameters(incoming));
}

function tokenCall(org: Org, parameters: Parameters): Reply {
  const grant = grants[parameters.get("grant_type") ?? ""];
  if (grant === undefined) return refused(org, "invalid_request");
  const { clientId, clientSecret } = org.tokens.credentials;
  if (parameters.get("client_id") !== clientId) return refused(org, "invalid_client");
  if (parameters.get("client_secret") !== clientSecret) return refused(org, "invalid_client_secret");
  return grant(org, parameters);
}

function refreshGrant(org: Org, parameters: Parameters): Reply {
  const refresh = org.tokens.findRefresh(parameters.get("refresh_token") ?? "", org.settings.dataCentre);
  if (refresh === undefined) return refused(org, "invalid_code");
  if (org.tokens.isThrottled(refresh, org.nowMs(), org.settings)) return throttled(org);
  org.tokens.refreshes++;
  return { status: 200, body: tokenBody(org, refresh) };
}

function codeGrant(org: Org, parameters: Parameters): Reply {
  const grant = org.tokens.takeGrant(parameters.get("code") ?? "", org.nowMs());
  if (grant === undefined) return refused(org, "invalid_code");
  const token = org.tokens.newSecret();
  org.tokens.addRefreshToken(token, grant.scopes, org.settings.dataCentre);
  const refresh = org.tokens.findRefresh(token, org.settings.dataCentre);
  if (refresh === undefined) return refused(org, "general_error");
  return { status: 200, body: { ...tokenBody(org, refresh), refresh_token: token } };
}

type Refresh = NonNullable<ReturnType<Org["tokens"]["findRefresh"]>>;

function tokenBody(org: Org, refresh: Refresh): JsonObject {
  const access_token = org.tokens.issue(refresh, org.nowMs(), org.settings);
  const body: JsonObject = {
    access_token,
    api_domain: org.origin,
    token_type: "Bearer",
    expires_in: Math.floor(org.settings.tokenLifeMs / 1000),
  };
  return org.settings.scopeInReply ? { ...body, scope: refresh.scopes.join(" ") } : body;
}

/** Too many new tokens: retryable later, and not the end of the refresh token. */
function throttled(org: Org): Reply {
  org.tokens.refused++;
  return {
    status: org.settings.throttleStatus,
    body: {
      error_description: "You have made too many requests continuously. Please try again after some time.",
      error: "Access Denied",
      status: "failure",
    },
  };
}

function revoke(org: Org, parameters: Parameters): Reply {
  const isKnown = org.tokens.setRevoked(parameters.get("token") ?? "", true);
  return isKnown ? { status: 200, body: { status: "success" } } : refused(org, "invalid_code");
}

/** Accounts host of each location; our own data centre is the simulator itself (facts §2). */
function serverInfo(org: Org): Reply {
  const locations: Record<string, string> = {
    us: "https://accounts.zoho.com",
    eu: "https://accounts.zoho.eu",
    in: "https://accounts.zoho.in",
    au: "https://accounts.zoho.com.au",
    cn: "https://accounts.zoho.com.cn",
    jp: "https://accounts.zoho.jp",
    ca: "https://accounts.zohocloud.ca",
    sa: "https://accounts.zoho.sa",
    uk: "https://accounts.zoho.uk",
  };
  return {
    status: 200,
    body: { result: "success", locations: { ...locations, [org.settings.dataCentre]: org.origin } },
  };
}

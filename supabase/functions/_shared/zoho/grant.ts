import { z } from "zod";
import { type Region, regionHosts } from "../platform/regions.ts";
import { regionNamedBy } from "./credentials_region.ts";

/** The tokens that a grant code was exchanged for. */
export interface Grant {
  accessToken: string;
  refreshToken: string;
  expiresInSeconds: number;
  scope?: string;
  apiDomain?: string;
}

export interface GrantRequest {
  accountsUrl: string;
  clientId: string;
  clientSecret: string;
  /** From the Self Client's "Generate Code"; it works once, for the minutes that were chosen there. */
  code: string;
}

/** Why there is no token, in words for the person who typed the code. */
export class GrantError extends Error {
  override readonly name = "GrantError";
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

const reply = z.object({
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional().catch(undefined),
  expires_in_sec: z.number().optional().catch(undefined),
  scope: z.string().optional().catch(undefined),
  api_domain: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
});

/** Zoho's words (token page and practitioners' reports; the full list is documented nowhere). */
const explanations: Readonly<Record<string, (host: string) => string>> = {
  invalid_code: (host) =>
    "The grant code is not valid: it was used before, its minutes are over, it was cut when it was copied, or it comes " +
    `from another data centre than ${host}. Generate a new one and paste it within its minutes.`,
  invalid_client: (host) =>
    `${host} does not know this client id: it was mistyped, or the client belongs to another data centre.`,
  invalid_client_secret: () => "The client secret does not belong to this client id.",
  invalid_redirect_uri: () => "The client is not a Self Client: make one in the API console.",
};

/**
 * Exchanges a grant code for a refresh token. The secrets travel in the body: a query string ends up in access logs.
 * @throws GrantError
 */
export async function exchangeGrant(
  send: typeof fetch,
  { accountsUrl, clientId, clientSecret, code }: GrantRequest,
): Promise<Grant> {
  const { host } = new URL(accountsUrl);
  const { status, body } = await post(send, accountsUrl, {
    grant_type: "authorization_code",
    client_id: clientId,
    client_secret: clientSecret,
    code,
  });
  const parsed = reply.safeParse(body);
  if (!parsed.success) {
    throw new GrantError("TOKEN_UNAVAILABLE", `${host} answered ${status} and no token reply.`);
  }
  const { access_token, refresh_token, error, expires_in, expires_in_sec, scope, api_domain } = parsed.data;
  // Zoho reports a refusal with status 200: only a token is a success.
  if (!access_token) throw refusal(error, status, host, regionNamedBy(body));
  if (!refresh_token) {
    throw new GrantError(
      "NO_REFRESH_TOKEN",
      'Zoho gave an access token and no refresh token: generate the code in the Self Client\'s tab "Generate Code".',
    );
  }
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresInSeconds: expires_in_sec ?? expires_in ?? 3600,
    ...(scope === undefined ? {} : { scope }),
    ...(api_domain === undefined ? {} : { apiDomain: api_domain }),
  };
}

function refusal(
  error: string | undefined,
  status: number,
  host: string,
  told: Region | null,
): GrantError {
  if (status === 429 || (error && /access.denied/i.test(error))) {
    return new GrantError(
      "ACCESS_DENIED",
      "Access Denied: too many codes or tokens in 10 minutes. Wait 10 minutes, then generate a new code.",
    );
  }
  const word = (error ?? `HTTP ${status}`).replace(/[^\w ]/g, "").slice(0, 40);
  const explain = Object.hasOwn(explanations, word) ? explanations[word] : undefined;
  const elsewhere = told === null || hostOf(told) === host
    ? ""
    : ` Zoho names the region ${told}: set ZOHO_REGION=${told}.`;
  const sentence = explain ? `${word}: ${explain(host)}` : `${host} refused the code: ${word}.`;
  return new GrantError(word, sentence + elsewhere);
}

function hostOf(region: Region): string {
  return new URL(regionHosts[region].accounts).host;
}

async function post(send: typeof fetch, accountsUrl: string, form: Record<string, string>) {
  try {
    const response = await send(`${accountsUrl}/oauth/v2/token`, {
      method: "POST",
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(30_000),
    });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body };
  } catch {
    // The original error may quote the request; it is not kept.
    throw new GrantError("TOKEN_UNAVAILABLE", `${accountsUrl} could not be reached.`);
  }
}

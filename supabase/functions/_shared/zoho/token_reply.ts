import { z } from "zod";
import { type AskedRegion, regionHint } from "./credentials_region.ts";
import { ZohoTokenError } from "./faults.ts";

/** Zoho answers 200 with an error; success is a body with access_token (token page). */
const tokenAnswer = z.object({
  // Only characters allowed in a header; otherwise the error from setting it would quote the token.
  access_token: z.string().regex(/^[\x21-\x7e]*$/).optional(),
  expires_in: z.number().optional().catch(undefined),
  expires_in_sec: z.number().optional().catch(undefined),
  scope: z.string().optional().catch(undefined),
  api_domain: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
});

/**
 * Reads a token reply regardless of its HTTP status. "Access Denied" is the throttle (10 tokens in 10 minutes) and ends
 * by itself; every other error needs a person.
 *
 * @throws ZohoTokenError
 */
export function processTokenReply(reply: { status: number; body: unknown }, asked: AskedRegion) {
  const parsed = tokenAnswer.safeParse(reply.body);
  if (!parsed.success) {
    throw new ZohoTokenError(
      "TOKEN_UNAVAILABLE",
      `the token service answered ${reply.status} without a body`,
    );
  }
  const { access_token, expires_in, expires_in_sec, scope, api_domain, error } = parsed.data;
  if (access_token) {
    return {
      accessToken: access_token,
      expiresInSeconds: expires_in_sec ?? expires_in ?? 3600,
      scope,
      apiDomain: api_domain,
    };
  }
  if (reply.status === 429 || error && /access.denied/i.test(error)) {
    throw new ZohoTokenError("TOKEN_THROTTLED", "Zoho refused a new token: too many in 10 minutes", 600);
  }
  if (error && error !== "general_error" && reply.status < 500) {
    const word = error.replace(/[^\w ]/g, "").slice(0, 40);
    throw new ZohoTokenError(
      "TOKEN_REFUSED",
      `Zoho refused the refresh token: ${word}${regionHint(word, asked, reply.body)}`,
    );
  }
  throw new ZohoTokenError("TOKEN_UNAVAILABLE", `the token service answered ${reply.status}`);
}

import type { Log } from "../platform/log.ts";
import { ZohoTokenError } from "./faults.ts";
import { callDecision } from "./error_table.ts";
import { SecretUnreadableError } from "../platform/secrets.ts";
import type { TokenAhead } from "./token.ts";

export interface RefreshOutcome {
  success: boolean;
  expiresAt?: string;
  error?: { code: string; message: string; hint: string };
}

/** Refreshes the token if it expires soon; the answer never contains it. */
export async function refreshAhead(tokens: TokenAhead, log: Log): Promise<RefreshOutcome> {
  try {
    const token = await tokens.ahead();
    return { success: true, expiresAt: new Date(token.expiresAtMs).toISOString() };
  } catch (error) {
    if (!(error instanceof ZohoTokenError || error instanceof SecretUnreadableError)) throw error;
    log("error", error.message, { code: error.code });
    return {
      success: false,
      error: { code: error.code, message: error.message, hint: callDecision(error.code).advice },
    };
  }
}

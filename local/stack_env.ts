import type { JWK } from "jose";
import { PUBLISHABLE_KEY, SECRET_KEY } from "./keys.ts";

/** The variables that the platform gives every function. */
export function platformVariables(
  { apiUrl, dbUrl, jwks }: { apiUrl: string; dbUrl: string; jwks: { keys: JWK[] } },
): Record<string, string> {
  return {
    SUPABASE_URL: apiUrl,
    SUPABASE_DB_URL: dbUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: PUBLISHABLE_KEY }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: SECRET_KEY }),
    SUPABASE_JWKS: JSON.stringify(jwks),
  };
}

/** What `supabase secrets set` would have set: the simulator's client, and keys that last as long as the stack. */
export function functionSecrets(zohoUrl: string | undefined): Record<string, string> {
  return {
    ZOHO_CLIENT_ID: "1000.LOCALCLIENT",
    ZOHO_CLIENT_SECRET: "local-client-secret",
    ZOHO_REFRESH_TOKEN: "1000.local.refresh",
    ZOHO_REGION: "US",
    ...(zohoUrl && { ZOHO_ACCOUNTS_URL: zohoUrl, ZOHO_API_URL: zohoUrl }),
    ZOHO_TOKEN_ENCRYPTION_KEY: random(32),
    ZOHO_CRM_WEBHOOK_SECRET: random(36),
    ZOHO_NOTIFICATION_TOKEN: random(30),
  };
}

function random(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64();
}

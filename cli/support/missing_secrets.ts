import type { Variables } from "./env_file.ts";

/** Secrets that are ours to make; those that are there stay. */
export function missingSecrets(known: Variables): Variables {
  const wanted = {
    ZOHO_TOKEN_ENCRYPTION_KEY: () => randomBytes(32).toBase64(),
    ZOHO_CRM_WEBHOOK_SECRET: () => randomBytes(32).toHex(),
    ZOHO_NOTIFICATION_TOKEN: () => randomBytes(20).toHex(),
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([name]) => !known[name]).map(([name, make]) => [name, make()]),
  );
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

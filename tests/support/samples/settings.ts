import { loadSettings, type Settings } from "../../../supabase/functions/_shared/platform/engine_settings.ts";

/** A key of 32 bytes, all of them `byte`. */
export const keyOf = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
export const inBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

/** Every variable that has to be there and none that may be left out. */
export const goodEnvironment: Readonly<Record<string, string>> = {
  SUPABASE_URL: "http://127.0.0.1:54321",
  ZOHO_REGION: "EU",
  ZOHO_CLIENT_ID: "1000.CLIENTCLIENTCLIENT",
  ZOHO_CLIENT_SECRET: "client-secret-of-a-test",
  ZOHO_REFRESH_TOKEN: "1000.refreshrefresh.tokentoken",
  ZOHO_TOKEN_ENCRYPTION_KEY: inBase64(keyOf(7)),
};

export const goodSettings = (values: Partial<Settings> = {}): Settings => ({
  ...loadSettings(goodEnvironment),
  ...values,
});

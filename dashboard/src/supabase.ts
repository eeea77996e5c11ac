import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Config } from "./config.ts";

let client: SupabaseClient | undefined;

/** The one client of the page; the hash is the page's own, so no session is looked for in it. */
export function connectSupabase({ supabaseUrl, publishableKey }: Config): SupabaseClient {
  client = createClient(supabaseUrl, publishableKey, {
    auth: { detectSessionInUrl: false },
  });
  return client;
}

/** @throws Error when it is called before connect */
export function supabase(): SupabaseClient {
  if (!client) throw new Error("config.json has not been read yet");
  return client;
}

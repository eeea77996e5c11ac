import { createClient } from "@supabase/supabase-js";
import {
  callFunction,
  DatabaseError,
  type ServiceClient,
} from "../../supabase/functions/_shared/platform/database.ts";
import type { Database } from "../../supabase/functions/_shared/platform/database.types.ts";
import type { Settings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { encryptSecret } from "../../supabase/functions/_shared/platform/secrets.ts";
import type { Grant } from "../../supabase/functions/_shared/zoho/grant.ts";
import { seedFingerprint } from "../../supabase/functions/_shared/zoho/token.ts";
import { CommandError } from "./command.ts";
import type { Project } from "./project.ts";

const triesWhileSomebodyRefreshes = 60;
const waitMs = 1_000;

/**
 * Puts a new token into the project's zoho_tokens, encrypted as the functions would. It counts as brought by the newest
 * isolate, so the ones that still run with the old secrets go on with the token they have and do not put theirs back.
 *
 * @returns "stored", or "no table" where the migrations have not run: the functions seed it themselves then
 * @throws CommandError
 */
export async function storeGrant(
  project: Project,
  settings: Settings,
  grant: Grant,
  sleep: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<"stored" | "no table"> {
  const db: ServiceClient = createClient<Database>(project.url, project.secretKey, {
    auth: { persistSession: false },
  });
  const [key] = settings.tokenKeys;
  if (!key) throw new CommandError("ZOHO_TOKEN_ENCRYPTION_KEY holds no key.");
  const owner = crypto.randomUUID();
  const sealedRefreshToken = await encryptSecret(settings.tokenKeys, grant.refreshToken);
  const startedAt = new Date().toISOString();
  try {
    for (let tries = 0; tries < triesWhileSomebodyRefreshes; tries++) {
      const state = stateOf(
        await callFunction(db, "zoho_lease_token", {
          p_owner: owner,
          p_fingerprint: await seedFingerprint(key, settings),
          p_seed: sealedRefreshToken,
          p_started_at: startedAt,
        }),
      );
      if (state === "leased") {
        await callFunction(db, "zoho_store_token", {
          p_owner: owner,
          p_access_token: await encryptSecret(settings.tokenKeys, grant.accessToken),
          p_refresh_token: sealedRefreshToken,
          p_expires_in_seconds: grant.expiresInSeconds,
          ...(grant.scope === undefined ? {} : { p_scope: grant.scope }),
          ...(grant.apiDomain === undefined ? {} : { p_api_domain: grant.apiDomain }),
        });
        return "stored";
      }
      if (state === "superseded") {
        throw new CommandError(
          `This machine's clock is behind: isolates of ${project.url} seem to have started later. Set it and run this again; ` +
            "the token is in the secrets file all the same.",
        );
      }
      // Throttled: the row holds the refresh token already, and a function will fetch the access token later.
      if (state !== "wait") return "stored";
      await sleep(waitMs);
    }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    // PostgREST's "no such function", and what a Supabase project without the Data API answers.
    if (error.code === "PGRST202" || error.code === "42883") return "no table";
    throw new CommandError(
      `The token could not be stored in ${project.url}: ${error.code}. It is in the secrets file all the same.`,
    );
  }
  throw new CommandError(
    "Another process has been refreshing the stored token for a minute; start the functions, they take the new one.",
  );
}

function stateOf(answer: unknown): string {
  return typeof answer === "object" && answer !== null && "state" in answer ? String(answer.state) : "";
}

import { withSupabase } from "@supabase/server";
import type { Database } from "../_shared/platform/database.types.ts";
import { explain } from "../_shared/platform/caller.ts";
import { loadSettings, loadWebhookSettings } from "../_shared/platform/env.ts";
import { createLog } from "../_shared/platform/log.ts";
import { once } from "../_shared/platform/once.ts";
import { liveDependencies, sleep } from "../_shared/sync/dependencies.ts";
import { processZohoCRMWebhook } from "../_shared/webhook/receive.ts";
import { RefusalCounter } from "../_shared/webhook/refusals.ts";

const log = createLog("zoho-webhook");
const settings = once(() => loadWebhookSettings(Deno.env.toObject()));
const zohoSettings = once(() => loadSettings(Deno.env.toObject()));
const refusals = new RefusalCounter(sleep);

/** Zoho's calls: anybody may knock, only a valid signature or channel token is let in. */
export default {
  fetch: withSupabase<Database>(
    { auth: "none", cors: "disabled" },
    async (request, { supabaseAdmin: db }) => {
      try {
        return await processZohoCRMWebhook({
          db,
          settings: settings(),
          log,
          now: Date.now,
          sleep,
          countRefusal: (reason) => refusals.count(db, reason),
          zoho: () => liveDependencies(db, zohoSettings(), log).zoho,
        }, request);
      } catch (error) {
        return explain(error, log);
      }
    },
  ),
};

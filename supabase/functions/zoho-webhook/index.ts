import { KnownNames } from "../_shared/fields/known_names.ts";
import { liveDependencies, sleep } from "../_shared/app/dependencies.ts";
import { inBackground } from "../_shared/platform/background.ts";
import { publicHandler } from "../_shared/platform/caller.ts";
import { createLog } from "../_shared/platform/log.ts";
import { settings, webhookSettings } from "../_shared/platform/settings.ts";
import { drainAndLog } from "../_shared/sync/drain.ts";
import { drainsInBackground } from "../_shared/sync/drain_soon.ts";
import { longestBodyBytes } from "../_shared/webhook/body.ts";
import { processZohoCRMWebhook } from "../_shared/webhook/receive.ts";
import { RefusalCounter } from "../_shared/webhook/refusals.ts";

const log = createLog("zoho-webhook");
const refusals = new RefusalCounter(sleep);
const names = new KnownNames(Date.now);
const drainSoon = drainsInBackground(inBackground, sleep);

/** Public endpoint for Zoho's calls; a request needs a valid signature or channel token. */
export default {
  fetch: publicHandler(log, longestBodyBytes, (request, db) =>
    processZohoCRMWebhook({
      db,
      settings: webhookSettings(),
      log,
      now: Date.now,
      sleep,
      countRefusal: (reason) => refusals.count(db, reason),
      drainSoon: () =>
        drainSoon((linger) => drainAndLog(liveDependencies(db, settings(), log), "hint", { linger })),
      names: () => names.read(db),
    }, request)),
};

import { KnownNames } from "../_shared/fields/known_names.ts";
import { forEverybody } from "../_shared/platform/caller.ts";
import { createLog } from "../_shared/platform/log.ts";
import { settings, webhookSettings } from "../_shared/platform/settings.ts";
import { liveDependencies, sleep } from "../_shared/app/dependencies.ts";
import { longestBodyBytes } from "../_shared/webhook/body.ts";
import { processZohoCRMWebhook } from "../_shared/webhook/receive.ts";
import { RefusalCounter } from "../_shared/webhook/refusals.ts";

const log = createLog("zoho-webhook");
const refusals = new RefusalCounter(sleep);
const names = new KnownNames(Date.now);

/** Zoho's calls: anybody may knock, only a valid signature or channel token is let in. */
export default {
  fetch: forEverybody(log, longestBodyBytes, (request, db) =>
    processZohoCRMWebhook({
      db,
      settings: webhookSettings(),
      log,
      now: Date.now,
      countRefusal: (reason) => refusals.count(db, reason),
      zoho: () => liveDependencies(db, settings(), log).zoho,
      names: () => names.read(db),
    }, request)),
};

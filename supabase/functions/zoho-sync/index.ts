import { withOperatorAuth } from "../_shared/platform/caller.ts";
import { inBackground } from "../_shared/platform/background.ts";
import { answer, readJson } from "../_shared/platform/http.ts";
import { createLog } from "../_shared/platform/log.ts";
import { liveDependencies } from "../_shared/app/dependencies.ts";
import { drainAndLog } from "../_shared/sync/drain.ts";
import { enqueueRow, syncByHand } from "../_shared/sync/by_hand/operations.ts";
import { parseSyncRequest } from "../_shared/sync/by_hand/request.ts";

const log = createLog("zoho-sync");

/**
 * Rung by the doorbell, by pg_cron or by a database webhook it answers 202 at once and drains the queue in the
 * background; called by hand for one entity it waits and answers a SyncResult.
 */
export default {
  fetch: withOperatorAuth(log, async (request, { db, settings }) => {
    const asked = parseSyncRequest(await readJson(request));
    const live = liveDependencies(db, settings, log);
    if (asked.kind === "by hand") {
      const { status, result } = await syncByHand(live, asked);
      inBackground(drainAndLog(live, "after a by-hand call"));
      return answer(result, status);
    }
    if (asked.kind === "row changed") await enqueueRow(live, asked);
    inBackground(drainAndLog(live, asked.kind === "drain" ? asked.reason : "database webhook"));
    return answer({ success: true, message: "draining" }, 202);
  }),
};

import { withOperatorAuth } from "../_shared/platform/caller.ts";
import { callFunction } from "../_shared/platform/database.ts";
import { answer } from "../_shared/platform/http.ts";
import { createLog } from "../_shared/platform/log.ts";
import { tokenStore } from "../_shared/app/dependencies.ts";
import { refreshAhead } from "../_shared/zoho/refresh_ahead.ts";

const log = createLog("zoho-token-refresh");

/** Fetches the next access token before the hour of the present one is over (pg_cron), or by hand. */
export default {
  fetch: withOperatorAuth(log, async (_request, { db, settings }) => {
    const outcome = await refreshAhead(tokenStore(db, settings), log);
    if (outcome.success) await callFunction(db, "zoho_token_is_good", {});
    return answer(outcome, outcome.success ? 200 : 503);
  }),
};

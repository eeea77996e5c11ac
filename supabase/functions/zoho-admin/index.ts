import { replay } from "../_shared/admin/replay.ts";
import { findRoute, type Routes } from "../_shared/admin/router.ts";
import { sweepEvents } from "../_shared/admin/sweep.ts";
import { watch } from "../_shared/admin/watch.ts";
import { forOperators } from "../_shared/platform/caller.ts";
import { readJson } from "../_shared/platform/http.ts";
import { createLog } from "../_shared/platform/log.ts";

const log = createLog("zoho-admin");

const routes: Routes = {
  "POST /replay": replay,
  "POST /sweep": sweepEvents,
  "POST /watch": watch,
};

/** What operators and the schedule ask for; every act is written down with who asked. */
export default {
  fetch: forOperators(log, async (request, context) => {
    const route = findRoute(routes, request);
    return await route({ ...context, log, body: await readJson(request) });
  }),
};

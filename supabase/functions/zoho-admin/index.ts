import { actions } from "../_shared/admin/actions.ts";
import { contract } from "../_shared/admin/contract.ts";
import {
  backfillItems,
  cancelBackfill,
  ringBackfill,
  showBackfill,
  startBackfill,
} from "../_shared/admin/backfill.ts";
import { changeSettings } from "../_shared/admin/change_settings.ts";
import { doctor } from "../_shared/admin/doctor.ts";
import { drop, look } from "../_shared/admin/drop.ts";
import { isMetricsCall, metrics } from "../_shared/admin/metrics.ts";
import { attempts, exportAttempts } from "../_shared/admin/attempts.ts";
import { event, events, exportEvents } from "../_shared/admin/events.ts";
import { forceSync } from "../_shared/admin/force_sync.ts";
import { adoptDatabase, showIdentity } from "../_shared/admin/identity.ts";
import { history } from "../_shared/admin/history.ts";
import { hold, holds, release } from "../_shared/admin/hold.ts";
import { incidents } from "../_shared/admin/incidents.ts";
import { forgetAccount, link, makeAgain, unlink } from "../_shared/admin/link.ts";
import { acknowledge, notices } from "../_shared/admin/notices.ts";
import { erasePerson, exportPerson } from "../_shared/admin/person.ts";
import { observe } from "../_shared/admin/observe.ts";
import { pause, resume } from "../_shared/admin/pause.ts";
import { people } from "../_shared/admin/people.ts";
import { exportProblems, problemItems, problems } from "../_shared/admin/problems.ts";
import { answerQuestions, questions } from "../_shared/admin/questions.ts";
import { queue } from "../_shared/admin/queue.ts";
import { applyFields, planFields } from "../_shared/admin/fields.ts";
import { isReadByBody, readByBody } from "../_shared/admin/read_by_body.ts";
import { replay } from "../_shared/admin/replay.ts";
import {
  exportReconcile,
  readReconcile,
  repairReconcile,
  startReconcile,
  stepReconcile,
} from "../_shared/admin/reconcile.ts";
import { retry } from "../_shared/admin/retry.ts";
import { adoptRevisions } from "../_shared/admin/revisions.ts";
import { findRoute, type Routes } from "../_shared/admin/router.ts";
import { runs } from "../_shared/admin/runs.ts";
import { search } from "../_shared/admin/search.ts";
import { settingsPage } from "../_shared/admin/settings_page.ts";
import { status } from "../_shared/admin/status.ts";
import { watch } from "../_shared/admin/watch.ts";
import { alerts, checkNow, muteAlert, setAlertChannel, testAlerts } from "../_shared/admin/alerts.ts";
import { publicHandler, withOperatorAuth } from "../_shared/platform/caller.ts";
import { readJson } from "../_shared/platform/http.ts";
import { createLog } from "../_shared/platform/log.ts";

const log = createLog("zoho-admin");

const routes: Routes = {
  "GET /status": status,
  "GET /search": search,
  "GET /queue": queue,
  "GET /problems": problems,
  "GET /problems/items": problemItems,
  "GET /problems.csv": exportProblems,
  "POST /retry": retry,
  "POST /force-sync": forceSync,
  "POST /drop": drop,
  "POST /look": look,
  "POST /unlink": unlink,
  "POST /link": link,
  "POST /make-again": makeAgain,
  "POST /accounts/forget": forgetAccount,
  "GET /holds": holds,
  "POST /hold": hold,
  "POST /release": release,
  "GET /incidents": incidents,
  "POST /pause": pause,
  "POST /resume": resume,
  "GET /contract": contract,
  "GET /history": history,
  "GET /people": people,
  "GET /events": events,
  "GET /events.csv": exportEvents,
  "GET /event": event,
  "GET /attempts": attempts,
  "GET /attempts.csv": exportAttempts,
  "GET /doctor": doctor,
  "GET /fields": planFields,
  "POST /fields": applyFields,
  "GET /reconcile": readReconcile,
  "GET /reconcile.csv": exportReconcile,
  "POST /reconcile": startReconcile,
  "POST /reconcile/repair": repairReconcile,
  "POST /reconcile/step": stepReconcile,
  "POST /replay": replay,
  "GET /actions": actions,
  "GET /runs": runs,
  "GET /notices": notices,
  "POST /notices/acknowledge": acknowledge,
  "GET /questions": questions,
  "POST /questions/answer": answerQuestions,
  "POST /revisions/adopt": adoptRevisions,
  "POST /observe": observe,
  "POST /people/export": exportPerson,
  "POST /people/erase": erasePerson,
  "GET /identity": showIdentity,
  "POST /adopt": adoptDatabase,
  "GET /settings": settingsPage,
  "POST /settings": changeSettings,
  "POST /backfill": startBackfill,
  "GET /backfill": showBackfill,
  "GET /backfill/items": backfillItems,
  "POST /backfill/step": ringBackfill,
  "POST /backfill/cancel": cancelBackfill,
  "GET /alerts": alerts,
  "POST /alerts/mute": muteAlert,
  "POST /alerts/check": checkNow,
  "POST /alerts/channels": setAlertChannel,
  "POST /alerts/test": testAlerts,
  "POST /watch": watch,
  "POST /read": (call) => readByBody(routes, call),
};

/** What operators and the schedule ask for; every act is written down with who asked. */
const operators = withOperatorAuth(log, async (request, context) => {
  const route = findRoute(routes, request);
  const { searchParams: query } = new URL(request.url);
  return await route({ ...context, log, query, body: await readJson(request) });
}, (request) => request.method !== "GET" && !isReadByBody(request));

/** A monitor reads with a token that opens nothing else. */
const monitors = publicHandler(log, 0, metrics);

export default {
  fetch: (request: Request) => isMetricsCall(request) ? monitors(request) : operators(request),
};

import { liveDependencies } from "../app/dependencies.ts";
import { inBackground } from "../platform/background.ts";
import { answer } from "../platform/http.ts";
import { sweepEvents } from "../webhook/sweep.ts";
import type { AdminCall } from "./router.ts";

/** POST /sweep, rung by pg_cron: it answers at once and applies the open events in the background. */
export function sweep({ db, settings, log }: AdminCall): Promise<Response> {
  const zoho = () => liveDependencies(db, settings, log).zoho;
  inBackground(sweepEvents({ db, zoho, log }));
  return Promise.resolve(answer({ success: true, message: "sweeping" }, 202));
}

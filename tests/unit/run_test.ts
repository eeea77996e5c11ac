import { assert } from "@std/assert";
import { loadSettings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { SECOND } from "../../supabase/functions/_shared/platform/duration.ts";
import { leaseSeconds } from "../../supabase/functions/_shared/sync/drain_session.ts";
import { goodEnvironment } from "../support/samples/settings.ts";

/** The longest call timeout that the settings let pass. */
function longestTimeoutMs(): number {
  const passes = (ms: number) => {
    try {
      return loadSettings({ ...goodEnvironment, ZOHO_TIMEOUT_MS: String(ms) }).timeoutMs === ms;
    } catch {
      return false;
    }
  };
  return Math.max(...Array.from({ length: 120 }, (_, index) => (index + 1) * SECOND).filter(passes));
}

Deno.test("a lease outlives the longest call that the settings allow", () => {
  assert(
    longestTimeoutMs() < leaseSeconds * SECOND,
    `a call may take ${longestTimeoutMs() / SECOND} s, a lease lasts ${leaseSeconds} s`,
  );
});

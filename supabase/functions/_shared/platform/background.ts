declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void } | undefined;

/**
 * Lets work go on after the answer. On the platform the isolate is kept alive for it; elsewhere a plain promise
 * does the same. Either may be killed at any line, so nothing is true until it is settled in the database.
 */
export function inBackground(work: Promise<unknown>): void {
  if (typeof EdgeRuntime !== "undefined") EdgeRuntime.waitUntil(work);
  // A rejection is the work's own to report; here it must not end the process.
  work.catch(() => {});
}

declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void } | undefined;

/**
 * Continues work after the answer. On the platform the isolate is kept alive for it; elsewhere a plain promise
 * does the same. Either may be killed at any line, so only what is stored in the database counts.
 */
export function inBackground(work: Promise<unknown>): void {
  if (typeof EdgeRuntime !== "undefined") EdgeRuntime.waitUntil(work);
  // The work reports its own errors; a rejection must not end the process.
  work.catch(() => {});
}

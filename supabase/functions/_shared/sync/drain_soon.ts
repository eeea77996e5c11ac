type Sleep = (ms: number) => Promise<void>;
/** Runs one drain, which waits with `linger` between looks at an empty queue. */
type StartDrain = (linger: Sleep) => Promise<void>;

/**
 * Drains in the background, one at a time per isolate. A request during a drain starts another one after it, since
 * the active one may have looked for the last time. A drain that is waiting looks again at once.
 */
export function drainsInBackground(
  keepAlive: (work: Promise<void>) => void,
  sleep: Sleep,
): (drain: StartDrain) => void {
  let next: StartDrain | null = null;
  let isRunning = false;
  let wasAsked = false;
  let wake = () => {};
  const linger: Sleep = async (ms) => {
    const woken = new Promise<void>((resolve) => wake = resolve);
    if (!wasAsked) await Promise.race([sleep(ms), woken]);
    wasAsked = false;
  };
  const start = () => {
    isRunning = true;
    keepAlive(run());
  };
  const run = async () => {
    try {
      while (next !== null) {
        const drain = next;
        next = null;
        await drain(linger);
      }
    } finally {
      // A failed drain must not block later ones.
      isRunning = false;
      if (next !== null) start();
    }
  };
  return (drain) => {
    next = drain;
    if (!isRunning) return start();
    wasAsked = true;
    wake();
  };
}

type Sleep = (ms: number) => Promise<void>;
/** One drain; between its looks at an empty queue it waits by `linger`. */
type StartDrain = (linger: Sleep) => Promise<void>;

/**
 * Drains in the background, one at a time in an isolate: whoever asks while one is at work gets another one after it, since
 * that one may have looked for the last time. One that waits before it looks again does so at once.
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
      // A drain that failed has no say over those after it.
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

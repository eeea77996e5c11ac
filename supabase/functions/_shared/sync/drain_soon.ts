/**
 * Drains in the background, one at a time in an isolate: whoever asks while one is at work gets another one after it, since
 * that one may have looked for the last time.
 */
export function drainsInBackground(
  keepAlive: (work: Promise<void>) => void,
): (drain: () => Promise<void>) => void {
  let next: (() => Promise<void>) | null = null;
  let isRunning = false;
  const start = () => {
    isRunning = true;
    keepAlive(run());
  };
  const run = async () => {
    try {
      while (next !== null) {
        const drain = next;
        next = null;
        await drain();
      }
    } finally {
      // A drain that failed has no say over those after it.
      isRunning = false;
      if (next !== null) start();
    }
  };
  return (drain) => {
    next = drain;
    if (!isRunning) start();
  };
}

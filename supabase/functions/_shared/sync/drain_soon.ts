/**
 * Drains in the background, one at a time in an isolate: whoever asks while one is at work gets another one after it, since
 * that one may have looked for the last time.
 */
export function drainsInBackground(
  keepAlive: (work: Promise<void>) => void,
): (drain: () => Promise<void>) => void {
  let next: (() => Promise<void>) | null = null;
  let isRunning = false;
  const run = async () => {
    while (next !== null) {
      const drain = next;
      next = null;
      await drain();
    }
    isRunning = false;
  };
  return (drain) => {
    next = drain;
    if (isRunning) return;
    isRunning = true;
    keepAlive(run());
  };
}

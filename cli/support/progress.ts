const width = 24;

/**
 * "[██████░░░░░░]  50 %  5,000 of 10,000  about 40 s left". The rate is of this watch, so that a run that is taken up
 * again is not judged by its rest.
 */
export function progressBar(done: number, total: number, rate: { done: number; ms: number }): string {
  const share = total === 0 ? 1 : done / total;
  const full = Math.floor(share * width);
  const bar = "█".repeat(full) + "░".repeat(width - full);
  const of = `${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  return [`[${bar}]`, `${Math.floor(share * 100)} %`.padStart(5), of, timeLeft(total - done, rate)]
    .filter((part) => part !== "").join("  ");
}

/** Nothing before there is something to judge by. */
function timeLeft(left: number, { done, ms }: { done: number; ms: number }): string {
  if (left === 0 || done <= 0 || ms <= 0) return "";
  const seconds = Math.ceil((left * ms) / done / 1_000);
  if (seconds < 90) return `about ${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 60)} h left`;
}

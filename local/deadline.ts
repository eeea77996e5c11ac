/** The outcome of `work`, or an error that names it once `ms` have passed; `onLate` may then end what hangs. */
export async function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  what: string,
  onLate?: () => void,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`${what}: not within ${ms} ms`));
    onLate?.();
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // after the deadline the result is no longer awaited
  }
}

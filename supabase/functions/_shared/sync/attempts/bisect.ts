import type { ZohoCallError } from "../../zoho/faults.ts";

/** What became of some that were sent together: a result for each, in their order, or the fault of the call. */
export type Sent<R> = { results: R[] } | { fault: ZohoCallError };

interface Refused<T> {
  some: T[];
  fault: ZohoCallError;
}

export interface Bisection<T, R> {
  send: (some: T[]) => Promise<Sent<R>>;
  /** The result of one that is refused when it is sent alone. */
  blame: (fault: ZohoCallError) => R;
  /** Whether a fault is none of the records: no half is worth sending after it. */
  isOver: (fault: ZohoCallError) => boolean;
}

export interface Bisected<T, R> {
  done: [T, R][];
  /** Those that were not sent to the end, and why. */
  left: T[];
  fault: ZohoCallError | null;
}

/** Rounds of halves in which nothing goes through, after which one record has to show that it is the records at all. */
const silentRounds = 2;

/**
 * Sends what was refused together in halves, until everything is through but those that are refused alone. One of a hundred
 * costs 14 calls. When every quarter is refused, and one alone as well, it may be no record's fault: the rest is left.
 */
export async function bisect<T, R>(
  all: T[],
  whole: ZohoCallError,
  { send, blame, isOver }: Bisection<T, R>,
): Promise<Bisected<T, R>> {
  const done: [T, R][] = [];
  let refused: Refused<T>[] = [{ some: all, fault: whole }];
  for (let round = 1; refused.length > 0; round++) {
    const halves = refused.flatMap(({ some, fault }) => {
      const [only] = some;
      if (some.length > 1 || only === undefined) return halvesOf(some);
      done.push([only, blame(fault)]);
      return [];
    });
    refused = [];
    for (const [place, some] of halves.entries()) {
      const sent = await send(some);
      if ("results" in sent) done.push(...pairs(some, sent.results));
      else if (!isOver(sent.fault)) refused.push({ some, fault: sent.fault });
      else {
        const left = [...refused.flatMap((each) => each.some), ...halves.slice(place).flat()];
        return { done, left, fault: sent.fault };
      }
    }
    if (round < silentRounds || done.length > 0) continue;
    const [first, ...left] = refused.flatMap((each) => each.some);
    if (first === undefined) continue;
    const sent = await send([first]);
    if ("fault" in sent) return { done: [[first, blame(sent.fault)]], left, fault: sent.fault };
    done.push(...pairs([first], sent.results));
    refused = [{ some: left, fault: whole }];
  }
  return { done, left: [], fault: null };
}

function halvesOf<T>(some: T[]): T[][] {
  const half = Math.ceil(some.length / 2);
  return [some.slice(0, half), some.slice(half)].filter(({ length }) => length > 0);
}

function pairs<T, R>(some: T[], results: R[]): [T, R][] {
  return some.flatMap((each, index): [T, R][] => {
    const result = results[index];
    return result === undefined ? [] : [[each, result]];
  });
}

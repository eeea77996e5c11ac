import type { ZohoCallError } from "../../zoho/faults.ts";

/** Outcome of items sent together: a result for each, in order, or the fault of the call. */
export type Sent<R> = { results: R[] } | { fault: unknown };

interface Refused<T> {
  some: T[];
  fault: ZohoCallError;
}

export interface Bisection<T, R> {
  send: (some: T[]) => Promise<Sent<R>>;
  /** The result of an item that is refused when it is sent alone. */
  blame: (fault: ZohoCallError) => R;
  /** Whether a record may have caused the fault; otherwise sending further halves is pointless. */
  isOfRecords: (fault: unknown) => fault is ZohoCallError;
}

export interface Bisected<T, R> {
  done: [T, R][];
  /** Items that were not sent, and why. */
  left: T[];
  fault: unknown;
}

/** After this many rounds in which no half goes through, one record is sent alone to test whether records are the cause. */
const silentRounds = 2;

/**
 * Splits a refused call into halves until only the records that are refused alone are left. One of a hundred
 * costs 14 calls. When every quarter and also a single record is refused, the cause may not be a record: the rest is left.
 */
export async function bisect<T, R>(
  all: T[],
  whole: ZohoCallError,
  { send, blame, isOfRecords }: Bisection<T, R>,
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
      else if (isOfRecords(sent.fault)) refused.push({ some, fault: sent.fault });
      else {
        const left = [...refused.flatMap((each) => each.some), ...halves.slice(place).flat()];
        return { done, left, fault: sent.fault };
      }
    }
    if (round < silentRounds || done.length > 0) continue;
    const [first, ...left] = refused.flatMap((each) => each.some);
    if (first === undefined) continue;
    const sent = await send([first]);
    if ("fault" in sent) {
      const { fault } = sent;
      return isOfRecords(fault)
        ? { done: [[first, blame(fault)]], left, fault }
        : { done: [], left: [first, ...left], fault };
    }
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

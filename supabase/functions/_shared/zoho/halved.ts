import { ZohoCallError } from "./faults.ts";

/** A query that Zoho could not read: its text, a value in it or a column is not to its liking, or it is too long. */
export function isUnreadableQuery(error: unknown): error is ZohoCallError {
  return error instanceof ZohoCallError &&
    ["INVALID_QUERY", "SYNTAX_ERROR", "LIMIT_EXCEEDED"].includes(error.code);
}

export interface HalvedQuery<T> {
  /** One query for several values. */
  ask: (some: string[]) => Promise<T[]>;
  /** Another way to ask for the one value that Zoho cannot read in a query. */
  alone: (value: string) => Promise<T[]>;
}

/** A value that no name and no number is, to learn whether the query itself is at fault. */
export const ordinaryValue = "none";

/**
 * One query for all values. One that makes Zoho refuse the query does not take the others along: the query is halved
 * until it is alone. A query that is refused with an ordinary value, too, is the fault of none of them.
 *
 * @throws ZohoCallError of the query itself, and whatever `alone` throws
 */
export async function askHalved<T>(values: string[], { ask, alone }: HalvedQuery<T>): Promise<T[]> {
  const halve = async (some: string[]): Promise<T[]> => {
    try {
      return await ask(some);
    } catch (error) {
      if (!isUnreadableQuery(error)) throw error;
    }
    return await apart(some);
  };
  const apart = async (some: string[]): Promise<T[]> => {
    const [value] = some;
    if (some.length === 1 && value !== undefined) return await alone(value);
    const half = Math.ceil(some.length / 2);
    return [...await halve(some.slice(0, half)), ...await halve(some.slice(half))];
  };
  try {
    return await ask(values);
  } catch (error) {
    if (!isUnreadableQuery(error)) throw error;
    await ask([ordinaryValue]);
    return await apart(values);
  }
}

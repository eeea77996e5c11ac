import { ZohoCallError } from "./faults.ts";

/** Codes for a query that Zoho cannot read: its syntax, a value or a column is invalid, or it is too long. */
export function isUnreadableQuery(error: unknown): error is ZohoCallError {
  return error instanceof ZohoCallError &&
    ["INVALID_QUERY", "SYNTAX_ERROR", "LIMIT_EXCEEDED"].includes(error.code);
}

export interface HalvedQuery<T> {
  /** One query for several values. */
  ask: (some: string[]) => Promise<T[]>;
  /** Another way to look up the value that Zoho cannot read in a query. */
  alone: (value: string) => Promise<T[]>;
}

/** A harmless value, to test whether the query itself is at fault. */
export const ordinaryValue = "none";

/**
 * One query for all values. A value that makes Zoho refuse the query does not affect the others: the query is halved
 * until it is alone. If the query is refused with a harmless value too, none of the values is at fault.
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

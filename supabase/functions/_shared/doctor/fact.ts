import type { FindingCode } from "./finding_codes.ts";

/**
 * One thing that was looked at. A fact that cannot be read says why and hides no other; one that another fact makes
 * impossible to ask for (no rights without a token) is unasked, and the other one speaks for it.
 */
export type Fact<T> = { is: "known"; value: T } | Unreadable | { is: "unasked" };

export interface Unreadable {
  is: "unreadable";
  /** A stable code, and a sentence without values of rows or variables. */
  code: string;
  message: string;
  /** What is found by that, where it has a name of its own. */
  finding?: FindingCode;
  /** What to do, where the fault itself knows it. */
  advice?: string;
  docs?: string;
}

export const known = <T>(value: T): Fact<T> => ({ is: "known", value });
export const unasked: { is: "unasked" } = { is: "unasked" };

/** Turns a thrown fault into what is known of it; what is not a fault of the world stays thrown. */
export type Explain = (error: unknown) => Unreadable;

export async function factOf<T>(read: () => Promise<T> | T, explain: Explain): Promise<Fact<T>> {
  try {
    return known(await read());
  } catch (error) {
    return explain(error);
  }
}

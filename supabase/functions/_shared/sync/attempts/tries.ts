import { rowOfFault } from "../../zoho/fault_row.ts";
import { ZohoCallError } from "../../zoho/faults.ts";
import { attemptDelayMs } from "./backoff.ts";

export interface Tries {
  /** The first one included. */
  most: number;
  sleep: (ms: number) => Promise<void>;
}

/** Repeats a Zoho call after 1, 2 and 4 s while it fails for a passing reason. `work` receives the number of the try. */
export async function tryCall<T>(
  { most, sleep }: Tries,
  work: (tryNumber: number) => Promise<T>,
): Promise<T> {
  for (let tryNumber = 1;; tryNumber++) {
    try {
      return await work(tryNumber);
    } catch (fault) {
      if (!isTriedAgain(fault, tryNumber, most)) throw fault;
      await sleep(attemptDelayMs(tryNumber));
    }
  }
}

/** Whether another try follows after this fault. */
export function isTriedAgain(fault: unknown, tryNumber: number, most: number): boolean {
  return tryNumber < most && isWorthTryingAgain(fault);
}

/** Whether the same call may succeed a second later. */
function isWorthTryingAgain(fault: unknown): boolean {
  return fault instanceof ZohoCallError && rowOfFault(fault).decision === "retry_now";
}

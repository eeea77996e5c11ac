import type { RepairAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";

export interface Repair {
  busy: boolean;
  /** Some rows, or everything that differs or is missing. */
  repair(rows?: number[], options?: { recreateDeleted: boolean }, close?: () => void): Promise<boolean>;
}

/** Queues what a run found to be different; one call deals with 500 rows. */
export function useRepair(run: string | undefined): Repair {
  const action = useAction();
  const repair: Repair["repair"] = (rows, options, close) =>
    action.run(async () => {
      let enqueued = 0;
      let taken: string[] = [];
      for (let more = true; more;) {
        const answer = await act<RepairAnswer>("/reconcile/repair", {
          run,
          ...(rows && { rows }),
          ...options,
        });
        enqueued += answer.enqueued;
        taken = [...taken, ...answer.taken];
        more = answer.more && answer.rows > 0;
      }
      const left = taken.length > 0
        ? ` ${count(taken.length, "record belongs", "records belong")} to another entity: a person decides.`
        : "";
      return `${count(enqueued, "record is", "records are")} on the way to Zoho.${left}`;
    }, close);
  return { busy: action.busy, repair };
}

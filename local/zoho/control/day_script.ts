import { z } from "zod";

const act = z.strictObject({
  /** On the simulator's clock, from the time the script is handed in. */
  afterMs: z.number().min(0),
  act: z.enum(["create", "edit", "delete", "restore", "purge", "merge", "lock", "unlock", "settings"]),
  module: z.string().optional(),
  /** A record's id, or `@name` of one that the script has created. */
  id: z.string().optional(),
  /** For `create`: the name by which later acts mean the record. */
  as: z.string().optional(),
  losers: z.array(z.string()).optional(),
  /** For `create`, `edit` and `settings`. */
  fields: z.record(z.string(), z.json()).optional(),
});
export const script = z.strictObject({ acts: z.array(act) });

export type Act = z.output<typeof act>;
export type DayAct = z.input<typeof act>;

/** One act of the script and what became of it. */
export interface DayEntry {
  atMs: number;
  act: Act["act"];
  module: string | null;
  id: string | null;
  outcome: "pending" | "done" | "failed";
  reason: string | null;
}

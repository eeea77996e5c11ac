import { useState } from "react";
import { sentenceOf } from "../api/error.ts";
import { refreshShown } from "../live/use_live.ts";
import { announce } from "./announce.tsx";

export interface Action {
  busy: boolean;
  /** Does it, says its sentence, and reads again what the page shows. True when it was done, be it only in part. */
  run(work: () => Promise<string | PartlyDone>): Promise<boolean>;
}

/** What a person must see although something was done. */
export interface PartlyDone {
  bad: string;
}

/** One act of an operator at a time, from one button or form. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  async function run(work: () => Promise<string | PartlyDone>): Promise<boolean> {
    setBusy(true);
    try {
      const said = await work();
      if (typeof said === "string") announce(said);
      else announce(said.bad, "bad");
      await refreshShown();
      return true;
    } catch (error) {
      announce(sentenceOf(error), "bad");
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { busy, run };
}

import { useState } from "react";
import { sentenceOf } from "../api/error.ts";
import { refreshShown } from "../live/use_live.ts";
import { announce } from "./announce.tsx";

export interface Action {
  busy: boolean;
  /** Does it, says its sentence, and reads again what the page shows. True when it was done. */
  run(work: () => Promise<string>): Promise<boolean>;
}

/** One act of an operator at a time, from one button or form. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  async function run(work: () => Promise<string>): Promise<boolean> {
    setBusy(true);
    try {
      announce(await work());
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

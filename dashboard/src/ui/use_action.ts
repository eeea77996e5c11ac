import { useState } from "react";
import type { Undo } from "../api/answers.ts";
import { act } from "../api/call.ts";
import { sentenceOf } from "../api/error.ts";
import { refreshShown } from "../live/use_live.ts";
import { announce } from "./announce.tsx";

export interface Action {
  busy: boolean;
  /**
   * Does it, says its sentence, closes what asked for it, and reads again what the page shows: in this order, since a
   * dialog that is still open would take on the words of the state that it led to.
   * True when it was done, be it only in part.
   * @param close called in that case, before anything is read again
   */
  run(work: () => Promise<string | PartlyDone | Undoable>, close?: () => void): Promise<boolean>;
}

/** What a person must see although something was done. */
export interface PartlyDone {
  bad: string;
}

/** What was done, with the call that takes it back; null where it cannot be. */
export interface Undoable {
  good: string;
  undo: Undo | null;
}

/** One act of an operator at a time, from one button or form. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  async function run(
    work: () => Promise<string | PartlyDone | Undoable>,
    close?: () => void,
  ): Promise<boolean> {
    setBusy(true);
    try {
      say(await work());
      close?.();
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

function say(said: string | PartlyDone | Undoable): void {
  if (typeof said === "string") return announce(said);
  if ("bad" in said) return announce(said.bad, "bad");
  const { good, undo } = said;
  announce(good, "good", undo === null ? undefined : () => void takeBack(undo));
}

async function takeBack({ route, body }: Undo): Promise<void> {
  try {
    await act(route.replace(/^POST /, ""), body);
    announce("It was taken back.");
    await refreshShown();
  } catch (error) {
    announce(sentenceOf(error), "bad");
  }
}

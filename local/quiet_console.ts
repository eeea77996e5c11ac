import { AsyncLocalStorage } from "node:async_hooks";

// @supabase/lite prints every refused query with its stack, although the caller gets the refusal as the answer.
const quiet = new AsyncLocalStorage<true>();
const print = console.error;
let installed = false;

/** Runs `work`, and whatever it awaits, without its console.error; console.error elsewhere is untouched. */
export function withQuietErrors<T>(work: () => T): T {
  if (!installed) {
    console.error = (...data: unknown[]) => quiet.getStore() ? undefined : print(...data);
    installed = true;
  }
  return quiet.run(true, work);
}

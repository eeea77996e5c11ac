export interface Step {
  name: string;
  /** Null when it holds, else what was found. */
  run: () => Promise<string | null>;
}

/** Runs one step and says how it went; a thrown error is a fault of the step like any other. */
export async function runStep({ name, run }: Step): Promise<boolean> {
  const startedAtMs = performance.now();
  const fault = await run().catch((error) =>
    error instanceof Error ? error.stack ?? error.message : String(error)
  );
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${fault === null ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (fault !== null) console.log(fault.trimEnd().replace(/^/gm, "       "));
  return fault === null;
}

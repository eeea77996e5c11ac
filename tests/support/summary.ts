export interface Summary {
  passed: number;
  failed: number;
}

// deno-lint-ignore no-control-regex -- the colours of a terminal
const COLOUR = /\x1b\[[0-9;]*m/g;
const COUNTS = /(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/g;

/** Reads the last line of `deno test`; undefined when it never came to it, as when a file does not compile. */
export function summaryOf(output: string): Summary | undefined {
  const last = [...output.replaceAll(COLOUR, "").matchAll(COUNTS)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]) };
}

/** The files that `deno test` names under its last FAILURES, each once. */
export function failedFilesOf(output: string): string[] {
  const [, failures = ""] = output.replaceAll(COLOUR, "").split(/^ FAILURES $/m);
  return [...new Set([...failures.matchAll(/ => (\.\/\S+):\d+:\d+$/gm)].map(([, file]) => file ?? ""))];
}

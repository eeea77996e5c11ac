/** What `deno test` wrote to its JUnit file. */
export interface TestReport {
  passed: number;
  failed: number;
  files: FileTime[];
}

export interface FileTime {
  file: string;
  tests: number;
  /** Of its tests together; what runs before the first of them is not in it. */
  seconds: number;
}

/** Null when nothing was written, as when a file does not compile. */
export function readReport(xml: string): TestReport | null {
  const counts = /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(xml);
  if (!counts) return null;
  const [tests = 0, failures = 0, errors = 0] = counts.slice(1).map(Number);
  const suites = [
    ...xml.matchAll(/<testsuite name="([^"]*)" tests="(\d+)" disabled="(\d+)"[^>]*>([\s\S]*?)<\/testsuite>/g),
  ];
  const skipped = suites.reduce((sum, [, , , disabled]) => sum + Number(disabled), 0);
  return {
    passed: tests - failures - errors - skipped,
    failed: failures + errors,
    files: suites.map(([, name = "", count, disabled, body = ""]) => ({
      file: name.replace(/^\.\//, ""),
      tests: Number(count) - Number(disabled),
      seconds: [...body.matchAll(/<testcase [^>]*time="([\d.]+)"/g)].reduce(
        (sum, [, s]) => sum + Number(s),
        0,
      ),
    })),
  };
}

/** The files whose tests took longest, as a table. */
export function slowest(files: FileTime[], most = 10): string {
  return files.toSorted((a, b) => b.seconds - a.seconds).slice(0, most)
    .map(({ file, tests, seconds }) =>
      `${seconds.toFixed(1).padStart(7)} s ${String(tests).padStart(4)} tests  ${file}`
    )
    .join("\n");
}

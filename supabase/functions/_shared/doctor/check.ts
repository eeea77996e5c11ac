import type { FindingCode } from "./finding_codes.ts";

/** One thing that can be wrong, and how to fix it. */
export interface Check {
  /** Null when it is well. */
  code: FindingCode | null;
  name: string;
  /** fail: records do not arrive, or will not; warn: they do, and something wants a look. */
  level: "ok" | "warn" | "fail";
  /** What was found, one sentence. */
  found: string;
  /** What to do; null when nothing is. */
  mend: string | null;
  docs: string | null;
}

export function ok(name: string, found: string): Check {
  return { code: null, name, level: "ok", found, mend: null, docs: null };
}

export function warn(code: FindingCode, name: string, found: string, mend: string, docs: string): Check {
  return { code, name, level: "warn", found, mend, docs };
}

export function fail(code: FindingCode, name: string, found: string, mend: string, docs: string): Check {
  return { code, name, level: "fail", found, mend, docs };
}

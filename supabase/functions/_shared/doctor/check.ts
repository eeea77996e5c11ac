/** One thing that can be wrong, and how to mend it. */
export interface Check {
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
  return { name, level: "ok", found, mend: null, docs: null };
}

export function warn(name: string, found: string, mend: string, docs: string): Check {
  return { name, level: "warn", found, mend, docs };
}

export function fail(name: string, found: string, mend: string, docs: string): Check {
  return { name, level: "fail", found, mend, docs };
}

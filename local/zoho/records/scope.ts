import type { JsonObject } from "../core/json.ts";
import type { Actor, RecordChange } from "../org/changes.ts";
import type { Org } from "../org/org.ts";
import type { User } from "../org/users.ts";
import type { Problem } from "./problem.ts";

/** The header X-EXTERNAL read: which external field replaces an id, and where (facts §4.3). */
export interface ExternalKeys {
  /** For the record itself. */
  own: string | null;
  /** For its lookups, by field; for lookups in line items too. */
  lookups: Map<string, string>;
}

/** Who writes, how, and what came of it. One per call. */
export interface WriteScope {
  org: Org;
  actor: Actor;
  user: User;
  /** False when the call said `trigger: []`. */
  triggers: boolean;
  external: ExternalKeys;
  unmodifiedSinceMs: number | undefined;
  /** A fault that hits this one record, if a test asked for it. */
  recordFault: (record: JsonObject, index: number) => Problem | undefined;
  /** What has been committed so far. */
  changes: RecordChange[];
}

export const noExternalKeys: ExternalKeys = { own: null, lookups: new Map() };

import { wallClockMs } from "../core/clock.ts";
import { type Json, type JsonObject, sameJson } from "../core/json.ts";
import type { StoredRecord } from "./store.ts";

export type ChangeOperation = "insert" | "update" | "delete";
/** `workflow` is a field update of a rule that a write has started. */
export type Actor = "api" | "seller" | "workflow";

export interface RecordChange {
  seq: number;
  atMs: number;
  module: string;
  id: string;
  operation: ChangeOperation;
  by: Actor;
  before: StoredRecord | null;
  after: StoredRecord | null;
  /** False when the write said `trigger: []`. */
  triggers: boolean;
}

/** Every committed write in order. Waiters are notified at once, so a benchmark sees a commit without polling. */
export class ChangeLog {
  #changes: RecordChange[] = [];
  #seq = 0;
  #wake: (() => void)[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = wallClockMs) {
    this.#nowMs = nowMs;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  append(change: Omit<RecordChange, "seq" | "atMs">): RecordChange {
    const entry: RecordChange = { ...change, seq: ++this.#seq, atMs: this.#nowMs() };
    this.#changes.push(entry);
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
    return entry;
  }

  since(seq: number, module?: string): RecordChange[] {
    const first = this.#changes[0]?.seq ?? this.#seq + 1;
    const newer = this.#changes.slice(Math.max(0, seq - first + 1));
    return module === undefined ? newer : newer.filter((change) => change.module === module);
  }

  /** The changes after `seq`, waiting up to `waitMs` until there is one. */
  async waitSince(seq: number, module: string | undefined, waitMs: number): Promise<RecordChange[]> {
    const endMs = performance.now() + waitMs;
    while (true) {
      const found = this.since(seq, module);
      const leftMs = endMs - performance.now();
      if (found.length > 0 || leftMs <= 0) return found;
      await this.#nextChange(leftMs);
    }
  }

  clear(): void {
    this.#changes = [];
  }

  #nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** What a change did, field by field; a field that was and stays empty is left out. */
export function changedFields(change: RecordChange): Record<string, { before: Json; after: Json }> {
  const before = change.before?.values ?? {};
  const after = change.after?.values ?? {};
  const fields: Record<string, { before: Json; after: Json }> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const pair = { before: before[name] ?? null, after: after[name] ?? null };
    if (!sameJson(pair.before, pair.after)) fields[name] = pair;
  }
  return fields;
}

export function changeAsJson(change: RecordChange): JsonObject {
  const { seq, atMs, module, id, operation, by } = change;
  return { seq, atMs, module, id, operation, by, fields: changedFields(change) };
}

import { isObject, type Json, type JsonObject } from "../core/json.ts";
import type { User } from "./users.ts";

export interface StoredLine extends JsonObject {
  id: string;
}

/** One record. It is replaced by every write, never changed, so that a reader may keep the one it has. */
export interface StoredRecord {
  readonly id: string;
  readonly values: JsonObject;
  readonly lines: readonly StoredLine[];
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly createdBy: User;
  readonly modifiedBy: User;
  readonly owner: User;
  readonly locked: boolean;
  readonly approvalState: string;
}

/** What a late search index still shows of a record: null is "not there yet". */
interface LateView {
  record: StoredRecord | null;
  visibleAtMs: number;
}

/** How an indexed value is compared: lookups by id, words without regard to case. */
export function indexKey(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (isObject(value)) return typeof value.id === "string" ? value.id : undefined;
  return String(value).toLowerCase();
}

type Slot = string | Set<string>;

/** The records of one module, with an index per field that is looked up, so that 100,000 Deals stay quick. */
export class RecordStore {
  readonly #records = new Map<string, StoredRecord>();
  readonly #indexes = new Map<string, Map<string, Slot>>();
  readonly #late = new Map<string, LateView>();

  get size(): number {
    return this.#records.size;
  }

  get(id: string): StoredRecord | undefined {
    return this.#records.get(id);
  }

  /** Oldest first: ids are handed out in order. */
  all(): IterableIterator<StoredRecord> {
    return this.#records.values();
  }

  indexOn(fields: string[]): void {
    for (const known of [...this.#indexes.keys()]) if (!fields.includes(known)) this.#indexes.delete(known);
    for (const field of fields) {
      if (this.#indexes.has(field)) continue;
      const index = new Map<string, Slot>();
      this.#indexes.set(field, index);
      for (const record of this.#records.values()) addTo(index, indexKey(record.values[field]), record.id);
    }
  }

  isIndexed(field: string): boolean {
    return this.#indexes.has(field);
  }

  /** Ids of the records that hold the value, or undefined when the field has no index. */
  idsWith(field: string, key: string): string[] | undefined {
    const index = this.#indexes.get(field);
    return index === undefined ? undefined : idsIn(index.get(key));
  }

  /** Ids of the records whose indexed value contains the text: quicker than reading every record. */
  idsContaining(field: string, part: string): string[] | undefined {
    const index = this.#indexes.get(field);
    if (index === undefined) return undefined;
    const found: string[] = [];
    for (const [key, slot] of index) if (key.includes(part)) found.push(...idsIn(slot));
    return found;
  }

  put(record: StoredRecord, lateUntilMs?: number): void {
    const before = this.#records.get(record.id);
    if (lateUntilMs !== undefined) this.#holdBack(record.id, before ?? null, lateUntilMs);
    for (const [field, index] of this.#indexes) {
      const oldKey = indexKey(before?.values[field]);
      const newKey = indexKey(record.values[field]);
      if (oldKey === newKey) continue;
      removeFrom(index, oldKey, record.id);
      addTo(index, newKey, record.id);
    }
    this.#records.set(record.id, record);
  }

  remove(id: string): void {
    const before = this.#records.get(id);
    if (before === undefined) return;
    for (const [field, index] of this.#indexes) removeFrom(index, indexKey(before.values[field]), id);
    this.#records.delete(id);
    this.#late.delete(id);
  }

  /** Ids whose search entry is not up to date yet. */
  lateIds(nowMs: number): string[] {
    for (const [id, view] of this.#late) if (view.visibleAtMs <= nowMs) this.#late.delete(id);
    return [...this.#late.keys()];
  }

  /** The record as the search index shows it. */
  asSearched(id: string, nowMs: number): StoredRecord | undefined {
    const late = this.#late.get(id);
    if (late !== undefined && late.visibleAtMs > nowMs) return late.record ?? undefined;
    return this.#records.get(id);
  }

  /** A second write while the first is still hidden keeps showing what was there before the first. */
  #holdBack(id: string, record: StoredRecord | null, visibleAtMs: number): void {
    const hidden = this.#late.get(id);
    this.#late.set(id, { record: hidden === undefined ? record : hidden.record, visibleAtMs });
  }
}

function idsIn(slot: Slot | undefined): string[] {
  if (slot === undefined) return [];
  return typeof slot === "string" ? [slot] : [...slot];
}

/** Most keys have one record, so a bare id saves a Set for each of them. */
function addTo(index: Map<string, Slot>, key: string | undefined, id: string): void {
  if (key === undefined) return;
  const slot = index.get(key);
  if (slot === undefined) index.set(key, id);
  else if (typeof slot === "string") index.set(key, new Set([slot, id]));
  else slot.add(id);
}

function removeFrom(index: Map<string, Slot>, key: string | undefined, id: string): void {
  if (key === undefined) return;
  const slot = index.get(key);
  if (slot === id) index.delete(key);
  else if (slot instanceof Set) slot.delete(id);
}

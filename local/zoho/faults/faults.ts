import { z } from "zod";
import { type JsonObject, sameJson } from "../core/json.ts";
import type { Random } from "../core/random.ts";

export const faultKinds = [
  "status",
  "refuse_call",
  "drop_reply",
  "silent_drop",
  "hang",
  "latency",
  "half_body",
  "slow_drip",
  "record_error",
  "connection_reset",
  "callback_duplicate",
  "callback_delay",
  "callback_lose",
  "callback_reorder",
] as const;
export type FaultKind = typeof faultKinds[number];

const regex = z.string().refine((text) => compiles(text), "is not a regular expression");

export const faultSchema = z.strictObject({
  match: z.strictObject({
    method: z.string().optional(),
    path: regex.optional(),
    module: z.string().optional(),
    field: z.string().optional(),
    value: z.json().optional(),
    /** A text that the JSON body must contain. */
    text: z.string().min(1).optional(),
  }).default({}),
  kind: z.enum(faultKinds),
  times: z.number().int().min(1).optional(),
  rate: z.number().min(0).max(1).optional(),
  ms: z.number().min(0).optional(),
  jitterMs: z.number().min(0).optional(),
  status: z.number().int().min(100).max(599).optional(),
  body: z.json().optional(),
  /** Instead of a JSON body: a page of HTML. */
  html: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  code: z.string().optional(),
  /** For `record_error`: the part of the record that is refused, e.g. `Email` or `Quoted_Items[0].Quantity`. */
  at: z.string().optional(),
  message: z.string().optional(),
  details: z.record(z.string(), z.json()).optional(),
});

export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema> & { id: number; hits: number };

export interface FaultTarget {
  method: string;
  path: string;
  module: string | undefined;
  /** For `record_error`: the record as the caller sent it. */
  record?: JsonObject;
  /** The body of the call. */
  text?: () => string;
}

/** The faults that a test has asked for. Which calls they hit depends on the seed alone. */
export class FaultBoard {
  #faults: Fault[] = [];
  #lastId = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  add(inputs: unknown): Fault[] {
    const added = z.array(faultSchema).parse(inputs).map((fault) => ({
      ...fault,
      id: ++this.#lastId,
      hits: 0,
    }));
    this.#faults.push(...added);
    return added;
  }

  list(): Fault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }

  /** The first fault of these kinds that hits the target; its hit is counted. */
  take(kinds: readonly FaultKind[], target: FaultTarget): Fault | undefined {
    for (const fault of this.#faults) {
      if (!kinds.includes(fault.kind) || !matches(fault, target)) continue;
      if (fault.times !== undefined && fault.hits >= fault.times) continue;
      if (fault.rate !== undefined && this.#random() >= fault.rate) continue;
      fault.hits++;
      return fault;
    }
    return undefined;
  }

  has(kind: FaultKind): boolean {
    return this.#faults.some((fault) => fault.kind === kind);
  }
}

function matches(fault: Fault, target: FaultTarget): boolean {
  const { method, path, module, field, value, text } = fault.match;
  if (method !== undefined && method.toUpperCase() !== target.method) return false;
  if (path !== undefined && !new RegExp(path).test(target.path)) return false;
  if (module !== undefined && module !== target.module) return false;
  if (text !== undefined && target.text?.().includes(text) !== true) return false;
  if (field === undefined) return true;
  const given = target.record?.[field];
  return value === undefined ? given !== undefined : sameJson(given, value);
}

function compiles(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** @param body `{"select_query": "…"}` */
export function queryWithoutValues(body: string): string | null {
  const query = /"select_query"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return query?.replace(/'(?:[^'\\]|\\.)*'|\b\d+\b/g, "?").replace(/\?(?:, ?\?)+/g, "?") ?? null;
}

export interface CallEntry {
  seq: number;
  atMs: number;
  method: string;
  path: string;
  status: number;
  records: number;
  credits: number;
  durationMs: number;
  /** A COQL query with its values left out: "select id from Deals where Contract_Number in (?)". */
  query: string | null;
}

const kept = 200_000;

/** Every call a client made: what a test counts. No query strings, bodies, values or tokens are kept. */
export class CallLog {
  #calls: CallEntry[] = [];
  #seq = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  append(call: Omit<CallEntry, "seq">): void {
    this.#count++;
    this.#calls.push({ seq: ++this.#seq, ...call });
    if (this.#calls.length > kept * 2) this.#calls = this.#calls.slice(-kept);
  }

  since(seq: number): CallEntry[] {
    const first = this.#calls[0]?.seq ?? this.#seq + 1;
    return this.#calls.slice(Math.max(0, seq - first + 1));
  }

  /** Sequence numbers go on, so that a reader who holds one does not wait for ever. */
  clear(): void {
    this.#calls = [];
    this.#count = 0;
  }
}

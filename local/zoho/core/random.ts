export type Random = () => number;

/** Mulberry32: small, fast, and the same sequence for the same seed on every machine. Not for secrets. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function hex(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

export function digits(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += Math.floor(random() * 10);
  return text;
}

/**
 * Zoho ids: 19 digits, an org prefix and a counter that skips. All have the same length, so their order as text is
 * their order of creation. They exceed 2^53 and are strings everywhere.
 */
export class IdSource {
  #counter = 3_000_000;
  readonly #prefix: string;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    this.#prefix = `6${digits(random, 6)}`;
  }

  next(): string {
    this.#counter += 1 + Math.floor(this.#random() * 9);
    return this.#prefix + String(this.#counter).padStart(12, "0");
  }
}

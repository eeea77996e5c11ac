/** Chance with a memory: the same seed and name give the same numbers, whatever other streams do meanwhile. */
export class RandomStream {
  #state: number;

  constructor(seed: number, name = "") {
    this.#state = [...`${seed}/${name}`].reduce(
      (hash, character) => Math.imul(hash ^ character.charCodeAt(0), 16_777_619),
      2_166_136_261,
    );
    // FNV leaves names that differ in their last letter close together; a few draws part them.
    for (let draw = 0; draw < 8; draw++) this.next();
  }

  /** From 0 up to 1 (mulberry32). */
  next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** A whole number from 0 to below the bound. */
  below = (bound: number): number => Math.floor(this.next() * bound);

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError("there is nothing to pick from");
    return items[this.below(items.length)] as T;
  };

  /** Several different ones, in the order of the list. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = items.map((_, index) => index);
    const taken = new Set<number>();
    while (taken.size < Math.min(count, items.length)) {
      const [index] = left.splice(Math.floor(this.next() * left.length), 1);
      if (index !== undefined) taken.add(index);
    }
    return items.filter((_, index) => taken.has(index));
  }

  /** One of the names, each as likely as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name as Name;
    }
    throw new RangeError("no weight is above zero");
  }

  /** A version 4 uuid, so that a replay makes the same rows. */
  uuid(): string {
    const hex = (length: number) => Array.from({ length }, () => this.between(0, 15).toString(16)).join("");
    return `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[this.between(0, 3)]}${hex(3)}-${hex(12)}`;
  }
}

/** How often each thing was done. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    this.#counts.set(name, this.of(name) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Most frequent first: "amount 31, status 20". */
  toString(): string {
    const entries = [...this.#counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
    return entries.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  }
}

/** Calls in flight, against the edition's ceiling and the ceiling of heavy calls (facts §6). */
export class Lanes {
  #running = 0;
  #heavy = 0;

  /** Takes a place for a call, or says there is none. The returned function gives it back. */
  enter(weight: number, heavy: boolean, ceiling: number, heavyCeiling: number): (() => void) | undefined {
    if (this.#running + weight > ceiling) return undefined;
    if (heavy && this.#heavy + 1 > heavyCeiling) return undefined;
    this.#running += weight;
    if (heavy) this.#heavy += 1;
    return () => {
      this.#running -= weight;
      if (heavy) this.#heavy -= 1;
    };
  }
}

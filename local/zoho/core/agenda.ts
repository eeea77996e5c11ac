/** Something that is to happen at a time of the simulator's clock. */
interface Act {
  atMs: number;
  order: number;
  run: () => void;
}

type Timer = ReturnType<typeof setTimeout>;

/** No timer waits longer than this; it then looks again. */
const longestWaitMs = 60 * 60 * 1000;

/**
 * Acts in the order of their times. They run when the simulator's clock reaches them, be it that real time passes or
 * that a test moves the clock.
 */
export class Agenda {
  #acts: Act[] = [];
  #order = 0;
  #timer: Timer | undefined;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(atMs: number, run: () => void): void {
    this.#acts.push({ atMs, order: ++this.#order, run });
    this.#acts.sort((left, right) => left.atMs - right.atMs || left.order - right.order);
    this.arm();
  }

  /** The time of the next act that is due at `untilMs`, or undefined. */
  nextDueMs(untilMs: number): number | undefined {
    const [next] = this.#acts;
    return next === undefined || next.atMs > untilMs ? undefined : next.atMs;
  }

  runNext(): void {
    this.#acts.shift()?.run();
    this.arm();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#acts = [];
  }

  /** Sets the timer by the next act; to be called when the clock was moved. */
  arm(): void {
    clearTimeout(this.#timer);
    const [next] = this.#acts;
    if (next === undefined) return;
    const waitMs = Math.min(Math.max(0, next.atMs - this.#nowMs()), longestWaitMs);
    this.#timer = setTimeout(() => this.#runDue(), waitMs);
  }

  #runDue(): void {
    while (this.nextDueMs(this.#nowMs()) !== undefined) this.runNext();
    this.arm();
  }
}

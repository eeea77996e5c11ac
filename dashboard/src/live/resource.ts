/** One read of the API as the page knows it: the last good answer, when it came, and what went wrong since. */
export interface Reading<T> {
  data: T | undefined;
  /** When `data` was right, by this machine's clock. */
  asOfMs: number | undefined;
  error: unknown;
  isFetching: boolean;
}

type Listener = () => void;

const nothing: Reading<never> = {
  data: undefined,
  asOfMs: undefined,
  error: undefined,
  isFetching: false,
};

/** Remembers readings by path, so that going back shows at once what was there, and two users of a path ask once. */
export class Resources {
  readonly #readings = new Map<string, Reading<unknown>>();
  readonly #underway = new Map<string, Promise<void>>();
  readonly #listeners = new Set<Listener>();

  constructor(
    readonly fetch: (path: string) => Promise<unknown>,
    readonly now: () => number = () => Date.now(),
  ) {}

  get(path: string): Reading<unknown> {
    return this.#readings.get(path) ?? nothing;
  }

  subscribe = (listener: Listener): () => void => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks again; a question that is under way already is shared. Never rejects: the fault is in the reading. */
  refresh(path: string): Promise<void> {
    const asked = this.#underway.get(path);
    if (asked) return asked;
    this.#set(path, { isFetching: true });
    const asking = this.fetch(path)
      .then(
        (data) =>
          this.#set(path, {
            data,
            asOfMs: this.now(),
            error: undefined,
            isFetching: false,
          }),
        (error: unknown) => this.#set(path, { error, isFetching: false }),
      )
      .finally(() => this.#underway.delete(path));
    this.#underway.set(path, asking);
    return asking;
  }

  /** Waits for what is under way, which may not have seen an action yet, and asks again. */
  async refreshAfterAction(path: string): Promise<void> {
    await this.#underway.get(path);
    await this.refresh(path);
  }

  clear(): void {
    this.#readings.clear();
    this.#tell();
  }

  #set(path: string, change: Partial<Reading<unknown>>): void {
    this.#readings.set(path, { ...this.get(path), ...change });
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

import type { ServiceClient } from "../platform/database.ts";
import { MINUTE } from "../platform/duration.ts";
import type { FieldNames } from "../zoho/names.ts";
import { readFieldRules } from "./read_rules.ts";
import { namesOf } from "./rules.ts";

/** Fields are renamed rarely; a running isolate learns of it within a minute. */
const keptMs = MINUTE;

/** The org's names of our fields, cached per isolate: at most one round trip a minute. */
export class KnownNames {
  #known: { names: FieldNames; readAtMs: number } | null = null;

  constructor(private readonly now: () => number) {}

  /** @throws DatabaseError */
  async read(db: ServiceClient): Promise<FieldNames> {
    if (this.#known && this.now() - this.#known.readAtMs < keptMs) return this.#known.names;
    const names = namesOf(await readFieldRules(db));
    this.#known = { names, readAtMs: this.now() };
    return names;
  }
}

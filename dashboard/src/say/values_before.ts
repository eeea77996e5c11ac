import type { ShownValue } from "../api/answers.ts";
import type { StoryChange } from "./story_line.ts";

/** What each of an entity's records in Zoho was last known to hold, as the story goes on. */
export class ValuesBefore {
  readonly #values = new Map<string, ShownValue>();

  change(record: string, field: string, to: ShownValue): StoryChange {
    const key = `${record} ${field}`;
    const known = this.#values.get(key);
    this.#values.set(key, to);
    return known === undefined ? { field, to } : { field, from: known, to };
  }

  remember(record: string, field: string, value: ShownValue): void {
    this.#values.set(`${record} ${field}`, value);
  }
}

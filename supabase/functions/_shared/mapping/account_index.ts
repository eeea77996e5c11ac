import type { Candidate, CompanyParty } from "./account_match.ts";
import type { CompanyName } from "./company.ts";

/** What is known of one Account; several sources may speak of it. */
export interface KnownAccount {
  id: string;
  /** As Zoho or the company itself writes it; null when only the folded name is remembered. */
  title: string | null;
  name: CompanyName;
  registrations: string[];
  vats: string[];
  /** The private customer who has it. */
  person?: string;
}

/**
 * Accounts indexed by name and by number: a wave of 400 companies compares
 * a handful of Accounts for each, not all of them.
 */
export class AccountIndex {
  readonly #byId = new Map<string, Candidate>();
  readonly #byKey = new Map<string, Set<Candidate>>();

  add(known: KnownAccount): void {
    const { folded: title } = known.name;
    const account = this.#byId.get(known.id) ??
      { id: known.id, title, names: [], registrations: [], vats: [], persons: [] };
    this.#byId.set(known.id, account);
    account.title = known.title ?? account.title;
    account.names.push(known.name);
    account.registrations.push(...known.registrations);
    account.vats.push(...known.vats);
    if (known.person !== undefined) account.persons.push(known.person);
    for (const key of keysOf(known)) {
      const shelf = this.#byKey.get(key) ?? new Set();
      this.#byKey.set(key, shelf.add(account));
    }
  }

  /** In the order of their ids' age; a person is looked up by the exact name only. */
  candidatesFor(party: CompanyParty): Candidate[] {
    const keys = party.isPerson ? [`folded ${party.name.folded}`] : keysOf(party);
    const found = new Set(keys.flatMap((key) => [...this.#byKey.get(key) ?? []]));
    return [...found].sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
  }

  /** Whether an Account is known whose name agrees; then Zoho need not be asked for other spellings. */
  hasName({ folded, core }: CompanyName): boolean {
    return this.#byKey.has(`folded ${folded}`) || this.#byKey.has(`core ${core}`);
  }
}

function keysOf(
  { name, registrations, vats }: Pick<KnownAccount, "name" | "registrations" | "vats">,
): string[] {
  return [
    `folded ${name.folded}`,
    `core ${name.core}`,
    ...registrations.map((number) => `registration ${number}`),
    ...vats.map((number) => `vat ${number}`),
  ];
}

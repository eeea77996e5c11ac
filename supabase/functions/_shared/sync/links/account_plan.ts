import { AccountIndex } from "../../mapping/account_index.ts";
import { type AccountDecision, decideAccount } from "../../mapping/account_match.ts";
import { apostropheBeginnings, nameBeginnings, parseCompanyName, searchWord } from "../../mapping/company.ts";
import { registrationSpellings } from "../../mapping/company_numbers.ts";
import {
  accountsBeginning,
  accountsNamed,
  accountsNumbered,
  accountsWithThe,
  accountsWithWord,
  allAccounts,
  type Lookup,
  type NumberFields,
  type ZohoAccount,
} from "../../zoho/accounts.ts";
import { rowsPerPage } from "../../zoho/search.ts";
import { limitConcurrency } from "../../platform/concurrency.ts";
import {
  accountsOfPersons,
  normalised,
  recallCompanies,
  type Wanted,
  type WantedParty,
} from "./account_lookup.ts";
import { attemptRead } from "../attempts/attempts.ts";
import type { DrainSession } from "../drain_session.ts";

/** The decision about a company without an Account. An Account that is still to be made has the id `new:<key>`. */
export interface Planned {
  party: WantedParty;
  decision: AccountDecision;
}

/** The id of an Account that this wave is going to make. */
export const idToBe = (key: string) => `new:${key}`;

/**
 * Decides which Account belongs to each company of a wave, and writes nothing to Zoho: first by what our own tables
 * remember, then by what Zoho has. Companies of one wave see each other, in the order of their keys, so two spellings
 * of one company make one Account.
 *
 * @throws ZohoCallError, ZohoTokenError
 */
export async function planAccounts(session: DrainSession, wanted: Wanted[]): Promise<Planned[]> {
  if (wanted.length === 0) return [];
  const { parties, remembered, accounts } = await recallCompanies(session, wanted);
  const index = new AccountIndex();
  for (const known of remembered) index.add(known);
  await readZoho(session, parties, index, accounts);
  const inOrder = parties.sort((a, b) => a.key < b.key ? -1 : 1);
  return inOrder.map((party) => {
    const decision = decideAccount(party, index.candidatesFor(party));
    if (decision.kind !== "question") {
      const isNew = decision.kind === "create";
      index.add({
        ...party,
        id: isNew ? idToBe(party.key) : decision.id,
        title: isNew ? party.wanted.name : null,
        ...(party.isPerson ? { person: party.key } : {}),
      });
    }
    return { party, decision };
  });
}

/**
 * Looks companies up by name and number; the rest by other spellings: in the list of all Accounts, or in those that
 * begin alike.
 *
 * @param least how many Accounts Zoho has at least
 */
async function readZoho(
  session: DrainSession,
  parties: WantedParty[],
  index: AccountIndex,
  least: number,
): Promise<void> {
  const { zoho, settings } = session.deps;
  const fields: NumberFields = {
    registration: settings.accountRegistrationField,
    vat: settings.accountVatField,
  };
  const inTurn = limitConcurrency(session.callsAtOnce);
  const seen = new Set<string>();
  const take = (accounts: ZohoAccount[]) => {
    for (const { id, name, registration, vat } of accounts) {
      if (seen.has(id)) continue;
      seen.add(id);
      const held = normalised({ registrations: [registration], vats: [vat] });
      index.add({ id, title: name, name: parseCompanyName(name), ...held });
    }
  };
  const read = async (lookups: Lookup[]) => {
    const found = await Promise.all(lookups.map((lookup) => inTurn(() => attemptRead(session, lookup))));
    take(found.flat());
    return found.flat();
  };

  const companies = parties.filter(({ isPerson }) => !isPerson);
  const named = await read([
    ...accountsNamed(zoho, fields, unique(parties.map(({ wanted }) => wanted.name))),
    ...numbersToAskFor(fields, companies)
      .flatMap(({ field, texts }) => accountsNumbered(zoho, fields, field, texts)),
  ]);
  const persons = parties.filter(({ isPerson }) => isPerson);
  await readPersons(session, persons, named, index);

  const unfound = companies.filter(({ name }) => !index.hasName(name))
    .map(({ wanted: { name } }) => ({ name, beginnings: beginningsOf(name) }));
  if (unfound.length === 0) return;
  const beginnings = uniqueBeginnings(unfound.flatMap((each) => each.beginnings));
  const words = unfound.flatMap(({ name, beginnings }) =>
    beginnings.length > 0 ? [] : searchWord(name) ?? []
  );
  const lookups = [
    ...accountsBeginning(zoho, fields, beginnings),
    // "The Foschini Group" does not begin as "Foschini Group" does.
    accountsWithThe(zoho, fields, beginnings),
    ...unique(words).map((word) => accountsWithWord(zoho, fields, word)),
  ];
  const pages = pagesWorthReading(lookups.length, least);
  const all = await attemptRead(session, () => allAccounts(zoho, fields, pages));
  if (all === null) await read(lookups);
  else take(all);
}

/**
 * How many pages of the list of all Accounts to read instead of this many lookups: none where the list is known to be longer than
 * the lookups, else enough for the known Accounts, or half as many pages as there are lookups.
 */
export function pagesWorthReading(lookups: number, leastAccounts: number): number {
  const leastPages = Math.floor(leastAccounts / rowsPerPage) + 1;
  return leastPages > lookups ? 0 : Math.max(leastPages, Math.ceil(lookups / 2));
}

function beginningsOf(name: string): { first: string; whole: string }[] {
  const beginning = nameBeginnings(name);
  if (beginning !== null) return [beginning];
  return apostropheBeginnings(name);
}

/** The spellings to look for in the org's number fields, if it has any. */
function numbersToAskFor(
  fields: NumberFields,
  companies: WantedParty[],
): { field: string; texts: string[] }[] {
  const asked = [
    {
      field: fields.registration,
      texts: companies.flatMap(({ registrations, typedRegistrations }) =>
        registrations.length === 0
          ? []
          : [...registrations.flatMap(registrationSpellings), ...typedRegistrations]
      ),
    },
    {
      field: fields.vat,
      texts: companies.flatMap(({ vats, typedVats }) => vats.length === 0 ? [] : [...vats, ...typedVats]),
    },
  ];
  return asked.flatMap(({ field, texts }) =>
    field === null || texts.length === 0 ? [] : [{ field, texts: unique(texts) }]
  );
}

/** Two private people may share a name, so an Account that belongs to another customer is not taken over. */
async function readPersons(
  session: DrainSession,
  persons: WantedParty[],
  named: ZohoAccount[],
  index: AccountIndex,
): Promise<void> {
  const wanted = new Set(persons.map(({ name }) => name.folded));
  const theirs = named.filter(({ name }) => wanted.has(parseCompanyName(name).folded));
  if (theirs.length === 0) return;
  const titles = new Map(theirs.map(({ id, name }) => [id, name]));
  for (const { id, person } of await accountsOfPersons(session, [...titles.keys()])) {
    const title = titles.get(id) ?? "";
    index.add({ id, title, name: parseCompanyName(title), registrations: [], vats: [], person });
  }
}

function unique(texts: string[]): string[] {
  return [...new Set(texts)];
}

function uniqueBeginnings(all: { first: string; whole: string }[]): { first: string; whole: string }[] {
  return [...new Map(all.map((each) => [each.whole.toLowerCase(), each])).values()];
}

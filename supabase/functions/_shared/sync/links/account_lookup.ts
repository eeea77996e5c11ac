import { z } from "zod";
import type { CompanyParty, Judged } from "../../mapping/account_match.ts";
import type { AccountReason } from "../../mapping/match_reasons.ts";
import type { KnownAccount } from "../../mapping/account_index.ts";
import { parseCompanyName } from "../../mapping/company.ts";
import { normaliseRegistrationNumber, normaliseVatNumber } from "../../mapping/company_numbers.ts";
import { maskText } from "../../mapping/mask.ts";
import type { Change } from "../claim/change.ts";
import type { DrainSession } from "../drain_session.ts";

/** A company that has no Account yet, and the changes of the wave that wait for it. */
export interface Wanted {
  key: string;
  name: string;
  changes: Change[];
}

/** A party with its numbers as typed in CircleTel, which sales may have copied. */
export interface WantedParty extends CompanyParty {
  wanted: Wanted;
  typedRegistrations: string[];
  typedVats: string[];
  /** A question about this company is open. */
  asked: boolean;
}

const numbers = { registrations: z.array(z.string()), vats: z.array(z.string()) };
const memory = z.object({
  companies: z.array(
    z.object({ account_key: z.string(), ...numbers, declined: z.array(z.string()), asked: z.boolean() }),
  ),
  accounts: z.number(),
  remembered: z.array(z.object({ account_key: z.string(), zoho_id: z.string(), ...numbers })),
});

const companyPrefix = "company:";
export const isPersonKey = (key: string) => !key.startsWith(companyPrefix);

/**
 * What our own tables know of companies: their numbers, Accounts of possibly identical companies, and how many Accounts
 * Zoho has at least. One round trip.
 */
export async function recallCompanies(
  session: DrainSession,
  wanted: Wanted[],
): Promise<{ parties: WantedParty[]; remembered: KnownAccount[]; accounts: number }> {
  const named = wanted.map((each) => ({ wanted: each, name: parseCompanyName(each.name) }));
  const { companies, remembered, accounts } = memory.parse(
    await session.call("zoho_unknown_companies", {
      p_companies: named.map(({ wanted: { key }, name }) => ({
        account_key: key,
        normalised_name: isPersonKey(key) ? null : name.core,
      })),
    }),
  );
  const byKey = new Map(companies.map((company) => [company.account_key, company]));
  return {
    accounts,
    parties: named.map(({ wanted: each, name }) => {
      const company = byKey.get(each.key);
      return {
        key: each.key,
        wanted: each,
        name,
        isPerson: isPersonKey(each.key),
        ...normalised(company ?? { registrations: [], vats: [] }),
        typedRegistrations: company?.registrations.filter(normaliseRegistrationNumber) ?? [],
        typedVats: company?.vats.filter(normaliseVatNumber) ?? [],
        declined: company?.declined ?? [],
        asked: company?.asked ?? false,
      };
    }),
    remembered: remembered.map(({ account_key: key, zoho_id: id, ...held }) => {
      // The key is the name, folded.
      const name = parseCompanyName(key.slice(companyPrefix.length));
      return { id, title: null, name, ...normalised(held) };
    }),
  };
}

export function normalised(held: { registrations: string[]; vats: string[] }) {
  return {
    registrations: readable(held.registrations, normaliseRegistrationNumber),
    vats: readable(held.vats, normaliseVatNumber),
  };
}

function readable(texts: string[], normalise: (text: string) => string | null): string[] {
  return [...new Set(texts.map(normalise).filter((number) => number !== null))];
}

const personAccounts = z.array(z.object({ id: z.string(), person: z.string() }));

/** Which of these Accounts belong to private customers, and to whom. */
export async function accountsOfPersons(
  session: DrainSession,
  ids: string[],
): Promise<{ id: string; person: string }[]> {
  return personAccounts.parse(
    await session.call("zoho_accounts_of_persons", { p_zoho_ids: ids }),
  );
}

/** A company whose Account a person has to choose. */
export interface AccountQuestion {
  wanted: Wanted;
  reason: AccountReason;
  candidates: Judged[];
}

/**
 * Asks one question per company, closes questions that are no longer needed, and requeues what waited for those.
 *
 * @param certain keys of companies whose Account is known by now
 * @returns the keys that a person has answered in the meantime
 */
export async function askAboutAccounts(
  session: DrainSession,
  questions: AccountQuestion[],
  certain: string[],
): Promise<Set<string>> {
  const answered = await session.call("zoho_ask_about_accounts", {
    p_questions: questions.map(({ wanted: { key, name, changes }, reason, candidates }) => {
      // A private person's name is not stored, nor an Account's of the same name.
      const shown = (text: string) => isPersonKey(key) ? maskText(text) : text;
      return {
        kind: "account",
        account_key: key,
        ours: shown(name),
        theirs: candidates.map((candidate) => ({ ...candidate, name: shown(candidate.name) })),
        reason,
        answers: ["link", "make_new"],
        waiting: changes.map(({ entity_type, entity_id }) => ({ entity_type, entity_id })),
      };
    }),
    p_certain: certain,
  });
  return new Set(z.array(z.string()).parse(answered));
}

import type { CompanyName } from "./company.ts";
import type { AccountReason } from "./match_reasons.ts";

/** By what an Account and a company of ours agree; the strongest first. */
export type AccountAgreement = "registration_number" | "vat_number" | "exact_name" | "name";

/** What contradicts a match although something agrees. */
export type CompanyDifference =
  | "registration_number"
  | "vat_number"
  | "legal_form"
  | "trading_name"
  | "another_person";

/** A company, or a private person who buys, as CircleTel's rows have it. Numbers are normalised. */
export interface CompanyParty {
  key: string;
  name: CompanyName;
  isPerson: boolean;
  registrations: string[];
  vats: string[];
  /** Accounts of which a person said that they are not this company's. */
  declined: string[];
}

/** An Account with everything known about its owner, from Zoho and from the companies linked to it. */
export interface Candidate {
  id: string;
  /** Account_Name as Zoho has it; of an Account not made yet or only remembered, the company's own name. */
  title: string;
  names: CompanyName[];
  registrations: string[];
  vats: string[];
  /** Private customers who have it. */
  persons: string[];
}

/** An Account that something agrees with, as the question shows it. */
export interface Judged {
  id: string;
  name: string;
  agrees: AccountAgreement[];
  differs: CompanyDifference[];
}

export type AccountDecision =
  | { kind: "match"; id: string; by: "registration_number" | "vat_number" | "name" }
  /** `besideSameName`: an Account of the very name exists and was declined, so the new one needs another name. */
  | { kind: "create"; besideSameName: boolean }
  | { kind: "question"; reason: AccountReason; candidates: Judged[] };

/**
 * Whose Account is it? The table is in docs/accounts.md, each line of it a line here: a number decides, then the very
 * same name, then the normalised one; whatever is not certain is a question. Nothing is ever decided by likeness.
 */
export function decideAccount(party: CompanyParty, candidates: Candidate[]): AccountDecision {
  const judged = candidates.map((candidate) => judge(party, candidate)).filter(({ agrees }) =>
    agrees.length > 0
  );
  const open = judged.filter(({ id }) => !party.declined.includes(id));
  const ask = (reason: AccountReason): AccountDecision => ({ kind: "question", reason, candidates: open });
  if (open.length === 0) return { kind: "create", besideSameName: judged.some(isOfSameName) };

  const numbered = open.filter(hasNumber);
  if (numbered.length > 1) return ask("several_accounts");
  const [byNumber] = numbered;
  if (byNumber) {
    if (differsInNumber(byNumber)) return ask("numbers_differ");
    if (!hasName(byNumber) && open.some(hasName)) return ask("number_and_name_disagree");
    return match(
      byNumber,
      byNumber.agrees[0] === "registration_number" ? "registration_number" : "vat_number",
    );
  }

  const exact = open.filter(isOfSameName);
  if (exact.length > 1) return ask("several_accounts");
  const [byName] = exact;
  if (byName) {
    if (differsInNumber(byName)) return ask("numbers_differ");
    return byName.differs.includes("another_person") ? ask("another_person") : match(byName, "name");
  }

  const [only, ...more] = open;
  if (only && more.length === 0) {
    const [reason] = reasonsOf(only);
    return reason ? ask(reason) : match(only, "name");
  }
  // Of "Karoo Traders (Pty) Ltd" and "Karoo Traders CC" the one that says our own form is ours, since the register
  // admits a name once in each form. An Account that says no form could be either's.
  const sameForm = open.filter(({ differs }) => differs.length === 0);
  const [ours] = sameForm;
  const areOthersOfAnotherForm = open.every((each) => each === ours || each.differs.includes("legal_form"));
  const saysForm = candidates.some(({ id, names }) =>
    id === ours?.id && names.some(({ core, form }) => core === party.name.core && form === party.name.form)
  );
  return ours && sameForm.length === 1 && areOthersOfAnotherForm && party.name.form !== null && saysForm
    ? match(ours, "name")
    : ask("several_accounts");
}

function judge(party: CompanyParty, candidate: Candidate): Judged {
  const { name } = party;
  const isExact = candidate.names.some(({ folded }) => folded === name.folded);
  const others = candidate.persons.some((person) => person !== party.key);
  const judged: Judged = { id: candidate.id, name: candidate.title, agrees: [], differs: [] };
  if (party.isPerson) {
    // People of one name are many, and nothing but the name is known of an Account's person.
    if (isExact) judged.agrees.push("exact_name");
    if (others) judged.differs.push("another_person");
    return judged;
  }
  compareNumbers(judged, "registration_number", party.registrations, candidate.registrations);
  compareNumbers(judged, "vat_number", party.vats, candidate.vats);
  const sameCore = candidate.names.filter(({ core }) => core === name.core);
  if (isExact) judged.agrees.push("exact_name");
  else if (sameCore.length > 0) {
    judged.agrees.push("name");
    if (sameCore.some(({ form }) => form !== null && name.form !== null && form !== name.form)) {
      judged.differs.push("legal_form");
    }
    if (sameCore.every(({ tradingAs }) => tradingAs !== name.tradingAs)) judged.differs.push("trading_name");
  }
  return judged;
}

function compareNumbers(
  judged: Judged,
  kind: "registration_number" | "vat_number",
  ours: string[],
  theirs: string[],
): void {
  if (ours.some((number) => theirs.includes(number))) judged.agrees.push(kind);
  else if (ours.length > 0 && theirs.length > 0) judged.differs.push(kind);
}

const reasons: Record<CompanyDifference, AccountReason> = {
  registration_number: "numbers_differ",
  vat_number: "numbers_differ",
  legal_form: "legal_form_differs",
  trading_name: "trading_name_differs",
  another_person: "another_person",
};

function reasonsOf({ differs }: Judged): AccountReason[] {
  return differs.map((difference) => reasons[difference]);
}

const isOfSameName = ({ agrees }: Judged) => agrees.includes("exact_name");
const hasName = ({ agrees }: Judged) => agrees.includes("exact_name") || agrees.includes("name");
const hasNumber = ({ agrees }: Judged) =>
  agrees.includes("registration_number") || agrees.includes("vat_number");
const differsInNumber = ({ differs }: Judged) =>
  differs.includes("registration_number") || differs.includes("vat_number");

function match(judged: Judged, by: "registration_number" | "vat_number" | "name"): AccountDecision {
  return { kind: "match", id: judged.id, by };
}

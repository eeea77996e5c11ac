import type {
  AccountReason,
  ContactReason,
  QuestionCandidate,
  QuestionChoice,
  QuestionItem,
  QuestionKind,
} from "../../api/answers.ts";
import { recordWords } from "../../say/places.ts";

interface KindWords {
  title: string;
  note: string;
}

export const kindWords: Readonly<Record<QuestionKind, KindWords>> = {
  unsigned: {
    title: "A move in Zoho would un-sign a contract",
    note:
      "The Deal's stage asks for a draft, and the contract is signed. Neither side is changed until you answer.",
  },
  unknown_write: {
    title: "A write that this database does not remember",
    note:
      "The database was restored, or another deployment wrote to the record. Nothing is taken in or overwritten.",
  },
  adopted_stage: {
    title: "A Deal that sales made asks for another status",
    note: "The Deal was linked to its contract, and its stage and the contract's status disagree.",
  },
  contested: {
    title: "Something in Zoho keeps changing a field",
    note:
      "CircleTel corrected the field three times within an hour and has stopped: a workflow may rewrite it.",
  },
  person_erased: {
    title: "A person was erased here; their records are still in Zoho",
    note:
      "Delete the Contact (and a private person's Account) in Zoho, or empty what names them, then answer.",
  },
  record_gone: {
    title: "A record was deleted in Zoho",
    note: "No other record carries its number. Nothing is created until you answer.",
  },
  record_found: {
    title: "A record in Zoho may be this one",
    note:
      "It carries the number or was linked before, but it seems to be another company's. To make a new record " +
      "instead, clear the number in Zoho.",
  },
  record_taken: {
    title: "The record in Zoho belongs to another record",
    note:
      "It carries the number and is linked to what is named here, or its number differs only in upper and lower case. " +
      "Nothing is written to it. Correct one of the two, in Zoho or in CircleTel, then try again.",
  },
  conflict: {
    title: "Both sides changed the stage",
    note: "CircleTel's status was kept and sent to Zoho. You can still take Zoho's side.",
  },
  account: {
    title: "Which Account is this company's?",
    note: "What belongs to the company waits until you choose its Account or have a new one made.",
  },
  contact_match: {
    title: "Which Contact is this customer's?",
    note:
      "A Contact in Zoho has the customer's e-mail, but its name or its reference differs. The customer's records " +
      "go to Zoho without a Contact until you answer.",
  },
};

/** Why an Account or a Contact is uncertain. */
export const reasonWords: Readonly<Record<AccountReason | ContactReason, string>> = {
  several_accounts: "Zoho has several Accounts that could be this company.",
  number_and_name_disagree: "One Account has this company's number, and another has its name.",
  numbers_differ: "An Account has this company's name, but another registration or VAT number.",
  legal_form_differs: "An Account has this name with another legal form.",
  trading_name_differs: "An Account has this company's number, but a name that reads differently.",
  another_person: "An Account of this name belongs to another person.",
  several_contacts: "Zoho has several Contacts with this customer's e-mail.",
  name_differs: "A Contact has this customer's e-mail and another name: a shared mailbox, or a new name.",
  other_reference:
    "A Contact has this customer's e-mail and the reference of a customer that CircleTel does not have any more.",
  merged:
    "Sales merged this customer's Contact into another customer's, where its records stay. If the two are one, join " +
    "them in CircleTel.",
};

const forWords: Readonly<Record<string, string>> = {
  registration_number: "same registration number",
  vat_number: "same VAT number",
  exact_name: "same name",
  name: "similar name",
  email: "same e-mail",
};
const againstWords: Readonly<Record<string, string>> = {
  registration_number: "another registration number",
  vat_number: "another VAT number",
  legal_form: "another legal form",
  trading_name: "another trading name",
  another_person: "another person's",
  first_name: "another first name",
  last_name: "another last name",
  reference: "another customer's reference",
};

/** The module of what a question offers to link. */
export function candidateType(kind: QuestionKind): "Accounts" | "Contacts" {
  return kind === "contact_match" ? "Contacts" : "Accounts";
}

/** What speaks for an Account or a Contact, and what against it. */
export function evidence({ agrees, differs }: QuestionCandidate): string {
  const words = (codes: string[], meaning: Readonly<Record<string, string>>) =>
    codes.map((code) => meaning[code] ?? code).join(", ");
  return [words(agrees, forWords), words(differs, againstWords)].filter(Boolean).join("; but ");
}

/** In the order in which they are shown. */
export const questionKinds = Object.keys(kindWords) as QuestionKind[];

export const choiceWords: Readonly<Record<QuestionChoice, string>> = {
  zoho: "Take Zoho's side",
  circletel: "CircleTel is right",
  keep: "Leave it as it is",
  try_again: "Try again",
  leave_to_zoho: "Leave the field to Zoho",
  make_again: "Make it again",
  unlink: "Unlink it",
  link: "Link it",
  make_new: "Make a new one",
  done: "It is done",
};

const statusText = (status: unknown) => String(status).replaceAll("_", " ");

/** What a choice overwrites or ends, in one sentence; null when it does neither and needs no second click. */
export function consequence(
  { kind, entityType, field, ours, asks }: QuestionItem,
  choice: QuestionChoice,
): string | null {
  if (entityType === null) return null;
  const record = recordWords[entityType];
  switch (choice) {
    case "zoho":
      return asks === null
        ? null
        : `The contract's status in CircleTel, ${statusText(ours)}, is overwritten with ${statusText(asks)}.`;
    case "circletel":
      return `The ${record}'s stage in Zoho is overwritten with the one of ${statusText(ours)}.`;
    case "try_again":
      return kind === "record_taken"
        ? null
        : `${field ?? "The field"} in Zoho is overwritten with CircleTel's value once more.`;
    case "leave_to_zoho":
      return `${field ?? "The field"} of this ${record} is not sent to Zoho any more.`;
    case "unlink":
      return `The ${entityType} gets no ${record} any more, whatever changes in CircleTel.`;
    case "link":
      return `The ${record} is linked, and its fields that CircleTel owns are overwritten.`;
    case "make_again":
      return kind === "record_gone" ? null : `A new ${record} is made.`;
    case "keep":
    case "make_new":
    case "done":
      return null;
  }
}

import type { AccountReason, ContactReason } from "../mapping/match_reasons.ts";
import type { EntityType } from "../mapping/types.ts";
import type { MergeQuestionKind } from "../merge/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ShownValue } from "../status/field_line.ts";
import type { ListPage } from "./answer.ts";

// GET /questions, POST /questions/answer

export type QuestionKind =
  | MergeQuestionKind
  | "record_found"
  | "record_taken"
  | "conflict"
  | "account"
  | "contact_match"
  | "person_erased";

export type QuestionChoice =
  | "zoho"
  | "circletel"
  | "keep"
  | "try_again"
  | "leave_to_zoho"
  | "make_again"
  | "unlink"
  | "link"
  | "make_new"
  | "done";

/** An Account or a Contact that may be the one. */
export interface QuestionCandidate {
  /** Its id in Zoho. */
  id: string;
  /** Its name there; a person's is masked. */
  name: string;
  /** registration_number, vat_number, exact_name, name, email: what speaks for it. */
  agrees: string[];
  /**
   * registration_number, vat_number, legal_form, trading_name, another_person; of a Contact first_name, last_name, reference:
   * what speaks against it.
   */
  differs: string[];
}

/** What only a person can decide; docs/operate.md says what each answer does. */
export interface QuestionItem {
  id: string;
  kind: QuestionKind;
  /** Null, with `entityId`, for a question about a company's Account. */
  entityType: EntityType | null;
  entityId: string | null;
  number: string | null;
  /** The company whose Account is uncertain; null for other questions. */
  accountKey: string | null;
  /** Why it is uncertain which Account or Contact is meant; null for other questions. */
  reason: AccountReason | ContactReason | null;
  /** Accounts that may be the company's, or Contacts that may be the customer's. */
  candidates: QuestionCandidate[];
  /** Entities that are not synced until the company's Account is known. */
  waiting: number;
  /** By Zoho api_name; null for a question about the record as a whole. */
  field: string | null;
  /** Of a stage the contract's status, of an Account the company's name; values that name a person are masked. */
  ours: ShownValue;
  theirs: ShownValue;
  /** The status that taking Zoho's side sets. */
  asks: string | null;
  answers: QuestionChoice[];
  /** Zoho's last change of the record: the id of a user, and when. */
  changedBy: string | null;
  changedAt: Moment | null;
  askedAt: Moment;
  /** Given, and not carried out yet: the record is read first. */
  answer: QuestionChoice | null;
  answeredBy: string | null;
}

export type QuestionsAnswer = ListPage<QuestionItem>;

export interface AnswerQuestionsRequest {
  /** Up to 1,000. */
  ids: string[];
  choice: QuestionChoice;
  /** The Account of the companies, where the choice is `link`: a candidate, or any other one. */
  accountId?: string;
  /** The Contact of the customer, where the choice is `link` and several are shown. */
  contactId?: string;
}

export interface QuestionsAnswered {
  answered: number;
  /** Were answered before, or are over. */
  closed: number;
  unknown: number;
  /** Entities that are due again. */
  woken: number;
  /** Stay open: the database refused what the answer writes. */
  refused: { id: string; code: string; message: string }[];
}

import type { Moment } from "./answers.ts";

// See supabase/functions/_shared/admin/account_questions.ts.

export interface AccountCandidate {
  /** The Account's id in Zoho. */
  id: string;
  /** Its name there; a private person's is masked. */
  name: string;
  /** What speaks for it. */
  agrees: string[];
  /** What speaks against it. */
  differs: string[];
}

export interface AccountQuestion {
  accountKey: string;
  /** The company as CircleTel writes it; a private person's name is masked. */
  name: string;
  reason:
    | "several_accounts"
    | "number_and_name_disagree"
    | "numbers_differ"
    | "legal_form_differs"
    | "trading_name_differs"
    | "another_person";
  candidates: AccountCandidate[];
  askedAt: Moment;
  /** Entities that are not synced until it is answered. */
  waiting: number;
}

export interface AccountQuestionsAnswer {
  questions: AccountQuestion[];
}

export interface AccountAnswerAnswer {
  accountKey: string;
  /** Entities that are due again. */
  woken: number;
}

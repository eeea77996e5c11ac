// Why a person has to decide which record of Zoho is meant; kept in zoho_questions.reason. Types only, for the page too.

/** Of a company's Account. */
export type AccountReason =
  | "several_accounts"
  | "number_and_name_disagree"
  | "numbers_differ"
  | "legal_form_differs"
  | "trading_name_differs"
  | "another_person";

/** Of a customer's Contact. */
export type ContactReason = "several_contacts" | "name_differs" | "other_reference" | "merged";

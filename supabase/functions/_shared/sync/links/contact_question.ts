import { type ContactDecision, maskedName } from "../../mapping/contact_match.ts";
import { maskText } from "../../mapping/mask.ts";
import type { Customer } from "../../mapping/contact.ts";
import type { AskedQuestion } from "../claim/change.ts";

/** Asks which of these Contacts is the customer's, if any, without naming a person. */
export function contactQuestion(
  customer: Customer,
  { reason, candidates }: ContactDecision & { kind: "question" },
): AskedQuestion {
  const name = maskedName({ firstName: customer.first_name, lastName: customer.last_name });
  return {
    kind: "contact_match",
    field: null,
    reason,
    ours: `${name} ${maskText(customer.email.trim())}`,
    theirs: candidates,
    asks: null,
    // A Contact of another customer cannot be linked to this one.
    answers: reason === "merged" ? ["keep", "make_new"] : ["link", "make_new"],
    shown: {},
    changed_by: null,
    changed_at: null,
  };
}

/** A question in one sentence. */
const sentences: Readonly<Record<string, string>> = {
  unsigned: "the Deal's stage was changed in Zoho, and taking it over would un-sign the contract.",
  unknown_write: "the record in Zoho carries a write that this database does not remember.",
  adopted_stage: "the Deal was made in Zoho, and its stage asks for another contract status.",
  record_gone: "the record was deleted in Zoho; it is made again or unlinked.",
  record_taken: "the record in Zoho that carries this number is another entity's.",
  account: "more than one Account in Zoho may be this company's, or the one that may be differs.",
  contact_match: "a Contact in Zoho has the customer's e-mail, and may be another person's.",
  record_found: "a record in Zoho may be this one, and may be another company's.",
};

export function sentenceOfQuestion({ kind, field }: { kind: string; field: string | null }): string {
  const asked = kind === "contested"
    ? `something in Zoho keeps changing ${field ?? "a field"} after us.`
    : sentences[kind] ?? `${kind} is asked.`;
  return `${asked} A person decides it under Problems.`;
}

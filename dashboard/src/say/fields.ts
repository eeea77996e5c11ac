import { count } from "../ui/words.ts";

export interface AppliedField {
  module: string;
  field: string;
  did: "created" | "options added" | "refused";
  code?: string;
}

/** What came of making fields: "2 fields made or changed in Zoho. Refused: Deals RICA_Status (LIMIT_EXCEEDED)." */
export function fieldsSentence(applied: readonly AppliedField[]): { text: string; isWhole: boolean } {
  const refused = applied.filter(({ did }) => did === "refused");
  const made = `${count(applied.length - refused.length, "field")} made or changed in Zoho.`;
  if (refused.length === 0) return { text: made, isWhole: true };
  const names = refused.map(({ module, field, code }) => `${module} ${field}${code ? ` (${code})` : ""}`);
  return { text: `${made} Refused: ${names.join(", ")}.`, isWhole: false };
}

export interface SearchTerm {
  /** Lower case; each must be somewhere in what is found. */
  words: string[];
  /** Of a pasted link, or typed whole. */
  zohoId: string | null;
}

/** Zoho's ids have 16 to 19 digits; an org's number in a link is shorter. */
const longId = /\d{15,}/g;
const mostWords = 8;

/** A text typed or pasted into the search. A link names its record by the last long number in it. */
export function searchTermOf(text: string): SearchTerm {
  const zohoId = text.match(longId)?.at(-1) ?? null;
  if (/^https?:\/\//i.test(text.trim())) return { words: [], zohoId };
  // LIKE reads % and _ as its own signs, and \ before them; no number or company is told apart by one.
  const words = text.toLowerCase().split(/[\s%_\\]+/).filter((word) => word !== "").slice(0, mostWords);
  return { words, zohoId };
}

/** How a South African company is constituted; the words behind its name say it. */
export type LegalForm =
  | "private"
  | "public"
  | "state_owned"
  | "close_corporation"
  | "incorporated"
  | "non_profit";

/**
 * Endings of a name, as words without case and punctuation, in both languages that the register of companies uses.
 * The longest that fits counts: "Pty Ltd" is not "Ltd". A trust, a co-operative or a foundation is not here: the
 * word is part of its name, and taking it away would make "Naledi Trust" and "Naledi (Pty) Ltd" one.
 */
const endings: readonly [LegalForm, readonly string[]][] = [
  ["state_owned", ["soc ltd", "soc limited", "soc bpk", "soc beperk", "state owned company limited"]],
  ["private", [
    ...["proprietary limited", "proprietary ltd", "pty limited", "pty ltd", "ptyltd", "pty"],
    ...["eiendoms beperk", "eiendoms bpk", "edms beperk", "edms bpk", "edms"],
  ]],
  ["non_profit", [
    ...["non profit company", "nonprofit company", "npc", "n p c", "maatskappy sonder winsoogmerk", "msw"],
    ...["non profit organisation", "non profit organization", "nonprofit organisation", "npo", "n p o"],
  ]],
  ["close_corporation", ["close corporation", "cc", "c c", "beslote korporasie", "bk", "b k"]],
  ["incorporated", ["incorporated", "inc", "ingelyf", "ing"]],
  ["public", ["limited", "ltd", "beperk", "bpk"]],
];

/** Ring-fenced: a condition in the company's papers, before or behind its form. It tells no two companies apart. */
const ringFenced = ["rf", "ring fenced"];

const vocabulary = new Set(
  [...endings.flatMap(([, spellings]) => spellings), ...ringFenced].flatMap((spelling) =>
    spelling.split(" ")
  ),
);

/** Endings by their last word, so that most names are told from one look; longer ones first. */
const byLastWord = new Map<string, { form: LegalForm; ending: string[] }[]>();
for (const [form, spellings] of endings) {
  for (const spelling of spellings) {
    const ending = spelling.split(" ");
    const last = ending.at(-1) ?? "";
    const alike = [...byLastWord.get(last) ?? [], { form, ending }];
    byLastWord.set(last, alike.sort((one, other) => other.ending.length - one.ending.length));
  }
}
const ringFences = ringFenced.map((spelling) => spelling.split(" "));

/** Whether a word can be part of a legal form. */
export function isLegalWord(word: string): boolean {
  return vocabulary.has(word);
}

/**
 * Takes the legal form off the end of a name's words. A name that is nothing but such words ("CC (Pty) Ltd") keeps
 * them all: the rest would not identify a company.
 */
export function takeLegalForm(words: string[]): { words: string[]; form: LegalForm | null } {
  const bare = withoutRingFence(words);
  const found = byLastWord.get(bare.at(-1) ?? "")?.find(({ ending }) => endsWith(bare, ending));
  const rest = found ? withoutRingFence(bare.slice(0, -found.ending.length)) : bare;
  return rest.every(isLegalWord) ? { words, form: null } : { words: rest, form: found?.form ?? null };
}

function withoutRingFence(words: string[]): string[] {
  const ending = ringFences.find((each) => endsWith(words, each));
  return ending === undefined ? words : words.slice(0, -ending.length);
}

function endsWith(words: string[], ending: string[]): boolean {
  const start = words.length - ending.length;
  return start >= 0 && ending.every((word, index) => words[start + index] === word);
}

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
 * Longer ones first: "Pty Ltd" must not be read as "Ltd". A trust, a co-operative or a foundation is not here: the
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

/** Whether a word can only be read as part of a legal form at this place of a name. */
export function isLegalWord(word: string): boolean {
  return vocabulary.has(word);
}

/**
 * Takes the legal form off the end of a name's words. A name that is nothing but such words ("CC (Pty) Ltd") keeps
 * them all: what would be left could belong to anybody.
 */
export function takeLegalForm(words: string[]): { words: string[]; form: LegalForm | null } {
  const bare = withoutRingFence(words);
  for (const [form, spellings] of endings) {
    const ending = spellings.find((spelling) => endsWith(bare, spelling));
    if (ending === undefined) continue;
    const rest = withoutRingFence(bare.slice(0, -ending.split(" ").length));
    return rest.every(isLegalWord) ? { words, form: null } : { words: rest, form };
  }
  return { words: bare.every(isLegalWord) ? words : bare, form: null };
}

function withoutRingFence(words: string[]): string[] {
  const ending = ringFenced.find((spelling) => endsWith(words, spelling));
  return ending === undefined ? words : words.slice(0, -ending.split(" ").length);
}

function endsWith(words: string[], spelling: string): boolean {
  const wanted = spelling.split(" ");
  return words.length >= wanted.length &&
    wanted.every((word, index) => words[words.length - wanted.length + index] === word);
}

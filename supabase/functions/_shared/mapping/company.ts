import { foldName } from "./account.ts";
import { isLegalWord, type LegalForm, takeLegalForm } from "./legal_forms.ts";

/** A company's name taken apart, so that two spellings of one name meet in `core`. */
export interface CompanyName {
  /** Case and spacing folded, nothing else. */
  folded: string;
  /** The name without legal form, accents, punctuation and a leading "The"; `folded` when nothing would be left. */
  core: string;
  form: LegalForm | null;
  /** The part behind "t/a" or "trading as": one legal person may have several, and sales an Account for each. */
  tradingAs: string | null;
}

/**
 * Takes a name apart. What is taken away never tells two companies apart that the register would admit side by side:
 * it compares names without legal form, punctuation, "the" and accents itself when a name is reserved. What does is
 * kept: the legal form (two forms of one name are a question, not a match), the trading name, every other word.
 */
export function parseCompanyName(name: string): CompanyName {
  const folded = foldName(name);
  const [legal, trading] = splitTradingName(withoutAccents(folded));
  const { words, form } = takeLegalForm(wordsOf(legal));
  const core = joinInitials(withoutThe(words)).join(" ");
  const tradingAs = trading === null ? null : wordsOf(trading).join(" ");
  const isTelling = withoutThe(words).some((word) => !isLegalWord(word) && word !== "and");
  return isTelling
    ? { folded, core, form, tradingAs }
    : { folded, core: folded, form: null, tradingAs: null };
}

/** "Müller" and "Muller", "Café" and "Cafe": people often leave the accents out. */
export function withoutAccents(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "");
}

/** "X (Pty) Ltd t/a Y", in Afrikaans "h/a". */
const tradingWords = /\s(?:t\s?[/\\]\s?as?|h\s?[/\\]\s?a|trading as)[.:]?\s/i;

function splitTradingName(text: string): [string, string | null] {
  const found = tradingWords.exec(text);
  if (!found || found.index === 0) return [text, null];
  return [text.slice(0, found.index), text.slice(found.index + found[0].length)];
}

/** "Nando's" is "Nandos", "Khoi-San" is "Khoi San", "&", "+", "and" and Afrikaans "en" are one word. */
function wordsOf(text: string): string[] {
  const words = text.replace(/['’‘`´ʼ]/g, "").replace(/[&+]/g, " and ").split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  return words.map((word, index) => word === "en" && index > 0 && index < words.length - 1 ? "and" : word);
}

function withoutThe(words: string[]): string[] {
  return words[0] === "the" && words.length > 1 ? words.slice(1) : words;
}

/** "J.R. Smith", "J R Smith" and "JR Smith" are one name. */
function joinInitials(words: string[]): string[] {
  const joined: string[] = [];
  let afterInitial = false;
  for (const word of words) {
    const isInitial = /^\p{L}$/u.test(word);
    if (isInitial && afterInitial) joined.push(`${joined.pop() ?? ""}${word}`);
    else joined.push(word);
    afterInitial = isInitial;
  }
  return joined;
}

/**
 * How the names begin that a company's other spellings share: `first` is the first word or two, and further up to a
 * number ("Karoo Traders 17" has neighbours), `whole` everything up to what may be spelt otherwise (an accent, an
 * apostrophe, initials, "&", a legal form). Null when that is too little.
 */
export function nameBeginnings(name: string): { first: string; whole: string } | null {
  const plain = name.trim().replace(/\s+/g, " ").replace(/^the (?=\S)/i, "");
  const words = (/^[\p{L}\p{N} ]+/u.exec(plain)?.[0] ?? "").trim().split(" ");
  const sure: string[] = [];
  for (const word of words) {
    const certain = certainPart(word);
    const mayDiffer = /^\p{L}?$/u.test(certain) ||
      sure.length > 0 && mayBeOtherwise.has(word.toLowerCase()) ||
      sure.length > 0 && isLegalWord(word.toLowerCase());
    if (mayDiffer) break;
    sure.push(certain);
    if (certain !== word) break;
  }
  const whole = sure.join(" ");
  const numbered = sure.findLastIndex((word) => /\p{N}/u.test(word));
  const enough = sure.findIndex((_, index) => sure.slice(0, index + 1).join(" ").length >= tellingLength);
  const first = enough === -1 ? whole : sure.slice(0, Math.max(enough, numbered) + 1).join(" ");
  return whole.length >= shortestBeginning ? { first, whole } : null;
}

/**
 * How a name begins whose apostrophe comes too early for any other beginning: "O'Brien" is also written with a
 * typographic apostrophe, with none and with a space. Few names begin with "O'" or "O ", so that first look serves a
 * thousand of them. Empty for other names.
 */
export function apostropheBeginnings(name: string): { first: string; whole: string }[] {
  const plain = name.trim().replace(/\s+/g, " ").replace(/^the (?=\S)/i, "");
  const [, start = "", word = ""] = /^(\p{L}{1,2})['\u2019](\p{L}+)/u.exec(plain) ?? [];
  const rest = certainPart(word);
  if (certainPart(start) !== start || rest.length < shortestBeginning) return [];
  return ["'", "\u2019", "", " "].map((apostrophe) => {
    const whole = start + apostrophe + rest;
    return { first: apostrophe === "" ? whole : start + apostrophe, whole };
  });
}

/** A word up to its first accent. */
function certainPart(word: string): string {
  const letters = [...word];
  const accent = letters.findIndex((letter) => withoutAccents(letter) !== letter);
  return accent === -1 ? word : letters.slice(0, accent).join("");
}

/** One or two letters begin the name of every tenth company; three ("Van", "Die") still of many. */
const shortestBeginning = 3;
const tellingLength = 4;
const mayBeOtherwise = new Set(["and", "en"]);

/** The longest word of a name, as it is written: what a search can find when its beginning is no help. */
export function searchWord(name: string): string | null {
  const [longest = ""] = splitTradingName(name)[0].split(/[^\p{L}\p{N}]+/u)
    .filter((word) => certainPart(word) === word && !isLegalWord(word.toLowerCase()) && !/^the$/i.test(word))
    .sort((a, b) => b.length - a.length);
  return longest.length >= shortestBeginning ? longest : null;
}

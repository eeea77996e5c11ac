import type { RandomStream } from "../support/random.ts";

// Names that occur nowhere else, so that a leaked one is found by searching for it.

const syllables = ["zol", "thu", "kwa", "mbe", "nxa", "sip", "vuy", "qhe", "lwa", "dzi", "gqo", "fho"];

function word(random: RandomStream): string {
  const text = Array.from({ length: 4 }, () => random.pick(syllables)).join("");
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}

export function personName(random: RandomStream): { first_name: string; last_name: string } {
  return { first_name: word(random), last_name: word(random) };
}

export function emailAddress(random: RandomStream): string {
  return `${word(random)}.${random.between(1, 999_999)}@Example.co.za`;
}

export function phoneNumber(random: RandomStream): string {
  return `+27 82 ${random.between(100, 999)} ${random.between(1000, 9999)}`;
}

/** Thirteen digits, as South African identity numbers have. */
export function idNumber(random: RandomStream): string {
  return `${random.between(700_101, 991_231)}${random.between(1_000_000, 9_999_999)}`;
}

/** Some companies come again, some in other spelling: they are one Account all the same. */
export function companyName(random: RandomStream): string {
  const name = `${random.pick(["Karoo", "Vaal", "Orange", "Table Bay", "Limpopo"])} ${
    random.pick(["Traders", "Foods", "Motors", "Dental", "Legal", "Wines"])
  } ${random.between(1, 12)}`;
  if (random.chance(0.1)) return name.toUpperCase();
  return random.chance(0.1) ? `  ${name.replaceAll(" ", "  ")}` : name;
}

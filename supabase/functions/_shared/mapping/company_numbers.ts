/**
 * A registration number as the register of companies writes it today: year/sequence/type, e.g. 2015/123456/07. Null
 * for what is none: an ID number, "n/a", a number of zeros.
 *
 * - `2015/123456/07`, `2015 / 123456 / 07`, `201512345607`, `K2015/123456/07`: the same number
 * - `K2015123456`: a company of the register's newer system, without a type; taken as a private one (07), the only
 *   kind that bears such a number as its name. If it is another kind the number meets nothing and asks
 * - `CK98/12345/23`, `CK 1998/012345`: a close corporation, type 23; two digits are a year of the 1900s from 30 on,
 *   and for close corporations, which were registered from 1984 to 2011, up to 11 one of the 2000s
 *
 * The type is part of it: close corporations and companies were counted apart, so 2002/012345/23 and 2002/012345/07
 * are two.
 */
export function normaliseRegistrationNumber(text: string): string | null {
  const compact = text.toUpperCase().replace(label, "").replace(/[\s./\\_–-]+/g, "/").replace(/^\/|\/$/g, "");
  const found = separated.exec(compact) ?? run.exec(compact);
  if (!found?.groups) return null;
  const { prefix = "", year: written = "", sequence = "", type = defaultTypes[prefix] ?? "" } = found.groups;
  const year = fullYear(written, type);
  if (year === null || type === "" || type === "00" || /^0+$/.test(sequence)) return null;
  if (prefix === "CK" && type !== "23") return null;
  return `${year}/${sequence.padStart(6, "0")}/${type}`;
}

/** "Reg. No.: 2015/123456/07" */
const label = /^\s*(?:(?:COMPANY|CO|REGISTRATION|REG|NUMBER|NO|NR)\b[\s.:#]*)+/;
const separated = /^(?<prefix>CK|K)?\/?(?<year>\d{4}|\d{2})\/(?<sequence>\d{1,6})(?:\/(?<type>\d{2}))?$/;
const run = /^(?<prefix>CK|K)?\/?(?<year>\d{4})(?<sequence>\d{6})(?<type>\d{2})?$/;
const defaultTypes: Record<string, string> = { K: "07", CK: "23" };

function fullYear(written: string, type: string): string | null {
  const year = Number(written);
  if (written.length === 4) return year >= 1850 && year < 2100 ? written : null;
  if (type === "23" && year <= 11) return `20${written}`;
  return year >= 30 ? `19${written}` : null;
}

/** A VAT number is ten digits and begins with a 4; an income tax number begins otherwise. Null for what is none. */
export function normaliseVatNumber(text: string): string | null {
  const digits = text.replace(/[\s./-]/g, "").replace(/^(?:VAT|ZA)(?:NO)?:?/i, "");
  return /^4\d{9}$/.test(digits) && !/^40+$/.test(digits) ? digits : null;
}

/** The ways in which sales may have typed a registration number: Zoho compares text, we compare numbers. */
export function registrationSpellings(number: string): string[] {
  const [year = "", sequence = "", type = ""] = number.split("/");
  const common = [number, `${year}${sequence}${type}`];
  if (type === "23") return [...common, `CK${year}/${sequence}/${type}`];
  return [...common, `K${year}${sequence}`, `K${year}/${sequence}/${type}`];
}

import { z } from "zod";

// What a variable may hold; each message goes on from the variable's name.

/** One that must be there. */
export const requiredText = z.string({ error: "is not set" }).trim().min(1, { error: "is empty" });
/** An http(s) address, without the slash at its end. */
export const httpAddress = z.url({ protocol: /^https?$/, error: "is not an http(s) address" })
  .transform((value) => value.replace(/\/+$/, ""));

export const wholeNumber = (from: number, to: number) =>
  z.string().regex(/^\d+$/, { error: "is not a whole number" }).transform(Number)
    .refine((value) => value >= from && value <= to, { error: `is not between ${from} and ${to}` });

export const apiName = z.string().trim().regex(/^[A-Za-z]\w*$/, { error: "is no api_name of a field" });

/** Keys of 32 bytes in base64, separated by commas. */
export const encryptionKeys = requiredText.transform((value, context) => {
  const keys = value.split(",").map((part) => decodeKey(part.trim()));
  const good = keys.filter((key) => key !== null);
  if (good.length < keys.length) {
    context.addIssue({ code: "custom", message: "is not 32 bytes in base64" });
    return z.NEVER;
  }
  return good;
});

/** An IANA name. */
export const timeZone = z.string().refine(isTimeZone, { error: "is not a time zone" });

const mailAddress = z.email({ error: "is not an e-mail address" });
/** Several e-mail addresses, as `a@b.example, c@d.example`. */
export const mailAddresses = z.string().transform((text) => text.split(",").map((each) => each.trim()))
  .pipe(z.array(z.email({ error: "has something that is not an e-mail address" })));
/** An address, or a name and the address in angle brackets. */
export const mailSender = z.string().trim().refine(
  (text) => mailAddress.safeParse(text.replace(/^.*<(.+)>$/, "$1")).success,
  { error: "is not an e-mail address" },
);

function decodeKey(value: string): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return bytes.length === 32 ? bytes : null;
  } catch {
    return null;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-CA", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

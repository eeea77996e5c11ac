import { contact } from "./contact.ts";
import type { Fields } from "./types.ts";

/** Fields that name a person; a log row keeps only their shape. Zoho makes the full name itself. */
const personalFields = new Set([
  "Full_Name",
  ...Object.entries(contact.fields).flatMap(([name, { isPersonal }]) => isPersonal ? [name] : []),
]);

/** The fields as a log row may hold them: names and e-mail masked, everything else as sent. */
export function maskFields(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map((
      [name, value],
    ) => [name, personalFields.has(name) && typeof value === "string" ? maskText(value) : value]),
  );
}

/** "thandi@example.co.za" → "t…@e…", "Thandi" → "T…". */
export function maskText(value: string): string {
  return value.split("@").map((part) => `${[...part][0] ?? ""}…`).join("@");
}

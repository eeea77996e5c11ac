import { parseEnv } from "node:util";
import { type Check, fail, ok, warn } from "../../supabase/functions/_shared/doctor/check.ts";
import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { digestOfVariable } from "../../supabase/functions/_shared/platform/secrets.ts";

/** What the functions run with, by the name of each variable: a digest under a salt that this command chose. */
export type Digests = Record<string, string>;

export const newSalt = () => crypto.getRandomValues(new Uint8Array(16)).toHex();

/** The digests in an answer of zoho-admin; null from functions that give none. */
export function digestsIn(answer: unknown): Digests | null {
  if (!isRecord(answer)) return null;
  const entries = Object.entries(answer);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
    ? Object.fromEntries(entries)
    : null;
}

/** Whether a release from this file would bring another value than the functions run with. No value leaves this machine. */
export async function compareSecrets(
  path: string,
  text: string,
  deployed: Digests,
  salt: string,
): Promise<Check> {
  const name = "secrets";
  const docs = "docs/rotate-secrets.md#every-copy";
  const file = Object.entries(parseEnv(text)).filter(([variable, value]) =>
    variable.startsWith("ZOHO_") && (value ?? "").trim() !== ""
  );
  const other: string[] = [];
  for (const [variable, value = ""] of file) {
    if (await digestOfVariable(salt, variable, value) !== deployed[variable]) other.push(variable);
  }
  if (other.length > 0) {
    return fail(
      "SECRETS_DIFFER",
      name,
      `${
        other.join(", ")
      }: ${path} has another value than the functions run with, and the next release would set it`,
      `Correct the file; then: supabase secrets set --env-file ${path} --yes`,
      docs,
    );
  }
  const lacking = Object.keys(deployed).filter((variable) => !file.some(([known]) => known === variable));
  return lacking.length === 0 ? ok(name, `the functions run with those of ${path}`) : warn(
    "SECRETS_LACKING",
    name,
    `${path} lacks ${lacking.join(", ")}, which the functions have`,
    "Add it to the file, from your password store.",
    docs,
  );
}

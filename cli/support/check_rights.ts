import type { Settings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { createZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { isZohoFault } from "../../supabase/functions/_shared/zoho/faults.ts";
import type { Grant } from "../../supabase/functions/_shared/zoho/grant.ts";
import { probeScopes } from "../../supabase/functions/_shared/zoho/scopes.ts";
import { paint } from "./colour.ts";
import { CommandError, type Terminal } from "./command.ts";
import { textTable } from "./table.ts";

/** Tries each right by a call that needs it, and prints what is missing. @returns whether nothing is */
export async function checkRights(
  { fetch, print }: Terminal,
  settings: Settings,
  grant: Grant,
): Promise<boolean> {
  const token = {
    value: grant.accessToken,
    version: 0,
    expiresAtMs: Date.now() + grant.expiresInSeconds * 1000,
    apiDomain: grant.apiDomain ?? null,
  };
  const zoho = createZohoClient({ settings, tokens: { get: () => Promise.resolve(token) }, fetch });
  const findings = await probeScopes(zoho).catch((error) => {
    if (!isZohoFault(error)) throw error;
    throw new CommandError(
      `The granted rights could not be checked: ${error.code}. deno task doctor checks them again.`,
    );
  });
  const wrong = findings.filter(({ state }) => state !== "granted");
  if (wrong.length === 0) {
    print(`${paint("green", "✓")} All ${findings.length} rights are granted; each was tried.`);
    return true;
  }
  print(`${paint("red", "✗")} ${wrong.length} of ${findings.length} rights are missing:`);
  print(textTable(
    wrong.map((finding) => [
      paint("red", finding.scope),
      finding.state === "refused" ? finding.code : "not granted",
      `needed for ${finding.use}`,
    ]),
    "  ",
  ));
  print("  Not granted: generate a code with the scopes above (--scopes prints them) and run this again.");
  print(
    "  NO_PERMISSION: give the integration user's profile the right. INVALID_MODULE: switch the module on.",
  );
  return false;
}

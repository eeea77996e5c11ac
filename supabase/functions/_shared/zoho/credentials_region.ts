import { isRecord } from "../platform/is_record.ts";
import { type Region, regionHosts, regions } from "../platform/regions.ts";

/** Where a token was asked for. */
export interface AskedRegion {
  region: Region;
  accountsUrl: string;
}

/** Error words for credentials of another data centre, since each knows only its own (multi-DC page). */
const saidOfOtherRegions = new Set(["invalid_code", "invalid_client"]);

/** Fields that name the data centre: a grant's redirect has the first two, a token reply the last. */
const tellingKeys = ["location", "accounts-server", "accounts_server", "api_domain"];

/**
 * A hint for refusals that a wrong region explains: which region was used, and which one the credentials belong to if Zoho's
 * answer names it. Empty for other refusals.
 */
export function regionHint(word: string, asked: AskedRegion, answer: unknown): string {
  if (!saidOfOtherRegions.has(word)) return "";
  const where = ` (asked ${hostOf(asked.accountsUrl) ?? asked.accountsUrl}, ZOHO_REGION=${asked.region})`;
  const told = regionNamedBy(answer);
  if (told === null) return `${where}: it is revoked or mistyped, or it was made in another region`;
  if (told === asked.region) return where;
  return `${where}: Zoho names ${told} (${hostOf(regionHosts[told].accounts)}), so set ZOHO_REGION=${told}`;
}

/** The region that an answer of the accounts server names by a word or by a host; null where it names none. */
export function regionNamedBy(answer: unknown): Region | null {
  if (!isRecord(answer)) return null;
  for (const key of tellingKeys) {
    const value = answer[key];
    const told = typeof value === "string" ? regionOf(value) : null;
    if (told !== null) return told;
  }
  return null;
}

/** "eu", "https://accounts.zoho.eu" and "https://www.zohoapis.eu" are all EU. */
function regionOf(text: string): Region | null {
  const host = hostOf(text);
  return regions.find((region) =>
    host === null
      ? region.toLowerCase() === text.trim().toLowerCase()
      : Object.values(regionHosts[region]).some((known) => hostOf(known) === host)
  ) ?? null;
}

function hostOf(text: string): string | null {
  return URL.canParse(text) ? new URL(text).host : null;
}

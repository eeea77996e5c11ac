import { studioOf } from "./say/places.ts";

/** What config.json beside index.html says: which project this page belongs to. Nothing in it is secret. */
export interface Config {
  supabaseUrl: string;
  publishableKey: string;
  /** false where the project has no Realtime (the local stack); the page then only polls. */
  realtime: boolean;
  /** Supabase Studio of the project; null where it is not known, and rows cannot be opened from here. */
  studioUrl: string | null;
}

/** Why there is no page to show, and what to do about it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

const EXAMPLE = '{ "supabaseUrl": "https://<ref>.supabase.co", "publishableKey": "sb_publishable_…" }';

/** @throws ConfigError saying what is missing or wrong */
export async function loadConfig(load: typeof fetch = fetch): Promise<Config> {
  const response = await load("./config.json").catch(() => null);
  if (!response) {
    throw new ConfigError("config.json could not be loaded", "Check your connection and reload the page.");
  }
  if (!response.ok) {
    throw new ConfigError("config.json is missing", `Put it beside index.html: ${EXAMPLE}`);
  }
  return readConfig(await response.json().catch(() => null));
}

/** @throws ConfigError naming what is wrong */
export function readConfig(value: unknown): Config {
  // A host that answers every address with index.html sends HTML here.
  if (!isRecord(value)) {
    throw new ConfigError("config.json is not JSON", `It should read ${EXAMPLE}`);
  }
  const { supabaseUrl, publishableKey, realtime = true, studioUrl } = value;
  if (typeof supabaseUrl !== "string" || !isHttpUrl(supabaseUrl)) {
    throw new ConfigError("supabaseUrl in config.json is not a URL", `It should read ${EXAMPLE}`);
  }
  if (typeof publishableKey !== "string" || publishableKey === "") {
    throw new ConfigError("publishableKey in config.json is missing", `It should read ${EXAMPLE}`);
  }
  if (isSecret(publishableKey)) {
    throw new ConfigError(
      "publishableKey in config.json is a secret key",
      "Everybody can read this file. Revoke that key in the project's API settings, then put the publishable key here.",
    );
  }
  if (studioUrl !== undefined && (typeof studioUrl !== "string" || !isHttpUrl(studioUrl))) {
    throw new ConfigError(
      "studioUrl in config.json is not a URL",
      'Leave it out for a hosted project, or name Studio\'s address: "http://127.0.0.1:54323/project/default"',
    );
  }
  const { origin } = new URL(supabaseUrl);
  return {
    supabaseUrl: origin,
    publishableKey,
    realtime: realtime !== false,
    studioUrl: studioUrl?.replace(/\/+$/, "") ?? studioOf(origin),
  };
}

function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(protocolOf(text));
}

/** A new secret key, or a legacy JWT of the service role. */
function isSecret(key: string): boolean {
  if (key.startsWith("sb_secret_")) return true;
  const [, claims] = key.split(".");
  if (!claims) return false;
  try {
    return atob(claims.replaceAll("-", "+").replaceAll("_", "/")).includes("service_role");
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function protocolOf(text: string): string {
  try {
    return new URL(text).protocol;
  } catch {
    return "";
  }
}

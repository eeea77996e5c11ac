import { ConfigurationError } from "../platform/environment.ts";
import { isRecord } from "../platform/is_record.ts";
import { type Fact, factOf, known, type Unreadable } from "./fact.ts";
import type { VariableFault } from "./facts.ts";
import type { FindingCode } from "./finding_codes.ts";

const others = ["zoho-sync", "zoho-token-refresh", "zoho-webhook"];
const patienceMs = 15_000;

/** The status that each of the other functions answers to a call without credentials. */
export async function functionFacts(send: typeof fetch, supabaseUrl: string) {
  return await Promise.all(
    others.map(async (name) => ({ name, status: await knock(send, supabaseUrl, name) })),
  );
}

async function knock(send: typeof fetch, supabaseUrl: string, name: string): Promise<Fact<number>> {
  return await factOf(async () => {
    const response = await send(`${supabaseUrl}/functions/v1/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.body?.cancel();
    return response.status;
  }, () => away("FUNCTION_WRONG", "it does not answer", "supabase functions deploy --use-api --yes"));
}

/** zoho-admin would not have come this far without the variables that all functions need; the rest are tried one by one. */
export function variableFault(loaders: (() => unknown)[]): Fact<VariableFault> {
  for (const load of loaders) {
    try {
      load();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const { variable, problem, hint } = error;
      return known({ variable, problem, hint });
    }
  }
  return known(null);
}

/** Ids of the signing keys that the functions know, beside those that the Auth server publishes. */
export async function signingKeyFact(send: typeof fetch, supabaseUrl: string, knownIds: string[] | null) {
  return await factOf(async () => {
    const response = await send(`${supabaseUrl}/auth/v1/.well-known/jwks.json`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    const set: unknown = await response.json();
    if (!response.ok || !isRecord(set) || !Array.isArray(set.keys)) throw new Error("no key set");
    const published = set.keys.filter(isRecord).map(({ kid }) => String(kid));
    // A key set that is fetched when it is needed is never older than the published one.
    return { published, known: knownIds ?? published };
  }, () =>
    away(
      "SIGN_IN_AWAY",
      "the Auth server does not answer, so nobody can sign in",
      "Restart the project (Dashboard → Settings → General → Restart project).",
    ));
}

function away(finding: FindingCode, message: string, advice: string): Unreadable {
  return { is: "unreadable", code: "AWAY", finding, message, advice, docs: "docs/operate.md" };
}

/** SHA-256 in hex, as Postgres makes it of the key in Vault. */
export async function digestOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

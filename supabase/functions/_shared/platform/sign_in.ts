import type { SupabaseEnv } from "@supabase/server";
import { verifyCredentials } from "@supabase/server/core";
import { SECOND } from "./duration.ts";
import type { Refusal } from "./http.ts";
import { type ClaimsVerdict, judgeClaims, type TokenClaims } from "./token_claims.ts";

export type SignedIn = { ok: true; userId: string } | { ok: false; status: number; refusal: Refusal };

export interface SignInDependencies {
  env: SupabaseEnv;
  fetch: typeof fetch;
  now: () => number;
}

/** How long the Auth server's answer about an unexpired token is cached: a user signed out there is refused within a minute. */
const believedMs = 60 * SECOND;
const rememberedTokens = 200;
const patienceMs = 10 * SECOND;
const again = "Sign in again";

/**
 * Judges sign-in tokens of both kinds of project. A token whose key is in the project's key set is verified here. The
 * Auth server checks any other: HS256 tokens, which a project on the legacy JWT secret signs without naming a
 * key, and tokens of a signing key that is newer than this isolate's key set.
 */
export class SignInCheck {
  readonly #deps: SignInDependencies;
  readonly #believed = new Map<string, { userId: string; untilMs: number }>();

  constructor(deps: SignInDependencies) {
    this.#deps = deps;
  }

  async judge(token: string): Promise<SignedIn> {
    const verdict = judgeClaims(token, this.#deps.now());
    if (!verdict.ok) return refused(verdict);
    return this.#isInKeySet(verdict.claims)
      ? await this.#verifyHere(token, verdict.claims)
      : await this.#askAuth(token, verdict.claims);
  }

  #isInKeySet({ algorithm, keyId }: TokenClaims): boolean {
    const { jwks } = this.#deps.env;
    if (jwks === null || keyId === null || algorithm === "HS256") return false;
    return jwks instanceof URL || jwks.keys.some(({ kid }) => kid === keyId);
  }

  async #verifyHere(token: string, { userId }: TokenClaims): Promise<SignedIn> {
    const { error } = await verifyCredentials({ token, apikey: null }, { auth: "user", env: this.#deps.env });
    if (error === null) return { ok: true, userId };
    if (error.status >= 500) return unchecked("the project's key set could not be read");
    return refused({
      code: "SIGN_IN_REFUSED",
      message: "The signature of the sign-in token is not this project's",
    });
  }

  async #askAuth(token: string, { userId }: TokenClaims): Promise<SignedIn> {
    const nowMs = this.#deps.now();
    const known = this.#believed.get(token);
    if (known && known.untilMs > nowMs) return { ok: true, userId: known.userId };
    const answer = await this.#userOf(token);
    if (typeof answer !== "number") return unchecked("the Auth server does not answer");
    if (answer >= 500 || answer === 429) return unchecked(`the Auth server answered ${answer}`);
    if (answer !== 200) {
      return refused({
        code: "SIGN_IN_REFUSED",
        message: "The Auth server does not accept the sign-in token",
      });
    }
    this.#believe(token, { userId, untilMs: nowMs + believedMs });
    return { ok: true, userId };
  }

  async #userOf(token: string): Promise<number | null> {
    const { url, publishableKeys, secretKeys } = this.#deps.env;
    const [apikey = ""] = [...Object.values(publishableKeys), ...Object.values(secretKeys)];
    try {
      const response = await this.#deps.fetch(`${url}/auth/v1/user`, {
        headers: { apikey, authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(patienceMs),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return null;
    }
  }

  #believe(token: string, known: { userId: string; untilMs: number }): void {
    this.#believed.delete(token);
    this.#believed.set(token, known);
    const [oldest] = this.#believed.keys();
    if (this.#believed.size > rememberedTokens && oldest !== undefined) this.#believed.delete(oldest);
  }
}

function refused({ code, message }: Omit<Extract<ClaimsVerdict, { ok: false }>, "ok">): SignedIn {
  return { ok: false, status: 401, refusal: { code, message, hint: again } };
}

/** A fault on our side: the page keeps the person signed in and tries again. */
function unchecked(why: string): SignedIn {
  return {
    ok: false,
    status: 503,
    refusal: {
      code: "SIGN_IN_UNCHECKED",
      message: `The sign-in could not be checked: ${why}`,
      hint: "Try again in a minute",
    },
  };
}

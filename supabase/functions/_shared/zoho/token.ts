import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import { MINUTE, SECOND } from "../platform/duration.ts";
import type { Settings } from "../platform/engine_settings.ts";
import { decryptSecret, encryptSecret, fingerprint } from "../platform/secrets.ts";
import { ZohoTokenError } from "./faults.ts";
import { processTokenReply } from "./token_reply.ts";

export interface AccessToken {
  value: string;
  /** The row's refresh count; identifies a token without revealing it. */
  version: number;
  expiresAtMs: number;
  apiDomain: string | null;
  /** Read from the row or the cache, so possibly fetched by another isolate and not for this call. */
  isShared?: boolean;
}

/** Fetches the next token early. */
export interface TokenAhead {
  ahead(): Promise<AccessToken>;
}

/** Supplies a client with tokens; `refused` is the one that Zoho just answered with 401. */
export interface TokenSource {
  get(refused?: AccessToken): Promise<AccessToken>;
}

export interface TokenDependencies {
  db: ServiceClient;
  settings: Settings;
  fetch: typeof fetch;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** When this isolate started, and with it the age of its secrets: a newer isolate's seed is never replaced. */
  startedAtMs: number;
}

/** A token this close to its end is refreshed before a call; the schedule does it earlier still. */
const refreshMarginMs = 5 * MINUTE;
const aheadMarginMs = 10 * MINUTE;
const waitForOthersMs = 100;
const longestWaitMs = 45 * SECOND;
/** How long to wait for an isolate with newer secrets, which may not exist. */
const waitForNewerMs = 3 * SECOND;

const leaseAnswer = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("fresh"),
    token: z.object({
      access_token: z.string(),
      expires_at: z.string(),
      version: z.number(),
      api_domain: z.string().nullable(),
    }),
  }),
  z.object({
    state: z.literal("leased"),
    token: z.object({ refresh_token: z.string(), version: z.number() }),
  }),
  z.object({ state: z.literal("wait") }),
  z.object({ state: z.literal("superseded") }),
  z.object({ state: z.literal("throttled"), retry_in_seconds: z.number() }),
  z.object({ state: z.literal("unseeded") }),
]);

/**
 * The access token in the one row that all isolates share. Refreshing is single-flight: the holder of the row's lease refreshes,
 * all others wait and read.
 */
export class TokenStore implements TokenSource, TokenAhead {
  #cached: AccessToken | null = null;
  /** Requests in progress, by refused version; ten calls that start together fetch one token, not ten. */
  readonly #pending = new Map<number | null, Promise<AccessToken>>();

  constructor(private readonly deps: TokenDependencies) {}

  /**
   * @param refused a token that Zoho just answered with 401: returns another one
   * @throws ZohoTokenError when Zoho refuses, throttles or does not answer
   */
  get(refused?: AccessToken): Promise<AccessToken> {
    const cached = this.#cached;
    const isGood = cached && cached.version !== refused?.version &&
      cached.expiresAtMs > this.deps.now() + refreshMarginMs;
    return isGood ? Promise.resolve(cached) : this.#once(refused);
  }

  #once(refused?: AccessToken): Promise<AccessToken> {
    const key = refused?.version ?? null;
    const pending = this.#pending.get(key) ??
      this.#obtain(refreshMarginMs, refused).finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  /** A token valid for more than ten minutes; called by the schedule. @throws ZohoTokenError */
  ahead(): Promise<AccessToken> {
    return this.#obtain(aheadMarginMs);
  }

  async #obtain(marginMs: number, refused?: AccessToken): Promise<AccessToken> {
    const { now, sleep } = this.deps;
    const owner = crypto.randomUUID();
    const beganMs = now();
    let seed: string | undefined;
    while (now() < beganMs + longestWaitMs) {
      const lease = await this.#lease(owner, marginMs, seed, refused?.version);
      if (lease.state === "fresh") return this.#cached = await this.#open(lease.token);
      if (lease.state === "leased") {
        return this.#cached = await this.#refresh(owner, lease.token.refresh_token, lease.token.version + 1);
      }
      if (lease.state === "throttled") {
        throw new ZohoTokenError(
          "TOKEN_THROTTLED",
          "8 refreshes in 10 minutes: Zoho would refuse the next ones",
          lease.retry_in_seconds,
        );
      }
      if (lease.state === "unseeded") {
        seed = await encryptSecret(this.deps.settings.tokenKeys, this.deps.settings.refreshToken);
        continue;
      }
      if (lease.state === "superseded" && now() >= beganMs + waitForNewerMs) {
        throw new ZohoTokenError("TOKEN_UNAVAILABLE", "the secrets were changed since this isolate started");
      }
      await sleep(waitForOthersMs);
    }
    throw new ZohoTokenError("TOKEN_UNAVAILABLE", "another isolate has been refreshing for too long");
  }

  async #lease(owner: string, marginMs: number, seed?: string, refused?: number) {
    const { db, settings } = this.deps;
    const [key] = settings.tokenKeys;
    if (!key) throw new ZohoTokenError("TOKEN_REFUSED", "no encryption key");
    return leaseAnswer.parse(
      await callFunction(db, "zoho_lease_token", {
        p_owner: owner,
        p_fingerprint: await seedFingerprint(key, settings),
        p_margin_seconds: marginMs / SECOND,
        p_started_at: new Date(this.deps.startedAtMs).toISOString(),
        ...(seed === undefined ? {} : { p_seed: seed }),
        ...(refused === undefined ? {} : { p_refused: refused }),
      }),
    );
  }

  async #open(
    token: { access_token: string; expires_at: string; version: number; api_domain: string | null },
  ) {
    return {
      value: await decryptSecret(this.deps.settings.tokenKeys, token.access_token),
      version: token.version,
      expiresAtMs: Date.parse(token.expires_at),
      apiDomain: token.api_domain,
      isShared: true,
    };
  }

  async #refresh(owner: string, sealedRefreshToken: string, version: number): Promise<AccessToken> {
    const { db, settings, now } = this.deps;
    try {
      const refreshToken = await decryptSecret(settings.tokenKeys, sealedRefreshToken);
      const reply = processTokenReply(await this.#request(refreshToken), settings);
      await callFunction(db, "zoho_store_token", {
        p_owner: owner,
        p_access_token: await encryptSecret(settings.tokenKeys, reply.accessToken),
        p_refresh_token: await encryptSecret(settings.tokenKeys, refreshToken),
        p_expires_in_seconds: reply.expiresInSeconds,
        ...(reply.scope === undefined ? {} : { p_scope: reply.scope }),
        ...(reply.apiDomain === undefined ? {} : { p_api_domain: reply.apiDomain }),
      });
      return {
        value: reply.accessToken,
        version,
        expiresAtMs: now() + reply.expiresInSeconds * SECOND,
        apiDomain: reply.apiDomain ?? null,
      };
    } catch (error) {
      const code = error instanceof ZohoTokenError ? error.code : "TOKEN_UNAVAILABLE";
      await callFunction(db, "zoho_fail_token", { p_owner: owner, p_code: code });
      throw error;
    }
  }

  /** The secrets travel in the body: a query string ends up in access logs. */
  async #request(refreshToken: string): Promise<{ status: number; body: unknown }> {
    const { settings, fetch } = this.deps;
    try {
      const response = await fetch(`${settings.accountsUrl}/oauth/v2/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "refresh_token",
          client_id: settings.clientId,
          client_secret: settings.clientSecret,
          refresh_token: refreshToken,
        }),
        signal: AbortSignal.timeout(settings.timeoutMs),
      });
      return { status: response.status, body: await response.json().catch(() => null) };
    } catch {
      // The original error may quote the request; it is not kept.
      throw new ZohoTokenError("TOKEN_UNAVAILABLE", "Zoho's token service could not be reached");
    }
  }
}

/** A digest of the secrets behind a token row, the client's included, since a refresh needs its secret. */
export function seedFingerprint(
  key: Uint8Array<ArrayBuffer>,
  { clientId, clientSecret, refreshToken }: Pick<Settings, "clientId" | "clientSecret" | "refreshToken">,
): Promise<string> {
  return fingerprint(key, JSON.stringify([clientId, clientSecret, refreshToken]));
}

import { MINUTE } from "../../../supabase/functions/_shared/platform/duration.ts";
import { hex, type Random } from "../core/random.ts";

export interface Credentials {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
}

interface RefreshToken {
  token: string;
  scopes: string[];
  dataCentre: string;
  revoked: boolean;
  /** When each access token of the last ten minutes was made. */
  madeAtMs: number[];
}

interface AccessToken {
  token: string;
  refreshToken: string;
  scopes: string[];
  dataCentre: string;
  expiresAtMs: number;
}

interface GrantCode {
  scopes: string[];
  expiresAtMs: number;
}

export interface TokenLimits {
  tokenLifeMs: number;
  activeTokens: number;
  newTokensPer10Minutes: number;
}

const refreshTokensPerUser = 20;

/** Everything the accounts server remembers (facts §3, limits from the token-validity page). */
export class IssuedTokens {
  readonly credentials: Credentials;
  issued = 0;
  refreshes = 0;
  refused = 0;
  readonly #random: Random;
  #refresh = new Map<string, RefreshToken>();
  #access = new Map<string, AccessToken>();
  #grants = new Map<string, GrantCode>();

  constructor(credentials: Credentials, random: Random, scopes: string[], dataCentre: string) {
    this.credentials = credentials;
    this.#random = random;
    this.addRefreshToken(credentials.refreshToken, scopes, dataCentre);
  }

  /** A user holds 20 refresh tokens; one more deletes the oldest and its access tokens. */
  addRefreshToken(token: string, scopes: string[], dataCentre: string): void {
    const oldest = this.#refresh.keys().next().value;
    if (this.#refresh.size >= refreshTokensPerUser && oldest !== undefined) {
      this.#refresh.delete(oldest);
      this.#dropAccessOf(oldest);
    }
    this.#refresh.set(token, { token, scopes, dataCentre, revoked: false, madeAtMs: [] });
  }

  newSecret(): string {
    return `1000.${hex(this.#random, 32)}.${hex(this.#random, 32)}`;
  }

  /** A refresh token that may be used in this data centre. */
  findRefresh(token: string, dataCentre: string): RefreshToken | undefined {
    const found = this.#refresh.get(token);
    return found === undefined || found.revoked || found.dataCentre !== dataCentre ? undefined : found;
  }

  isThrottled(refresh: RefreshToken, nowMs: number, limits: TokenLimits): boolean {
    refresh.madeAtMs = refresh.madeAtMs.filter((madeAtMs) => madeAtMs > nowMs - 10 * MINUTE);
    return refresh.madeAtMs.length >= limits.newTokensPer10Minutes;
  }

  /** A new access token; the one that makes too many active ones ends the oldest. */
  issue(refresh: RefreshToken, nowMs: number, limits: TokenLimits): string {
    const token = this.newSecret();
    refresh.madeAtMs.push(nowMs);
    this.#access.set(token, {
      token,
      refreshToken: refresh.token,
      scopes: refresh.scopes,
      dataCentre: refresh.dataCentre,
      expiresAtMs: nowMs + limits.tokenLifeMs,
    });
    this.issued++;
    const active = this.#activeOf(refresh.token, nowMs);
    for (const old of active.slice(0, Math.max(0, active.length - limits.activeTokens))) {
      this.#access.delete(old.token);
    }
    return token;
  }

  findAccess(token: string, dataCentre: string, nowMs: number): AccessToken | undefined {
    const found = this.#access.get(token);
    return found === undefined || found.expiresAtMs <= nowMs || found.dataCentre !== dataCentre
      ? undefined
      : found;
  }

  active(nowMs: number): number {
    return [...this.#access.values()].filter((access) => access.expiresAtMs > nowMs).length;
  }

  newGrantCode(scopes: string[], nowMs: number): string {
    const code = this.newSecret();
    this.#grants.set(code, { scopes, expiresAtMs: nowMs + 3 * MINUTE });
    return code;
  }

  /** A grant code works once. */
  takeGrant(code: string, nowMs: number): GrantCode | undefined {
    const found = this.#grants.get(code);
    this.#grants.delete(code);
    return found === undefined || found.expiresAtMs <= nowMs ? undefined : found;
  }

  expireAll(): void {
    this.#access.clear();
  }

  setRevoked(token: string, revoked: boolean): boolean {
    const found = this.#refresh.get(token);
    if (found === undefined) return false;
    found.revoked = revoked;
    if (revoked) this.#dropAccessOf(token);
    return true;
  }

  setScopes(scopes: string[]): void {
    for (const refresh of this.#refresh.values()) refresh.scopes = scopes;
    for (const access of this.#access.values()) access.scopes = scopes;
  }

  #activeOf(refreshToken: string, nowMs: number): AccessToken[] {
    return [...this.#access.values()].filter((access) =>
      access.refreshToken === refreshToken && access.expiresAtMs > nowMs
    );
  }

  #dropAccessOf(refreshToken: string): void {
    for (const access of this.#access.values()) {
      if (access.refreshToken === refreshToken) this.#access.delete(access.token);
    }
  }
}

import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { SigningKey } from "./keys.ts";

// @supabase/lite signs with a shared secret and names no key; @supabase/server accepts neither. Whoever passes the
// gateway carries the form that the other side reads. A token that does not verify passes as it is, to be refused there.

export interface TokenExchange {
  towardsFunction(token: string): Promise<string>;
  towardsLite(token: string): Promise<string>;
}

export function tokenExchange(key: SigningKey, liteSecret: string): TokenExchange {
  const secret = new TextEncoder().encode(liteSecret);
  return {
    async towardsFunction(token) {
      if (headerOf(token)?.alg !== "HS256") return token;
      const claims = await verified(token, secret, "HS256");
      if (!claims) return token;
      const header = { alg: "ES256", kid: key.kid, typ: "JWT" };
      return await new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey);
    },
    async towardsLite(token) {
      if (headerOf(token)?.kid !== key.kid) return token;
      const claims = await verified(token, key.publicKey, "ES256");
      if (!claims) return token;
      return await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(secret);
    },
  };
}

function headerOf(token: string): { alg?: string; kid?: string } | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

async function verified(
  token: string,
  key: CryptoKey | Uint8Array,
  algorithm: string,
): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(token, key, { algorithms: [algorithm] })).payload;
  } catch {
    return undefined;
  }
}

/** The same headers, with the bearer token exchanged if there is one. */
export async function withExchangedToken(
  headers: Headers,
  exchange: (token: string) => Promise<string>,
): Promise<Headers> {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (!token || !token.includes(".")) return headers;
  const changed = new Headers(headers);
  changed.set("authorization", `Bearer ${await exchange(token)}`);
  return changed;
}

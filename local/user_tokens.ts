import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { SigningKey } from "./keys.ts";

/** Which key signs users in: a key pair, as new projects have it, or the legacy JWT secret, which names no key. */
export type SigningMethod = "ES256" | "HS256";

// @supabase/lite signs with a shared secret, as a project on the legacy JWT secret does. Where the stack plays a project
// with a key pair, the gateway signs anew what Auth hands out, and gives lite its own form back. A token that does not
// verify passes as it is, to be refused there.

export interface TokenExchange {
  towardsCaller(token: string): Promise<string>;
  towardsLite(token: string): Promise<string>;
}

export function tokenExchange(method: SigningMethod, key: SigningKey, liteSecret: string): TokenExchange {
  const secret = new TextEncoder().encode(liteSecret);
  return {
    async towardsCaller(token) {
      if (method === "HS256" || headerOf(token)?.alg !== "HS256") return token;
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

/** The same answer of Auth, with the token that it hands out exchanged if there is one. */
export async function withExchangedSession(
  answer: Response,
  exchange: (token: string) => Promise<string>,
): Promise<Response> {
  if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return answer;
  const session: unknown = await answer.json();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const token = isSession(session) ? { access_token: await exchange(session.access_token) } : {};
  return Response.json(isSession(session) ? { ...session, ...token } : session, {
    status: answer.status,
    headers,
  });
}

function isSession(value: unknown): value is { access_token: string } {
  return typeof value === "object" && value !== null && "access_token" in value &&
    typeof value.access_token === "string";
}

import { z } from "zod";

/** A sign-in token's claims, unverified. */
export interface TokenClaims {
  algorithm: string;
  keyId: string | null;
  userId: string;
  expiresAtMs: number;
}

export type ClaimsVerdict = { ok: true; claims: TokenClaims } | {
  ok: false;
  code: "SIGN_IN_REFUSED" | "SIGN_IN_EXPIRED";
  message: string;
};

/** What Supabase Auth signs with: a key pair of the project, or its legacy secret (HS256). */
const algorithms = ["ES256", "RS256", "EdDSA", "HS256"];
const audience = "authenticated";

const header = z.object({ alg: z.string(), kid: z.string().optional() });
const payload = z.object({
  sub: z.guid({ error: "names no user" }),
  exp: z.number({ error: "has no expiry time" }),
  aud: z.union([z.string(), z.array(z.string())], { error: "has no audience" })
    .refine((aud) => [aud].flat().includes(audience), { error: "is for another audience" }),
  role: z.literal(audience, { error: "has a role other than authenticated" }),
});

/** Whether a token can be a signed-in person's at all; its signature is judged elsewhere. Pure. */
export function judgeClaims(token: string, nowMs: number): ClaimsVerdict {
  const refused = (message: string): ClaimsVerdict => ({
    ok: false,
    code: "SIGN_IN_REFUSED",
    message: `The sign-in token ${message}`,
  });
  const parts = token.split(".");
  const head = header.safeParse(decode(parts[0]));
  if (parts.length !== 3 || !head.success) return refused("is not a JWT");
  if (!algorithms.includes(head.data.alg)) {
    return refused("is not signed with a method that Supabase Auth uses");
  }
  const body = payload.safeParse(decode(parts[1]));
  if (!body.success) return refused(body.error.issues[0]?.message ?? "lacks a claim");
  const expiresAtMs = body.data.exp * 1000;
  if (expiresAtMs <= nowMs) {
    return { ok: false, code: "SIGN_IN_EXPIRED", message: "The sign-in has expired" };
  }
  const { alg: algorithm, kid: keyId = null } = head.data;
  return { ok: true, claims: { algorithm, keyId, userId: body.data.sub.toLowerCase(), expiresAtMs } };
}

function decode(part: string | undefined): unknown {
  try {
    const binary = atob((part ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (each) => each.charCodeAt(0))));
  } catch {
    return null;
  }
}

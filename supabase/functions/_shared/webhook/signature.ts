import { SECOND } from "../platform/duration.ts";

export const signatureHeader = "X-ZOHO-WEBHOOK-SIGNATURE";
export const timestampHeader = "X-ZOHO-WEBHOOK-TIMESTAMP";
/** A signed timestamp may be this far from our clock, either way. */
export const signatureToleranceSeconds = 300;

export type SignatureVerdict =
  /** `signedText` is what the signature covers; its hash names the delivery. */
  | { ok: true; signedText: Uint8Array<ArrayBuffer>; hasTimestamp: boolean }
  | { ok: false; reason: "no_signature" | "bad_timestamp" | "old_timestamp" | "wrong_signature" };

const encoder = new TextEncoder();

/**
 * Checks the signature of the raw body: hex HMAC-SHA256 under one of the secrets, over the body, or over
 * `timestamp.body` when a timestamp is given. Upper case and a `sha256=` prefix are accepted.
 *
 * @param secrets several for rotation; each was checked to be long enough when it was loaded
 * @param nowMs epoch milliseconds
 */
export async function verifyZohoWebhookSignature(
  body: Uint8Array<ArrayBuffer>,
  headers: Headers,
  secrets: string[],
  nowMs: number,
): Promise<SignatureVerdict> {
  const given = headers.get(signatureHeader)?.trim() ?? "";
  if (given === "") return { ok: false, reason: "no_signature" };
  const timestamp = headers.get(timestampHeader)?.trim() ?? null;
  if (timestamp !== null && !/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: "bad_timestamp" };

  const signedText = timestamp === null ? body : join(encoder.encode(`${timestamp}.`), body);
  const signature = readHex(given.replace(/^sha256=/i, ""));
  // Tries every secret, so that timing does not reveal which one matches.
  let fits = false;
  for (const secret of secrets) fits = await isSignedBy(secret, signedText, signature) || fits;
  if (!fits) return { ok: false, reason: "wrong_signature" };
  // After the signature, so that only a holder of a secret learns our clock.
  const isOld = timestamp !== null &&
    Math.abs(nowMs / SECOND - Number(timestamp)) > signatureToleranceSeconds;
  return isOld
    ? { ok: false, reason: "old_timestamp" }
    : { ok: true, signedText, hasTimestamp: timestamp !== null };
}

/** Compares two texts in constant time whatever their lengths: both are hashed first. */
export async function isSameSecret(a: string, b: string): Promise<boolean> {
  const key = await importKey(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.sign("HMAC", key, encoder.encode(a));
  return await crypto.subtle.verify("HMAC", key, digest, encoder.encode(b));
}

/** SHA-256, hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** WebCrypto's verify compares in constant time and returns false for a wrong length. */
async function isSignedBy(
  secret: string,
  text: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return await crypto.subtle.verify("HMAC", await importKey(encoder.encode(secret)), signature, text);
}

function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

/** 32 bytes from 64 hex digits; empty for anything else, which matches no signature. */
function readHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(0);
  return Uint8Array.from(
    { length: 32 },
    (_, index) => Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  );
}

function join(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

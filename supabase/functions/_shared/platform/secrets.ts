const encoder = new TextEncoder();
const decoder = new TextDecoder();
const version = "v1:";

/** None of the keys decrypts a stored secret. */
export class SecretUnreadableError extends Error {
  override readonly name = "SecretUnreadableError";
  readonly code = "SECRET_UNREADABLE";
}

/** AES-256-GCM with a fresh 12-byte nonce: `v1:` and base64 of nonce and ciphertext. */
export async function encryptSecret(keys: Uint8Array<ArrayBuffer>[], text: string): Promise<string> {
  const [key] = keys;
  if (!key) throw new SecretUnreadableError("no encryption key");
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce },
    await importKey(key),
    encoder.encode(text),
  );
  return version + btoa(String.fromCharCode(...nonce, ...new Uint8Array(sealed)));
}

/**
 * Decrypts a value of encryptSecret with whichever key fits. A value without our prefix is the original service's
 * plain text and is returned unchanged.
 *
 * @throws SecretUnreadableError when no key fits
 */
export async function decryptSecret(keys: Uint8Array<ArrayBuffer>[], stored: string): Promise<string> {
  if (!stored.startsWith(version)) return stored;
  for (const key of keys) {
    try {
      const bytes = Uint8Array.from(
        atob(stored.slice(version.length)),
        (character) => character.charCodeAt(0),
      );
      const opened = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: bytes.subarray(0, 12) },
        await importKey(key),
        bytes.subarray(12),
      );
      return decoder.decode(opened);
    } catch {
      // The next key may be the one it was made with.
    }
  }
  throw new SecretUnreadableError(
    "the stored token was encrypted under another ZOHO_TOKEN_ENCRYPTION_KEY; put the old key behind the new one",
  );
}

/** Keyed digest, hex: detects a changed secret without storing it. */
export async function fingerprint(key: Uint8Array<ArrayBuffer>, text: string): Promise<string> {
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, encoder.encode(text)));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A variable's digest under the comparing caller's salt. */
export function digestOfVariable(salt: string, name: string, value: string): Promise<string> {
  return fingerprint(encoder.encode(salt), `${name}=${value.trim()}`);
}

function importKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

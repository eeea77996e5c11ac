import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import {
  decryptSecret,
  encryptSecret,
  fingerprint,
  SecretUnreadableError,
} from "../../supabase/functions/_shared/platform/secrets.ts";
import { inBase64, keyOf } from "../support/samples/settings.ts";

const token = "1000.accessaccess.tokentoken";
const oldKey = keyOf(1);
const newKey = keyOf(2);

/** The stored text with one of its bytes changed. */
function tamperWith(stored: string, position: number): string {
  const bytes = Uint8Array.from(atob(stored.slice(3)), (character) => character.charCodeAt(0));
  const index = position < 0 ? bytes.length + position : position;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return `v1:${inBase64(bytes)}`;
}

Deno.test("an encrypted secret decrypts with its key", async () => {
  for (const text of [token, "", "pässwörd 𐐷", "x".repeat(4_000)]) {
    assertEquals(await decryptSecret([oldKey], await encryptSecret([oldKey], text)), text);
  }
});

Deno.test("a stored secret shows its version and nothing of its text", async () => {
  const stored = await encryptSecret([oldKey], token);
  assert(/^v1:[A-Za-z0-9+/]+=*$/.test(stored));
  assert(!stored.includes("accessaccess") && !stored.includes(btoa(token).slice(0, 12)));
});

Deno.test("the same secret encrypts differently each time", async () => {
  const stored = await Promise.all(Array.from({ length: 50 }, () => encryptSecret([oldKey], token)));
  assertEquals(new Set(stored.map((each) => each.slice(0, 19))).size, 50, "a nonce came twice");
});

Deno.test("a secret encrypted with the old key decrypts with a new key in front of it", async () => {
  const stored = await encryptSecret([oldKey], token);
  assertEquals(await decryptSecret([newKey, oldKey], stored), token);
});

Deno.test("the first key encrypts", async () => {
  const stored = await encryptSecret([newKey, oldKey], token);
  assertEquals(await decryptSecret([newKey], stored), token);
  await assertRejects(() => decryptSecret([oldKey], stored), SecretUnreadableError);
});

Deno.test("a secret encrypted with another key is unreadable, and the refusal says what to do", async () => {
  const stored = await encryptSecret([oldKey], token);
  const error = await assertRejects(() => decryptSecret([newKey], stored), SecretUnreadableError);
  assertEquals(error.code, "SECRET_UNREADABLE");
  assert(error.message.includes("ZOHO_TOKEN_ENCRYPTION_KEY"));
  assert(!error.message.includes(stored.slice(3)) && !error.message.includes(token));
});

Deno.test("a stored secret that was tampered with anywhere is unreadable", async () => {
  const stored = await encryptSecret([oldKey], token);
  for (const position of [0, 11, 12, 20, -17, -1]) {
    await assertRejects(
      () => decryptSecret([oldKey], tamperWith(stored, position)),
      SecretUnreadableError,
      undefined,
      `byte ${position}`,
    );
  }
});

Deno.test("a stored secret that was cut short is unreadable", async () => {
  const stored = await encryptSecret([oldKey], token);
  for (const length of [3, 3 + 8, 3 + 16, stored.length - 4]) {
    await assertRejects(() => decryptSecret([oldKey], stored.slice(0, length)), SecretUnreadableError);
  }
});

Deno.test("a stored secret that is no base64 is unreadable like any other", async () => {
  await assertRejects(() => decryptSecret([oldKey], "v1:what is this?"), SecretUnreadableError);
});

Deno.test("the original service's plain text is returned as it is", async () => {
  assertEquals(await decryptSecret([oldKey], token), token);
});

Deno.test("a secret is never stored in plain text, not even without a key", async () => {
  await assertRejects(() => encryptSecret([], token), SecretUnreadableError);
  await assertRejects(
    async () => await decryptSecret([], await encryptSecret([oldKey], token)),
    SecretUnreadableError,
  );
});

Deno.test("a fingerprint differs between secrets and keys and is the same every time", async () => {
  const print = await fingerprint(oldKey, token);
  assertEquals(await fingerprint(oldKey, token), print);
  assertNotEquals(await fingerprint(oldKey, `${token}x`), print);
  assertNotEquals(await fingerprint(newKey, token), print);
  assert(/^[0-9a-f]{32}$/.test(print));
});

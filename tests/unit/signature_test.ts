import { createHmac } from "node:crypto";
import { assertEquals } from "@std/assert";
import {
  isSameSecret,
  sha256Hex,
  signatureHeader,
  signatureToleranceSeconds,
  type SignatureVerdict,
  timestampHeader,
  verifyZohoWebhookSignature,
} from "../../supabase/functions/_shared/webhook/signature.ts";

const secret = "a-secret-of-at-least-thirty-two-characters";
const otherSecret = "another-secret-of-at-least-thirty-two-chars";
const nowMs = Date.UTC(2026, 10, 23, 8);
const nowSeconds = nowMs / 1000;
const body = '{"module":"Deals","operation":"edit","record_id":"1","record_data":{"Stage":"Closed Won"}}';

const bytes = (text: string) => new TextEncoder().encode(text);
const hmac = (text: string, key = secret) => createHmac("sha256", key).update(text).digest("hex");

interface Call {
  body: string;
  signature: string | null;
  timestamp: string | null;
  secrets: string[];
}

/** A call that is let in; each test breaks one thing. */
function verify(broken: Partial<Call> = {}) {
  const call: Call = { body, signature: hmac(body), timestamp: null, secrets: [secret], ...broken };
  const headers = new Headers();
  if (call.signature !== null) headers.set(signatureHeader, call.signature);
  if (call.timestamp !== null) headers.set(timestampHeader, call.timestamp);
  return verifyZohoWebhookSignature(bytes(call.body), headers, call.secrets, nowMs);
}

const stamped = (timestamp: string) => ({ timestamp, signature: hmac(`${timestamp}.${body}`) });

/** The text that a good signature covers, and whether that has a timestamp. */
function coveredBy(verdict: SignatureVerdict): [text: string, hasTimestamp: boolean] {
  if (!verdict.ok) throw new Error(verdict.reason);
  return [new TextDecoder().decode(verdict.signedText), verdict.hasTimestamp];
}

Deno.test("the example of Deluge's document verifies in hex", async () => {
  const verdict = await verify({
    secrets: ["sk_5Ow7B_4eC39H"],
    body: "{Order ID: 0932, Currency: USD, Amount: 2500}",
    signature: "13721963e7ac439f5a2e63c261856393647f3f51b493beebf5919af4bc3de19c",
  });
  assertEquals(verdict.ok, true);
});

Deno.test("the example of Deluge's document in base64 is the same digest", async () => {
  const digest = Uint8Array.fromBase64("edYCyxkU4jL2dEjEDO8aUy8WZrpKRvQquNpgKUqe5vA=");
  const verdict = await verify({
    secrets: ["Use me to generate hash"],
    body: "My#New#Password",
    signature: digest.toHex(),
  });
  assertEquals(verdict.ok, true);
});

Deno.test("the signature covers the body, and the covered text is returned", async () => {
  assertEquals(coveredBy(await verify()), [body, false]);
});

Deno.test("a signature with a timestamp covers both", async () => {
  const verdict = await verify(stamped(String(nowSeconds)));
  assertEquals(coveredBy(verdict), [`${nowSeconds}.${body}`, true]);
});

Deno.test("a signature may be in upper case, with a prefix and surrounding blanks", async () => {
  const signature = hmac(body);
  for (
    const spelled of [signature.toUpperCase(), `sha256=${signature}`, `SHA256=${signature}`, ` ${signature} `]
  ) {
    assertEquals((await verify({ signature: spelled })).ok, true, spelled);
  }
});

Deno.test("both secrets verify during a rotation", async () => {
  const secrets = [otherSecret, secret];
  assertEquals((await verify({ secrets })).ok, true);
  assertEquals((await verify({ secrets, signature: hmac(body, otherSecret) })).ok, true);
});

Deno.test("a wrong signature of any kind is refused and never throws", async (t) => {
  const good = hmac(body);
  const wrong: Record<string, string> = {
    "one digit changed": (good.startsWith("0") ? "1" : "0") + good.slice(1),
    "last digit changed": good.slice(0, -1) + (good.endsWith("0") ? "1" : "0"),
    "one digit short": good.slice(1),
    "one digit long": `${good}0`,
    "half as long": good.slice(32),
    "twice as long": good + good,
    "not hex": `${good.slice(0, -1)}g`,
    "base64": createHmac("sha256", secret).update(body).digest("base64"),
    "of another secret": hmac(body, otherSecret),
    "of another body": hmac(`${body} `),
    "of another hash": createHmac("sha512", secret).update(body).digest("hex"),
    "zeros": "0".repeat(64),
    "prefix alone": "sha256=",
    "another prefix": `sha1=${good}`,
    "two prefixes": `sha256=sha256=${good}`,
    "two signatures": `${good}, ${good}`,
    "digits that are none in ASCII": "\u00b2".repeat(64),
    "very long": "a".repeat(8000),
  };
  for (const [title, signature] of Object.entries(wrong)) {
    await t.step(title, async () => {
      assertEquals(await verify({ signature }), { ok: false, reason: "wrong_signature" });
    });
  }
});

Deno.test("a signature that is empty or missing is no signature", async () => {
  for (const signature of ["", "  ", null]) {
    assertEquals(await verify({ signature }), { ok: false, reason: "no_signature" });
  }
});

Deno.test("no signature verifies without a secret", async () => {
  assertEquals(await verify({ secrets: [] }), { ok: false, reason: "wrong_signature" });
});

Deno.test("a secret removed from the list is refused", async () => {
  assertEquals(await verify({ secrets: [otherSecret] }), { ok: false, reason: "wrong_signature" });
});

Deno.test("a timestamp may be five minutes old or ahead and no second more", async () => {
  for (const off of [-signatureToleranceSeconds, 0, signatureToleranceSeconds]) {
    assertEquals((await verify(stamped(String(nowSeconds + off)))).ok, true, `${off} s`);
  }
  for (const off of [-signatureToleranceSeconds - 1, signatureToleranceSeconds + 1, -nowSeconds, 1e10]) {
    const verdict = await verify(stamped(String(nowSeconds + off)));
    assertEquals(verdict, { ok: false, reason: "old_timestamp" }, `${off} s`);
  }
});

Deno.test("a timestamp that is not a number of seconds is refused, even when it is signed", async () => {
  for (
    const timestamp of [
      "yesterday",
      "-1",
      "1e9",
      "1.5",
      "0x10",
      `${nowSeconds}000000`,
      "NaN",
      `${nowSeconds} `.repeat(2),
    ]
  ) {
    const verdict = await verify(stamped(timestamp));
    assertEquals(verdict, { ok: false, reason: "bad_timestamp" }, timestamp);
  }
});

Deno.test("an empty timestamp is not a missing one: it is refused", async () => {
  assertEquals(await verify({ timestamp: "" }), { ok: false, reason: "bad_timestamp" });
});

Deno.test("a timestamp cannot be altered, added or taken away", async () => {
  const wrong = { ok: false, reason: "wrong_signature" } as const;
  const signature = hmac(`${nowSeconds}.${body}`);
  assertEquals(await verify({ timestamp: String(nowSeconds + 1), signature }), wrong);
  assertEquals(await verify({ timestamp: null, signature }), wrong);
  assertEquals(await verify({ timestamp: String(nowSeconds), signature: hmac(body) }), wrong);
  assertEquals(await verify({ timestamp: `0${nowSeconds}`, signature }), wrong);
});

Deno.test("an old timestamp with a wrong signature reports only the wrong signature", async () => {
  const verdict = await verify({ timestamp: "1", signature: hmac(`1.${body}`, otherSecret) });
  assertEquals(verdict, { ok: false, reason: "wrong_signature" });
});

Deno.test("an empty body can be signed", async () => {
  assertEquals((await verify({ body: "", signature: hmac("") })).ok, true);
});

Deno.test("two secrets match only when they are equal, whatever their lengths", async () => {
  assertEquals(await isSameSecret("token", "token"), true);
  for (const other of ["", "toke", "token ", "Token", "tokem", "token".repeat(100)]) {
    assertEquals(await isSameSecret("token", other), false, other);
  }
});

Deno.test("a hash is SHA-256 in hex", async () => {
  assertEquals(
    await sha256Hex(bytes("abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

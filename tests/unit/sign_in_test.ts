import { assertEquals, assertStringIncludes } from "@std/assert";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { SignInCheck } from "../../supabase/functions/_shared/platform/sign_in.ts";

// One good token of each kind, and one thing broken at a time.

// The library that verifies signatures reads the machine's clock.
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const userId = "6a4d3c9e-7d0a-4f3e-9a37-3f2d5b1c8e01";
const good: JWTPayload = {
  sub: userId,
  aud: "authenticated",
  role: "authenticated",
  exp: nowMs / 1000 + 3600,
};

const { privateKey, publicKey } = await generateKeyPair("ES256");
const jwks = { keys: [{ ...await exportJWK(publicKey), kid: "current", alg: "ES256" }] };
const stranger = await generateKeyPair("ES256");
const legacySecret = new TextEncoder().encode("a legacy JWT secret of 32 bytes!");

const withKeyPair = (claims: JWTPayload, kid = "current", key = privateKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid }).sign(key);
const withLegacySecret = (claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(legacySecret);

interface AuthServer {
  status: number | "away";
  asked: string[];
}

function checkWith(auth: AuthServer, options: { hasKeys?: boolean; now?: () => number } = {}): SignInCheck {
  return new SignInCheck({
    env: {
      url: "https://project.supabase.co",
      publishableKeys: { default: "sb_publishable_x" },
      secretKeys: { default: "sb_secret_never_sent" },
      jwks: options.hasKeys === false ? null : jwks,
    },
    now: options.now ?? (() => nowMs),
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      auth.asked.push(`${input} ${headers.get("apikey")}`);
      if (auth.status === "away") return Promise.reject(new TypeError("no route"));
      return Promise.resolve(new Response("{}", { status: auth.status }));
    },
  });
}

const auth = (status: AuthServer["status"]): AuthServer => ({ status, asked: [] });

Deno.test("a token of the project's key pair is verified without asking the Auth server", async () => {
  const server = auth("away");
  assertEquals(await checkWith(server).judge(await withKeyPair(good)), { ok: true, userId });
  assertEquals(server.asked, []);
});

Deno.test("the Auth server judges a token of the legacy secret, and one of a key that the key set lacks", async () => {
  for (const token of [await withLegacySecret(good), await withKeyPair(good, "newer", stranger.privateKey)]) {
    for (const hasKeys of [true, false]) {
      const server = auth(200);
      assertEquals(await checkWith(server, { hasKeys }).judge(token), { ok: true, userId });
      assertEquals(server.asked, ["https://project.supabase.co/auth/v1/user sb_publishable_x"]);
    }
  }
});

Deno.test("the Auth server's approval is cached for a minute, and never longer than the token", async () => {
  const server = auth(200);
  let now = nowMs;
  const check = checkWith(server, { now: () => now });
  const token = await withLegacySecret(good);
  await check.judge(token);
  now += 59_000;
  await check.judge(token);
  assertEquals(server.asked.length, 1);
  server.status = 403;
  now += 2_000;
  assertEquals((await check.judge(token)).ok, false);

  const short = await withLegacySecret({ ...good, exp: now / 1000 + 10 });
  server.status = 200;
  await check.judge(short);
  now += 11_000;
  assertEquals((await check.judge(short)).ok, false);
});

const broken: [what: string, change: JWTPayload, code: string, says: string][] = [
  ["of another audience", { aud: "anon" }, "SIGN_IN_REFUSED", "another audience"],
  ["of no audience", { aud: undefined }, "SIGN_IN_REFUSED", "no audience"],
  ["that never expires", { exp: undefined }, "SIGN_IN_REFUSED", "no expiry time"],
  ["that has expired", { exp: nowMs / 1000 - 1 }, "SIGN_IN_EXPIRED", "expired"],
  [
    "of the role service_role",
    { role: "service_role" },
    "SIGN_IN_REFUSED",
    "a role other than authenticated",
  ],
  ["of no role", { role: undefined }, "SIGN_IN_REFUSED", "a role other than authenticated"],
  ["without a user", { sub: undefined }, "SIGN_IN_REFUSED", "no user"],
  ["whose user is no uuid", { sub: "somebody" }, "SIGN_IN_REFUSED", "no user"],
  [
    "whose user holds a NUL",
    { sub: "6a4d3c9e-7d0a-4f3e-9a37-3f2d5b1c8e0\u0000" },
    "SIGN_IN_REFUSED",
    "no user",
  ],
];

for (const [what, change, code, says] of broken) {
  Deno.test(`a token ${what} is refused with 401 and the reason, before any call`, async () => {
    const server = auth(200);
    const check = checkWith(server);
    for (
      const token of [
        await withKeyPair({ ...good, ...change }),
        await withLegacySecret({ ...good, ...change }),
      ]
    ) {
      const judged = await check.judge(token);
      if (judged.ok) throw new Error("accepted");
      assertEquals([judged.status, judged.refusal.code], [401, code]);
      assertStringIncludes(judged.refusal.message, says);
    }
    assertEquals(server.asked, []);
  });
}

Deno.test("a token that is malformed, unsigned, or signed by another's key under our key's name is refused", async () => {
  const [, claims] = (await withKeyPair(good)).split(".");
  const unsigned = `${btoa('{"alg":"none"}')}.${claims}.`;
  const texts = [
    "",
    "x",
    "a.b.c",
    "e30.e30.e30",
    unsigned,
    await withKeyPair(good, "current", stranger.privateKey),
  ];
  for (const token of texts) {
    const server = auth(200);
    const judged = await checkWith(server).judge(token);
    assertEquals([judged.ok, judged.ok ? 0 : judged.status, server.asked], [false, 401, []], token);
  }
});

Deno.test("an unreachable or failing Auth server is no refusal: 503, and the page tries again", async () => {
  const token = await withLegacySecret(good);
  for (const status of ["away", 500, 503, 429] as const) {
    const judged = await checkWith(auth(status)).judge(token);
    if (judged.ok) throw new Error("accepted");
    assertEquals([judged.status, judged.refusal.code], [503, "SIGN_IN_UNCHECKED"], String(status));
  }
  for (const status of [401, 403, 404]) {
    const judged = await checkWith(auth(status)).judge(token);
    assertEquals(judged.ok ? 200 : judged.status, 401, String(status));
  }
});

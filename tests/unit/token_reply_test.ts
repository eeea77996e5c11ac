import { assert, assertEquals, assertThrows } from "@std/assert";
import { ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { processTokenReply } from "../../supabase/functions/_shared/zoho/token_reply.ts";

const goodBody = {
  access_token: "1000.accessaccess.tokentoken",
  scope: "ZohoCRM.modules.ALL",
  api_domain: "https://www.zohoapis.eu",
  token_type: "Bearer",
  expires_in: 3600,
};
const refusal = (status: number, body: unknown) =>
  assertThrows(() => processTokenReply({ status, body }, asked), ZohoTokenError);

const asked = { region: "EU", accountsUrl: "https://accounts.zoho.eu" } as const;

Deno.test("a body with an access token is a success", () => {
  assertEquals(processTokenReply({ status: 200, body: goodBody }, asked), {
    accessToken: "1000.accessaccess.tokentoken",
    expiresInSeconds: 3600,
    scope: "ZohoCRM.modules.ALL",
    apiDomain: "https://www.zohoapis.eu",
  });
});

Deno.test("a token without a lifetime lives for an hour", () => {
  const { accessToken, expiresInSeconds, scope, apiDomain } = processTokenReply({
    status: 200,
    body: { access_token: goodBody.access_token },
  }, asked);
  assertEquals([accessToken, expiresInSeconds], [goodBody.access_token, 3600]);
  assertEquals([scope, apiDomain], [undefined, undefined]);
});

Deno.test("an old server's expires_in is in milliseconds: its expires_in_sec is preferred", () => {
  const body = { ...goodBody, expires_in: 3_600_000, expires_in_sec: 3600 };
  assertEquals(processTokenReply({ status: 200, body }, asked).expiresInSeconds, 3600);
});

Deno.test("an odd field beside the token does not invalidate it", () => {
  for (const odd of [{ scope: null }, { api_domain: null }, { expires_in: "3600" }]) {
    const { accessToken, expiresInSeconds } = processTokenReply({
      status: 200,
      body: { ...goodBody, ...odd },
    }, asked);
    assertEquals([accessToken, expiresInSeconds], [goodBody.access_token, 3600], JSON.stringify(odd));
  }
});

Deno.test("a token that no header can carry is refused and not repeated", () => {
  for (const token of ["1000.access\ntoken", "1000.access\u0000token", "1000.accesstöken\u2026"]) {
    const error = refusal(200, { ...goodBody, access_token: token });
    assertEquals(error.code, "TOKEN_UNAVAILABLE");
    assert(!error.message.includes(token));
  }
});

Deno.test("an error waits for a person, though Zoho answers it with 200", () => {
  for (const status of [200, 400, 401]) {
    const error = refusal(status, { error: "invalid_code" });
    assertEquals([error.code, error.retryInSeconds], ["TOKEN_REFUSED", null]);
    assert(error.message.includes("invalid_code"));
  }
});

Deno.test("Access Denied is the throttle and waits ten minutes, whatever its status", () => {
  const body = {
    error: "Access Denied",
    error_description: "You have made too many requests continuously. Please try again after some time.",
    status: "failure",
  };
  for (const status of [400, 200, 401, 500]) {
    const error = refusal(status, body);
    assertEquals([error.code, error.retryInSeconds], ["TOKEN_THROTTLED", 600], String(status));
  }
  assertEquals(refusal(400, { error: "access_denied" }).code, "TOKEN_THROTTLED");
});

Deno.test("a failing server does not mean a dead refresh token", () => {
  for (const body of [{ error: "internal_error" }, {}, { message: "try later" }, null, "<html>", []]) {
    assertEquals(refusal(500, body).code, "TOKEN_UNAVAILABLE", JSON.stringify(body));
    assertEquals(refusal(503, body).code, "TOKEN_UNAVAILABLE", JSON.stringify(body));
  }
});

Deno.test("an answer without a body, without a token and without an error is a temporary fault", () => {
  for (const body of [null, undefined, "", [], {}, { access_token: "" }]) {
    assertEquals(refusal(200, body).code, "TOKEN_UNAVAILABLE", JSON.stringify(body));
  }
});

Deno.test("an empty token beside an error is an error", () => {
  assertEquals(refusal(200, { access_token: "", error: "invalid_code" }).code, "TOKEN_REFUSED");
});

Deno.test("our sentence leaves out odd characters of an error, and most of a long one", () => {
  const error = refusal(200, { error: `invalid_code"}\n<script>${"x".repeat(500)}` });
  assertEquals(error.message.length < 100, true);
  assert(!/["<>{}\n]/.test(error.message), error.message);
});

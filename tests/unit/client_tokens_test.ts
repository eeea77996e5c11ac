import { assert, assertEquals, assertRejects } from "@std/assert";
import { ZohoCallError, ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { clientOf, firstToken, type Heard, ListeningZoho, secondToken, TwoTokens } from "./listening_zoho.ts";
import { brokenBody, empty, faultOf, goodCall, unauthorised } from "./client_calls.ts";

// Tokens that Zoho refuses are replaced once, and no fault contains one.

for (const code of ["INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_OAUTHTOKEN"]) {
  Deno.test(`a token refused with ${code} is replaced by a fresh one and the call is made once more`, async () => {
    await using zoho = new ListeningZoho((_, nth) => nth === 1 ? unauthorised(code) : empty());
    const tokens = new TwoTokens();
    assertEquals((await clientOf(zoho, {}, tokens).call(goodCall)).status, 200);
    assertEquals(
      zoho.heard.map(({ headers }) => headers.get("authorization")),
      [`Zoho-oauthtoken ${firstToken}`, `Zoho-oauthtoken ${secondToken}`],
    );
    assertEquals(tokens.refused, [null, firstToken]);
  });
}

Deno.test("the call that is made once more has the same body", async () => {
  await using zoho = new ListeningZoho((_, nth) => nth === 1 ? unauthorised("INVALID_TOKEN") : empty());
  const body = { data: [{ Deal_Name: "Contract CT-1" }] };
  await clientOf(zoho).call({ method: "POST", path: "/Deals/upsert", body });
  assertEquals(zoho.heard.map((heard) => heard.body), [body, body]);
});

Deno.test("a 401 without a readable code asks for a fresh token too", async () => {
  await using zoho = new ListeningZoho((_, nth) => nth === 1 ? new Response("no", { status: 401 }) : empty());
  assertEquals((await clientOf(zoho).call(goodCall)).status, 200);
});

Deno.test("a fresh token that is refused too ends it: no third call", async () => {
  await using zoho = new ListeningZoho(() => unauthorised("INVALID_TOKEN"));
  const tokens = new TwoTokens();
  const fault = await assertRejects(() => clientOf(zoho, {}, tokens).call(goodCall), ZohoCallError);
  assertEquals([fault.code, fault.detail.status], ["INVALID_TOKEN", 401]);
  assertEquals([zoho.heard.length, tokens.refused.length], [2, 2]);
});

Deno.test("a missing scope requests no fresh token, which would not help", async () => {
  await using zoho = new ListeningZoho(() => unauthorised("OAUTH_SCOPE_MISMATCH"));
  const tokens = new TwoTokens();
  const fault = await assertRejects(() => clientOf(zoho, {}, tokens).call(goodCall), ZohoCallError);
  assertEquals([fault.code, zoho.heard.length], ["OAUTH_SCOPE_MISMATCH", 1]);
  assertEquals(tokens.refused, [null]);
});

Deno.test("a client without a token makes no call", async () => {
  await using zoho = new ListeningZoho(empty);
  const none = { get: () => Promise.reject(new ZohoTokenError("TOKEN_REFUSED", "no token")) };
  const client = clientOf(zoho, {}, none);
  await assertRejects(() => client.call(goodCall), ZohoTokenError);
  await assertRejects(() => client.ready(), ZohoTokenError);
  assertEquals([zoho.heard.length, client.takeSpent()], [0, { credits: 0, calls: 0 }]);
});

const echoes: [what: string, answer: (heard: Heard) => Response | Promise<Response>][] = [
  ["a refused token", () => unauthorised("INVALID_TOKEN")],
  [
    "an error that quotes the token",
    ({ headers }) =>
      Response.json({ code: "INVALID_DATA", message: `bad ${headers.get("authorization")}` }, {
        status: 400,
      }),
  ],
  [
    "an error page that quotes the token",
    ({ headers }) => new Response(`<pre>${headers.get("authorization")}</pre>`, { status: 500 }),
  ],
  [
    "an unreadable answer that quotes the token",
    ({ headers }) => new Response(`{"token":"${headers.get("authorization")}`),
  ],
  ["a broken connection", () => new Response(brokenBody())],
];

for (const [what, answer] of echoes) {
  Deno.test(`${what} leaves no token in the fault`, async () => {
    assertSaysNoToken(await faultOf(answer));
  });
}

Deno.test("a timeout leaves no token in the fault", async () => {
  const never = Promise.withResolvers<Response>();
  await using zoho = new ListeningZoho(() => never.promise);
  assertSaysNoToken(
    await assertRejects(() => clientOf(zoho, { timeoutMs: 40 }).call(goodCall), ZohoCallError),
  );
  never.resolve(empty());
});

Deno.test("a refused connection leaves no token in the fault", async () => {
  const gone = new ListeningZoho(empty);
  const client = clientOf(gone);
  await gone[Symbol.asyncDispose]();
  assertSaysNoToken(await assertRejects(() => client.call(goodCall), ZohoCallError));
});

function assertSaysNoToken(error: Error): void {
  const said: string[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    said.push(each.message, each.stack ?? "", JSON.stringify(each), Deno.inspect(each, { depth: 10 }));
  }
  for (const token of [firstToken, secondToken]) assert(!said.join("\n").includes(token), "a token was said");
}

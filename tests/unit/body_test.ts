import { assertEquals, assertRejects } from "@std/assert";
import { BadRequestError } from "../../supabase/functions/_shared/platform/http.ts";
import { longestBodyBytes, readBody } from "../../supabase/functions/_shared/webhook/body.ts";

const address = "http://localhost/zoho-webhook";
const good: RequestInit = {
  method: "POST",
  body: '{"é":1}\n',
  headers: { "content-type": "application/json" },
};
const request = (broken: RequestInit = {}) => new Request(address, { ...good, ...broken });

async function refusal(broken: RequestInit): Promise<[number, string]> {
  const error = await assertRejects(() => readBody(request(broken)), BadRequestError);
  return [error.status, error.refusal.code];
}

Deno.test("the body is read byte for byte", async () => {
  assertEquals(new TextDecoder().decode(await readBody(request())), '{"é":1}\n');
});

Deno.test("every method but POST is 405", async () => {
  for (const method of ["GET", "HEAD"]) {
    assertEquals(await refusal({ method, body: null }), [405, "METHOD_NOT_ALLOWED"]);
  }
  for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"]) {
    assertEquals(await refusal({ method }), [405, "METHOD_NOT_ALLOWED"]);
  }
});

Deno.test("a JSON content type is read, and plain text as Deluge sends it", async () => {
  for (
    const type of [
      "application/json",
      "APPLICATION/JSON",
      "application/json; charset=utf-8",
      "application/json;charset=UTF-8",
      "application/vnd.zoho+json",
      "text/plain",
      "text/plain;charset=ISO-8859-1",
    ]
  ) {
    assertEquals((await readBody(request({ headers: { "content-type": type } }))).length, 9, type);
  }
});

Deno.test("another content type is 415", async () => {
  for (
    const type of [
      "",
      "json",
      "text/html",
      "application/jsonx",
      "text/plainx",
      "application/xml",
      "x application/json",
    ]
  ) {
    assertEquals(await refusal({ headers: { "content-type": type } }), [415, "NOT_JSON"], type);
  }
});

Deno.test("the longest body is read, one byte more is 413", async () => {
  assertEquals((await readBody(request({ body: "x".repeat(longestBodyBytes) }))).length, longestBodyBytes);
  assertEquals(await refusal({ body: "x".repeat(longestBodyBytes + 1) }), [413, "BODY_TOO_LONG"]);
});

Deno.test("bytes are counted, not characters", async () => {
  assertEquals(await refusal({ body: "é".repeat(longestBodyBytes / 2 + 1) }), [413, "BODY_TOO_LONG"]);
});

Deno.test("a Content-Length over the limit is 413 before a byte is read", async () => {
  const headers = { "content-type": "application/json", "content-length": String(longestBodyBytes + 1) };
  assertEquals(await refusal({ headers }), [413, "BODY_TOO_LONG"]);
});

Deno.test("an empty body is read as no bytes", async () => {
  assertEquals((await readBody(request({ body: null }))).length, 0);
});

import { assertEquals, assertRejects } from "@std/assert";
import { answer, BadRequestError, readJson, refuse } from "../../supabase/functions/_shared/platform/http.ts";

const post = (body: string) => new Request("http://localhost/", { method: "POST", body });

Deno.test("an answer is JSON with its status", async () => {
  const response = answer({ success: true }, 202);
  assertEquals([response.status, response.headers.get("content-type")], [202, "application/json"]);
  assertEquals(await response.json(), { success: true });
  assertEquals(answer({}).status, 200);
});

Deno.test("a refusal has one shape: no success, and an error with a code", async () => {
  const error = { code: "INVALID_BODY", message: "id: not a uuid", field: "id" };
  const response = refuse(400, error);
  assertEquals([response.status, await response.json()], [400, { success: false, error }]);
});

Deno.test("a JSON body is parsed", async () => {
  assertEquals(await readJson(post(` {"entity":"contract"}\n`)), { entity: "contract" });
});

Deno.test("an empty body, or none, is an empty object", async () => {
  assertEquals(await readJson(post("")), {});
  assertEquals(await readJson(post(" \n ")), {});
  assertEquals(await readJson(new Request("http://localhost/")), {});
});

Deno.test("a body that is not JSON is refused with 400, and none of it is repeated", async () => {
  for (const text of [`{"entity":`, "contract", "a=b&c=d", "{'id':1}", "\u0000"]) {
    const error = await assertRejects(() => readJson(post(text)), BadRequestError);
    assertEquals(error.status, 400);
    assertEquals(error.refusal, { code: "INVALID_JSON", message: "The body is not JSON", field: "body" });
  }
});

Deno.test("a body over its limit is refused with 413, one at its limit is read", async () => {
  assertEquals(await readJson(post(`"12345678"`), 10), "12345678");
  const error = await assertRejects(() => readJson(post(`"123456789"`), 10), BadRequestError);
  assertEquals([error.status, error.refusal.code], [413, "BODY_TOO_LONG"]);
});

Deno.test("the default limit is 64 Ki characters", async () => {
  const text = JSON.stringify("x".repeat(64 * 1024 - 2));
  assertEquals(await readJson(post(text)), "x".repeat(64 * 1024 - 2));
  await assertRejects(() => readJson(post(`${text} `)), BadRequestError);
});

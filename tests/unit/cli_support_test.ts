import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { AdminRefusal, callAdmin, callAdminForText } from "../../cli/support/call_admin.ts";
import { coloursOf } from "../../cli/support/colour.ts";
import { CommandError, readArguments } from "../../cli/support/command.ts";
import { readProject } from "../../cli/support/project.ts";
import { textTable } from "../../cli/support/table.ts";

const good: Record<string, string> = {
  SUPABASE_URL: "https://x.supabase.co/",
  SUPABASE_SECRET_KEY: "sb_secret_1",
};
const env = (values: Record<string, string>) => ({ env: (name: string) => values[name] });
const project = readProject(env(good));
const answering = (response: () => Response | Promise<Response>) => ({
  fetch: () => Promise.resolve(response()),
});

Deno.test("a project is an address without its last slash and a key", () => {
  assertEquals(project, { url: "https://x.supabase.co", secretKey: "sb_secret_1" });
});

Deno.test("a missing variable is named", () => {
  for (const name of Object.keys(good)) {
    const { [name]: _, ...rest } = good;
    assertThrows(() => readProject(env(rest)), CommandError, `${name} is not set`);
  }
});

Deno.test("an option that does not exist ends with the usage and exit code 2", () => {
  const error = assertThrows(
    () => readArguments(["--dryrun"], { "dry-run": { type: "boolean" } }, "Usage: x"),
    CommandError,
    "Unknown option '--dryrun'\n→ Write --dry-run\n\nUsage: x",
  );
  assertEquals(error.exitCode, 2);
});

Deno.test("a refusal of zoho-admin is one sentence with code, message and hint", async () => {
  const refusing = answering(() =>
    Response.json({
      success: false,
      error: { code: "BAD_CONFIGURATION", message: "it is empty", hint: "Set it." },
    }, {
      status: 500,
    })
  );
  const error = await assertRejects(() => callAdmin(refusing, project, "GET /doctor"), AdminRefusal);
  assertEquals(error.message, "BAD_CONFIGURATION: it is empty: Set it.");
});

Deno.test("an unreachable project is named without its key", async () => {
  const away = answering(() => {
    throw new TypeError("error sending request with sb_secret_1");
  });
  const error = await assertRejects(() => callAdmin(away, project, "GET /doctor"), CommandError);
  assertEquals(
    error.message,
    "https://x.supabase.co does not answer. Is SUPABASE_URL right?\n→ Compare it with Dashboard → Settings → Data API; a project that is paused is restored there",
  );
});

Deno.test("an answer that breaks off is one sentence, not a stack trace", async () => {
  const broken = () =>
    Promise.resolve(
      new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError("connection reset")) })),
    );
  for (const call of [callAdmin, callAdminForText]) {
    const error = await assertRejects(() => call({ fetch: broken }, project, "GET /status"), CommandError);
    assertStringIncludes(error.message, "broke off its answer");
  }
});

Deno.test("functions that are not deployed yet are reported as such", async () => {
  const error = await assertRejects(
    () => callAdmin(answering(() => new Response("Not Found", { status: 404 })), project, "GET /x"),
    AdminRefusal,
  );
  assertEquals(error.message, "zoho-admin is not deployed: supabase functions deploy");
});

Deno.test("columns are as wide as their widest cell and a colour takes no room", () => {
  const paint = coloursOf(true, undefined);
  const table = textTable([[paint("red", "no"), "x"], ["never", "y"]]);
  assertEquals(table, `${paint("red", "no")}     x\nnever  y`);
  assert(paint("red", "no") !== "no");
});

Deno.test("a pipe and NO_COLOR get no colours", () => {
  assertEquals(coloursOf(false, undefined)("red", "no"), "no");
  assertEquals(coloursOf(true, "1")("red", "no"), "no");
});

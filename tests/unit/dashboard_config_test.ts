import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError, loadConfig, readConfig } from "../../dashboard/src/config.ts";

const good = { supabaseUrl: "https://abc.supabase.co", publishableKey: "sb_publishable_1" };

Deno.test("a good config.json is read; Realtime is expected unless it says otherwise", () => {
  assertEquals(readConfig(good), { ...good, realtime: true, studioUrl: null });
  assertEquals(readConfig({ ...good, realtime: false }).realtime, false);
  assertEquals(
    readConfig({ ...good, supabaseUrl: "https://abc.supabase.co/rest/v1/" }).supabaseUrl,
    good.supabaseUrl,
  );
  const studioUrl = "http://127.0.0.1:54323/project/default";
  assertEquals(readConfig({ ...good, studioUrl: `${studioUrl}/` }).studioUrl, studioUrl);
});

const serviceRole = `x.${btoa('{"role":"service_role"}').replaceAll("=", "")}.y`;
const bad: [title: string, value: unknown, says: string][] = [
  ["HTML from a host that answers everything", null, "is not JSON"],
  ["a list", [good], "is not JSON"],
  ["no address", { ...good, supabaseUrl: undefined }, "supabaseUrl"],
  ["an invalid address", { ...good, supabaseUrl: "javascript:alert(1)" }, "supabaseUrl"],
  ["an invalid address of Studio", { ...good, studioUrl: "javascript:alert(1)" }, "studioUrl"],
  ["no key", { ...good, publishableKey: "" }, "publishableKey"],
  ["a secret key", { ...good, publishableKey: "sb_secret_1" }, "is a secret key"],
  ["a service role's token", { ...good, publishableKey: serviceRole }, "is a secret key"],
];
for (const [title, value, says] of bad) {
  Deno.test(`a config.json is refused for ${title}`, () => {
    assertThrows(() => readConfig(value), ConfigError, says);
  });
}

Deno.test("a missing file and a missing network are different faults", async () => {
  await assertRejects(
    () => loadConfig(() => Promise.resolve(new Response("", { status: 404 }))),
    ConfigError,
    "missing",
  );
  await assertRejects(
    () => loadConfig(() => Promise.reject(new TypeError("away"))),
    ConfigError,
    "could not be loaded",
  );
  const html = () => Promise.resolve(new Response("<!doctype html>"));
  await assertRejects(() => loadConfig(html), ConfigError, "is not JSON");
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type Dashboard, serveDashboard } from "../../local/dashboard.ts";

// The dashboard's stand-in for a static host, with a page of three lines in place of the built one.

const config = { supabaseUrl: "https://abc.supabase.co", publishableKey: "sb_publishable_1" };

async function withPage(test: (dashboard: Dashboard) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "dashboard-" });
  await Deno.mkdir(join(directory, "assets"));
  await Deno.writeTextFile(join(directory, "index.html"), "<h1>The page</h1>");
  await Deno.writeTextFile(join(directory, "assets", "index-1.js"), "run();");
  await Deno.writeTextFile(join(directory, "notes.txt"), "not for everybody");
  const dashboard = serveDashboard({ port: 0, config, directory });
  try {
    await test(dashboard);
  } finally {
    await dashboard.stop();
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("the page is revalidated each time, its hashed files never", () =>
  withPage(async ({ url }) => {
    const page = await fetch(url);
    assertEquals([await page.text(), page.headers.get("cache-control")], ["<h1>The page</h1>", "no-cache"]);
    const script = await fetch(`${url}/assets/index-1.js`);
    assertEquals(await script.text(), "run();");
    assertStringIncludes(script.headers.get("cache-control") ?? "", "immutable");
    assertStringIncludes(script.headers.get("content-type") ?? "", "javascript");
  }));

Deno.test("config.json names the stack, and the policy lets the page talk to it alone", () =>
  withPage(async ({ url }) => {
    const answer = await fetch(`${url}/config.json`);
    assertEquals(await answer.json(), config);
    assertStringIncludes(
      answer.headers.get("content-security-policy") ?? "",
      "connect-src 'self' https://abc.supabase.co wss://abc.supabase.co;",
    );
  }));

for (const path of ["/missing.js", "/notes.txt", "/assets/", "/..%2f..%2fdeno.json", "/%2e%2e/deno.json"]) {
  Deno.test(`only the page's own files are served: ${path}`, () =>
    withPage(async ({ url }) => {
      const answer = await fetch(url + path);
      assertEquals([answer.status, await answer.text()], [404, "There is no such file"]);
    }));
}

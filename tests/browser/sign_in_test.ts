import { assertEquals, assertMatch } from "@std/assert";
import { serveDashboard } from "../../local/dashboard.ts";
import { signUpAt } from "../../local/dashboard_admin.ts";
import { sell } from "../support/sale.ts";
import { heading, openPageContext, type PageContext, signIn, visit, visitAsAdmin } from "./context.ts";

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext();
});
Deno.test.afterAll(() => context.stop());

Deno.test("an admin signs in, stays signed in over a reload, and signs out", async () => {
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.reload();
    await heading(page, "Overview").waitFor();
    await page.getByRole("button", { name: /^Sign out/ }).click();
    await heading(page, "Sign in").waitFor();
    await page.reload();
    await heading(page, "Sign in").waitFor();
  });
});

Deno.test("a wrong password is refused without saying whether the address exists", async () => {
  await visit(context, { allow: /status of 40\d/ }, async ({ page }) => {
    await signIn(page, { email: "admin@circletel.example", password: "not the password" });
    const said = page.getByRole("alert").filter({ hasText: "wrong" });
    assertEquals(await said.innerText(), "The e-mail or the password is wrong.");
    await signIn(page, { email: "nobody@circletel.example", password: "not the password" });
    assertEquals(await said.innerText(), "The e-mail or the password is wrong.");
  });
});

Deno.test("a forgotten password is reset by the link of a mail", async () => {
  const somebody = { email: "forgetful@circletel.example", password: "correct horse 1" };
  const id = await signUpAt(context.stack, somebody);
  await context.stack.sql`
    insert into public.admin_users (id, email, is_active, role) values (${id}, ${somebody.email}, true, 'admin')`;
  await visit(context, {}, async ({ page }) => {
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    const asked = page.waitForRequest(/\/auth\/v1\/recover/);
    await page.route(/\/auth\/v1\/recover/, (route) => route.fulfill({ json: {} }));
    await page.getByLabel("E-mail").fill(somebody.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    assertMatch((await asked).url(), /redirect_to=http/);
    await page.getByText("If the address belongs to an account").waitFor();
  });
  const { apiUrl, publishableKey: apikey } = context.stack;
  const answer = await fetch(`${apiUrl}/auth/v1/token?grant_type=password`, {
    method: "POST",
    headers: { apikey, "content-type": "application/json" },
    body: JSON.stringify(somebody),
  });
  const session: { access_token: string; refresh_token: string } = await answer.json();
  const { access_token, refresh_token } = session;
  await visit(context, {}, async ({ page }) => {
    await page.goto("about:blank");
    await page.goto(`/#${new URLSearchParams({ access_token, refresh_token, type: "recovery" })}`);
    await heading(page, "Choose a new password").waitFor();
    assertEquals(page.url().includes("access_token"), false, "no token stays in the address");
    await page.getByLabel("New password").fill("correct horse 2");
    await page.getByRole("button", { name: "Set the password" }).click();
    await heading(page, "Overview").waitFor();
    await page.goto("about:blank");
    await page.goto("/#error=access_denied&error_code=otp_expired&error_description=x");
    await heading(page, "Overview").waitFor();
  });
  await visit(context, {}, async ({ page }) => {
    await page.goto("about:blank");
    await page.goto("/#error=access_denied&error_code=otp_expired&error_description=x");
    await page.getByText("The link has expired or was used before. Ask for a new one.").waitFor();
    await signIn(page, { ...somebody, password: "correct horse 2" });
    await heading(page, "Overview").waitFor();
  });
});

Deno.test("a deep link survives the sign-in", async () => {
  await visit(context, {}, async ({ page }) => {
    await page.goto("/#/queue?lane=0");
    await signIn(page);
    await heading(page, "Queue").waitFor();
    await page.getByRole("button", { name: "Compliance", pressed: true }).waitFor();
  });
});

Deno.test("a person who is not an admin sees only that, and can sign out", async () => {
  const somebody = { email: "clerk@circletel.example", password: "correct horse 1" };
  await signUpAt(context.stack, somebody);
  await visit(context, { allow: /status of 403/ }, async ({ page }) => {
    await signIn(page, somebody);
    await heading(page, "You are not an admin").waitFor();
    await page.goto("/#/settings");
    await heading(page, "You are not an admin").waitFor();
    assertEquals(await page.getByRole("navigation").count(), 0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await heading(page, "Sign in").waitFor();
  });
});

Deno.test("an admin who is no longer active sees nothing", async () => {
  const former = { email: "former@circletel.example", password: "correct horse 1" };
  const id = await signUpAt(context.stack, former);
  await context.stack.sql`
    insert into public.admin_users (id, email, is_active) values (${id}, ${former.email}, true)
  `;
  await visit(context, { allow: /status of 403/ }, async ({ page }) => {
    await signIn(page, former);
    await heading(page, "Overview").waitFor();
    await context.stack.sql`update public.admin_users set is_active = false where id = ${id}`;
    await heading(page, "You are not an admin").waitFor();
    assertEquals(await page.getByRole("main").getByText("Every change has been sent to Zoho").count(), 0);
  });
});

Deno.test(
  "the token of a person who is not an admin opens no call and reads nothing",
  async () => {
    await sell(context.stack);
    const { apiUrl, publishableKey: apikey } = context.stack;
    const somebody = { email: "curious@circletel.example", password: "correct horse 1" };
    await signUpAt(context.stack, somebody);
    const session = await fetch(`${apiUrl}/auth/v1/token?grant_type=password`, {
      method: "POST",
      headers: { apikey, "content-type": "application/json" },
      body: JSON.stringify(somebody),
    });
    const { access_token: token }: { access_token: string } = await session.json();
    const headers = { apikey, authorization: `Bearer ${token}`, "content-type": "application/json" };

    const routes = [
      "GET status",
      "GET queue",
      "GET problems",
      "GET contract?number=CT-2026-001",
      "GET events",
      "GET actions",
      "GET settings",
      "POST pause",
      "POST resume",
      "POST retry",
      "POST force-sync",
      "POST replay",
      "POST notices/acknowledge",
    ];
    for (const route of routes) {
      const [method, path] = route.split(" ");
      const body = method === "POST" ? "{}" : undefined;
      const answer = await fetch(`${apiUrl}/functions/v1/zoho-admin/${path}`, { method, headers, body });
      const { error }: { error?: { code: string } } = await answer.json();
      assertEquals([route, answer.status, error?.code], [route, 403, "NOT_AN_ADMIN"]);
    }

    const tables = [
      "zoho_sync_queue",
      "zoho_sync_logs",
      "zoho_sync_state",
      "zoho_entity_mappings",
      "zoho_webhook_events",
      "zoho_admin_actions",
      "zoho_notices",
      "zoho_tokens",
      "contracts",
    ];
    for (const table of tables) {
      const answer = await fetch(`${apiUrl}/rest/v1/${table}?select=*`, { headers });
      assertEquals([table, await answer.json()], [table, []]);
    }
  },
);

Deno.test("the page says what to do without a config.json, or with a secret key in it", async () => {
  const { apiUrl: supabaseUrl, publishableKey } = context.stack;
  const broken: [config: Record<string, string>, says: RegExp][] = [
    [{ supabaseUrl: "circletel", publishableKey }, /supabaseUrl in config\.json is not a URL/],
    [{ supabaseUrl, publishableKey: "" }, /publishableKey in config\.json is missing/],
    [{ supabaseUrl, publishableKey: "sb_secret_oh_dear" }, /is a secret key/],
  ];
  await visit(context, { allow: /status of 404/ }, async ({ page }) => {
    for (const [config, says] of broken) {
      await page.route("**/config.json", (route) => route.fulfill({ json: config }));
      await page.goto("/");
      assertMatch(await page.getByRole("alert").innerText(), says);
    }
    await page.route("**/config.json", (route) => route.fulfill({ status: 404 }));
    await page.goto("/");
    assertMatch(await page.getByRole("alert").innerText(), /config\.json is missing/);
  });
});

Deno.test("the host's headers and the page's own policy allow no inline code and no other host", async () => {
  const { stack } = context;
  const server = serveDashboard({
    port: 0,
    config: { supabaseUrl: stack.apiUrl, publishableKey: stack.publishableKey },
  });
  try {
    const answer = await fetch(server.url);
    const page = await answer.text();
    const header = answer.headers.get("content-security-policy") ?? "";
    for (
      const policy of [
        header,
        /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1] ?? "",
      ]
    ) {
      assertMatch(policy, /default-src 'none'/);
      assertMatch(policy, /script-src 'self'(;|$)/);
      assertMatch(policy, /style-src 'self'(;|$)/);
    }
    assertMatch(header, new RegExp(`connect-src 'self' ${stack.apiUrl} `));
    assertMatch(header, /frame-ancestors 'none'/);
    assertEquals(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/.exec(page), null);
  } finally {
    await server.stop();
  }
});

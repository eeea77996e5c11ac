import { assert, assertEquals } from "@std/assert";
import type { Page, WebSocketRoute } from "playwright-core";
import { until } from "../support/until.ts";
import { heading, open, openPageContext, type PageContext, signIn, visit, visitAsAdmin } from "./context.ts";

// How fresh the page is, and what it says when it is not.

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext({ functions: ["zoho-admin"] });
});
Deno.test.afterAll(() => context.stop());

/** Counts the page's readings of the status. */
function countReadings(page: Page): () => number {
  let readings = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/status") && request.method() === "GET") readings++;
  });
  return () => readings;
}

const beat = (page: Page, seconds: number) => page.clock.runFor(seconds * 1_000);

Deno.test(
  "the page polls every few seconds, not while hidden, and at once when shown again",
  async () => {
    await visit(context, {}, async ({ page }) => {
      await page.clock.install();
      const readings = countReadings(page);
      await signIn(page);
      await heading(page, "Overview").waitFor();
      const atFirst = readings();
      await until(
        async () => {
          await beat(page, 5);
          return readings() > atFirst;
        },
        { what: "another reading" },
      );

      await page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })");
      await beat(page, 6);
      const whenHidden = readings();
      for (let minute = 0; minute < 5; minute++) await beat(page, 60);
      assertEquals(readings(), whenHidden);

      await page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
      await until(() => readings() === whenHidden + 1, { what: "a reading at once" });
    });
  },
);

Deno.test(
  "the last answer stays while the project is unreachable, marked as old; polling slows down",
  async () => {
    await visitAsAdmin(context, { allow: /Failed to load resource|net::/ }, async ({ page }) => {
      await page.getByText("Every change has been sent to Zoho").waitFor();
      await page.clock.install();
      const readings = countReadings(page);
      await page.route("**/zoho-admin/status", (route) => route.abort());
      await page.getByText("Not fresh, as of").waitFor();
      await page.getByText("Every change has been sent to Zoho").waitFor();

      const before = readings();
      for (let second = 0; second < 120; second += 5) await beat(page, 5);
      const inTwoMinutes = readings() - before;
      assert(inTwoMinutes >= 1 && inTwoMinutes <= 10, `${inTwoMinutes} readings in two minutes`);

      await page.unroute("**/zoho-admin/status");
      // A reading that was under way when the project came back is shared, and fails once more.
      await until(
        async () => {
          await page.evaluate("dispatchEvent(new Event('online'))");
          return await page.getByText("Not fresh, as of").count() === 0;
        },
        { what: "a fresh reading" },
      );
    });
  },
);

Deno.test("the page says so when the first answer fails, and offers to try again", async () => {
  await visit(context, { allow: /Failed to load resource|net::/ }, async ({ page }) => {
    await page.route("**/zoho-admin/status", (route) => route.abort());
    await signIn(page);
    await page.getByText("No answer from the project").waitFor();
    await page.unroute("**/zoho-admin/status");
    await page.getByRole("button", { name: "Try again" }).click();
    await heading(page, "Overview").waitFor();
  });
});

interface Message {
  topic: string;
  event: string;
  ref: string;
  join_ref: string;
  payload: { config?: { postgres_changes?: { table: string }[] } };
}

/** Realtime's side of the socket, as far as the page speaks to it; gives what rings. */
async function pretendRealtime(page: Page): Promise<{ ring(table: string): boolean }> {
  let socket: WebSocketRoute | undefined;
  let channel: { topic: string; tables: string[] } | undefined;
  await page.routeWebSocket(/\/realtime\/v1\/websocket/, (opened) => {
    socket = opened;
    opened.onMessage((text) => {
      const [join_ref, ref, topic, event, payload] = readMessage(String(text));
      const tables = payload.config?.postgres_changes?.map(({ table }) => table) ?? [];
      if (event === "phx_join") channel = { topic, tables };
      const changes = (payload.config?.postgres_changes ?? []).map((change, index) => ({
        ...change,
        id: index + 1,
      }));
      const response = event === "phx_join" ? { postgres_changes: changes } : {};
      opened.send(JSON.stringify([join_ref, ref, topic, "phx_reply", { status: "ok", response }]));
    });
  });
  return {
    ring(table) {
      if (!socket || !channel) return false;
      const data = {
        type: "UPDATE",
        schema: "public",
        table,
        commit_timestamp: new Date().toISOString(),
        columns: [],
        record: {},
        old_record: {},
        errors: null,
      };
      const ids = [channel.tables.indexOf(table) + 1];
      socket.send(JSON.stringify([null, null, channel.topic, "postgres_changes", { ids, data }]));
      return true;
    },
  };
}

function readMessage(text: string): [string, string, string, string, Message["payload"]] {
  const message: Message | [string, string, string, string, Message["payload"]] = JSON.parse(text);
  if (Array.isArray(message)) return message;
  return [message.join_ref, message.ref, message.topic, message.event, message.payload];
}

Deno.test("the rows of the last hour stay, with those behind them, when the hour moves on", async () => {
  await context.stack.sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, status, drain_id, created_at)
    select 'contract', gen_random_uuid(), 'failed', gen_random_uuid(), now() - n * interval '1 second'
    from generate_series(1, 120) n`;
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/attempts?span=1h", "Attempts");
    const rows = page.getByRole("table", { name: "Attempts" }).getByRole("rowheader");
    const showMore = page.getByRole("button", { name: "Show more" });
    await until(async () => await rows.count() === 50, { what: "the first page" });
    await showMore.click();
    await until(async () => await rows.count() === 100, { what: "the second page" });

    // An answer of the new hour is held back until the page has shown what it shows without it.
    const hours = new Set<string | null>();
    const shown = new Set<number>();
    await page.route("**/zoho-admin/attempts?*", async (route) => {
      hours.add(new URL(route.request().url()).searchParams.get("from"));
      shown.add(await rows.count());
      await route.continue();
    });
    await page.clock.install();
    await until(async () => {
      await beat(page, 30);
      await page.evaluate("dispatchEvent(new Event('online'))");
      return hours.size > 2;
    }, { what: "an hour that begins later" });
    await page.unrouteAll({ behavior: "wait" });
    assertEquals([...shown, await rows.count()], [100, 100]);
  });
});

Deno.test("the page reads again at once when Realtime rings, and polls less", async () => {
  await visit(context, {}, async ({ page }) => {
    const { stack } = context;
    await page.route(
      "**/config.json",
      (route) => route.fulfill({ json: { supabaseUrl: stack.apiUrl, publishableKey: stack.publishableKey } }),
    );
    const realtime = await pretendRealtime(page);
    await page.goto("/");
    const readings = countReadings(page);
    await signIn(page);
    await heading(page, "Overview").waitFor();
    // The subscription itself rings once, for what happened before it.
    await until(() => readings() >= 2, { what: "the reading after the subscription" });
    const before = readings();
    await page.clock.install();
    await beat(page, 9);
    assertEquals(readings(), before);
    assert(realtime.ring("zoho_sync_state"), "there is no subscription");
    await until(
      async () => {
        await beat(page, 1);
        return readings() > before;
      },
      { what: "a reading after the ring" },
    );
  });
});

import { assertEquals, assertRejects } from "@std/assert";
import { ChannelError, openChannels } from "../../supabase/functions/_shared/alerts/channels.ts";
import { testMessage } from "../../supabase/functions/_shared/alerts/message.ts";
import { publicAddress } from "../../supabase/functions/_shared/alerts/public_address.ts";
import { namesOfChannels } from "../../supabase/functions/_shared/alerts/stored_channels.ts";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import { encryptSecret } from "../../supabase/functions/_shared/platform/secrets.ts";
import { loadAlertSettings } from "../../supabase/functions/_shared/platform/alert_settings.ts";

for (const status of [301, 302, 307, 308]) {
  Deno.test(`an alert follows no ${status} to another address: it was not sent`, async () => {
    const calls: string[] = [];
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      calls.push(`${request.method} ${pathname}`);
      if (pathname === "/behind") return new Response("ok");
      return new Response(null, { status, headers: { location: "/behind" } });
    });
    const settings = loadAlertSettings({
      ZOHO_ALERT_WEBHOOK_URL: `http://127.0.0.1:${server.addr.port}/hook`,
    });
    const sends = openChannels(settings, fetch).map(({ send }) => () => send(testMessage(null, 0)));
    const error = await assertRejects(() => Promise.all(sends.map((send) => send())), ChannelError);
    assertEquals([error.code, calls], [`HTTP_${status}`, ["POST /hook"]]);
  });
}

const addresses: [url: string, isPublic: boolean][] = [
  ["https://hooks.slack.com/services/T0/B0/x", true],
  ["https://hooks.example.co.za:8443/x", true],
  ["http://hooks.slack.com/x", false],
  ["https://localhost/x", false],
  ["https://hook.localhost/x", false],
  ["https://metadata.google.internal/x", false],
  ["https://printer.local/x", false],
  ["https://127.0.0.1/x", false],
  ["https://2130706433/x", false],
  ["https://0x7f.1/x", false],
  ["https://[::1]/x", false],
  ["https://kong/x", false],
];

for (const [url, isPublic] of addresses) {
  Deno.test(`${url} ${isPublic ? "is" : "is no"} address that the page takes for alerts`, () => {
    assertEquals(publicAddress.safeParse(url).success, isPublic);
  });
}

Deno.test("the channels that alerts go to are those of the variables and those set on the page", async () => {
  const keys = [new Uint8Array(32)];
  const sealed = await encryptSecret(
    keys,
    JSON.stringify({ url: "https://hooks.example.com/x", token: null }),
  );
  const holding = (rows: unknown[]) =>
    ({ rpc: () => Promise.resolve({ data: rows, error: null }) }) as unknown as ServiceClient;
  const mail = loadAlertSettings({
    ZOHO_ALERT_EMAIL_TO: "ops@circletel.example",
    ZOHO_ALERT_EMAIL_FROM: "sync@circletel.example",
    ZOHO_ALERT_EMAIL_KEY: "re_key",
  });
  const stored = [{ name: "hook", sealed }];
  assertEquals(await namesOfChannels(holding(stored), keys, loadAlertSettings({})), ["hook"]);
  assertEquals(await namesOfChannels(holding(stored), keys, mail), ["email", "hook"]);
  // Nobody is told through an address that can no longer be opened.
  const otherKey = [new Uint8Array(32).fill(1)];
  assertEquals(await namesOfChannels(holding(stored), otherKey, loadAlertSettings({})), []);
});

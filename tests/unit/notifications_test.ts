import { assert, assertEquals, assertRejects } from "@std/assert";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { listRecordsByIds } from "../../supabase/functions/_shared/zoho/list.ts";
import {
  channelEvents,
  fetchChannels,
  openChannel,
  renewChannel,
} from "../../supabase/functions/_shared/zoho/notifications.ts";
import { clientOf, type Heard, ListeningZoho } from "./listening_zoho.ts";

// What is asked of Zoho about channels and lists, and what is made of its answers.

const channelId = "414200100000001";
const plan = {
  channelId,
  notifyUrl: "https://project.supabase.co/functions/v1/zoho-webhook",
  token: "channel-token-of-a-test",
  now: Date.UTC(2026, 10, 23, 8),
};

const success = () =>
  Response.json({
    watch: [{
      code: "SUCCESS",
      details: {
        events: [{
          channel_expiry: "2026-11-29T10:00:00+02:00",
          resource_uri: "https://www.zohoapis.com/crm/v2/Deals",
          resource_id: "1",
          resource_name: "Deals",
          channel_id: channelId,
        }],
      },
      message: "Successfully subscribed for actions-watch of the given module",
      status: "success",
    }],
  }, { status: 201 });

const failure = (code: string, status = 400) =>
  Response.json({ watch: [{ code, details: {}, message: "no", status: "error" }] }, { status });

interface Watch {
  watch: Record<string, unknown>[];
}

Deno.test("a channel is opened for six days, under our id, for the Deal's events and nothing related", async () => {
  await using zoho = new ListeningZoho(success);
  assertEquals(await openChannel(clientOf(zoho), plan), [
    { channelId, module: "Deals", expiresAt: "2026-11-29T10:00:00+02:00", notifyUrl: plan.notifyUrl },
  ]);
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path], ["POST", "/crm/v8/actions/watch"]);
  assertEquals((heard?.body as Watch).watch, [{
    channel_id: channelId,
    events: channelEvents,
    channel_expiry: "2026-11-29T08:00:00+00:00",
    token: plan.token,
    notify_url: plan.notifyUrl,
    notify_on_related_action: false,
  }]);
});

Deno.test("renewing a live channel is one PATCH", async () => {
  await using zoho = new ListeningZoho(success);
  await renewChannel(clientOf(zoho), plan);
  assertEquals(zoho.heard.map(({ method }) => method), ["PATCH"]);
});

Deno.test("renewing an expired channel opens a new one", async () => {
  await using zoho = new ListeningZoho(({ method }) =>
    method === "PATCH" ? failure("NOT_SUBSCRIBED") : success()
  );
  assertEquals((await renewChannel(clientOf(zoho), plan)).length, 1);
  assertEquals(zoho.heard.map(({ method }) => method), ["PATCH", "POST"]);
});

Deno.test("NOT_SUBSCRIBED as the error of the whole call means the same", async () => {
  const whole = () =>
    Response.json({ code: "NOT_SUBSCRIBED", details: {}, message: "no", status: "error" }, { status: 400 });
  await using zoho = new ListeningZoho(({ method }) => method === "PATCH" ? whole() : success());
  await renewChannel(clientOf(zoho), plan);
  assertEquals(zoho.heard.map(({ method }) => method), ["PATCH", "POST"]);
});

Deno.test("another refusal is an error with Zoho's code, and opens nothing", async () => {
  for (const status of [200, 202, 400]) {
    await using zoho = new ListeningZoho(() => failure("INVALID_DATA", status));
    const error = await assertRejects(() => renewChannel(clientOf(zoho), plan), ZohoCallError);
    assertEquals([error.code, zoho.heard.length], ["INVALID_DATA", 1]);
    assert(!error.message.includes(plan.token));
  }
});

Deno.test("an unreadable answer is an error", async () => {
  for (const body of [{}, { watch: [] }, { watch: "yes" }, { watch: [{ code: "SUCCESS_BUT" }] }]) {
    await using zoho = new ListeningZoho(() => Response.json(body));
    await assertRejects(() => openChannel(clientOf(zoho), plan), ZohoCallError);
  }
});

Deno.test("an org without a channel gives an empty list", async () => {
  await using zoho = new ListeningZoho(() => new Response(null, { status: 204 }));
  assertEquals(await fetchChannels(clientOf(zoho), channelId), []);
  assertEquals(zoho.heard[0]?.query, { channel_id: channelId });
});

const idsOf = ({ query }: Heard) => (query.ids ?? "").split(",");

Deno.test("records are read a hundred at a time, and those that Zoho lacks are left out", async () => {
  await using zoho = new ListeningZoho((heard) =>
    Response.json({
      data: idsOf(heard).filter((id) => id !== "7").map((id) => ({ id, Stage: "x" })),
      info: {},
    })
  );
  const ids = Array.from({ length: 205 }, (_, index) => String(index + 1));
  const found = await listRecordsByIds(clientOf(zoho), "Deals", ids, ["Stage", "Modified_Time"]);
  assertEquals(found.map(({ id }) => id), ids.filter((id) => id !== "7"));
  assertEquals(zoho.heard.map((heard) => idsOf(heard).length), [100, 100, 5]);
  assertEquals(zoho.heard[0]?.query.fields, "Stage,Modified_Time");
});

Deno.test("a hundred unknown records are an empty answer, and an empty list makes no call", async () => {
  await using zoho = new ListeningZoho(() => new Response(null, { status: 204 }));
  assertEquals(await listRecordsByIds(clientOf(zoho), "Deals", ["1"], ["Stage"]), []);
  assertEquals(await listRecordsByIds(clientOf(zoho), "Deals", [], ["Stage"]), []);
  assertEquals(zoho.heard.length, 1);
});

Deno.test("a list without data is an error: it must not look as if every record were deleted", async () => {
  for (const body of [{}, { data: null }, { data: {} }, []]) {
    await using zoho = new ListeningZoho(() => Response.json(body));
    await assertRejects(() => listRecordsByIds(clientOf(zoho), "Deals", ["1"], ["Stage"]), ZohoCallError);
  }
});

import { assert, assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import { DAY, HOUR, MINUTE } from "../../supabase/functions/_shared/platform/duration.ts";
import { isObject, type JsonObject } from "../../local/zoho/core/json.ts";
import { detailsOf, goodDeal, withZoho } from "../../local/zoho/testing.ts";
import { channel, deliveries, type ReceivedCall, subscribe, withReceiver } from "../support/zoho_receiver.ts";

Deno.test(
  "a subscriber receives insert, update and delete in Zoho's words",
  withReceiver(async (zoho, receiver) => {
    assertEquals((await subscribe(zoho, channel(receiver))).status, 201);
    const id = await zoho.insert("Deals", goodDeal);
    const [insert] = await receiver.take(1);
    assertEquals([insert?.body.operation, insert?.body.affected_fields], ["insert", []]);
    await zoho.control.edit("Deals", id, { Next_Step: "Call" });
    const [update] = await receiver.take(1);
    assertEquals(update?.body.operation, "update");
    assertEquals(update?.body.ids, [id]);
    assertEquals(update?.body.affected_fields, [{ [id]: ["Next_Step"] }]);
    assertEquals(update?.body.affected_values, [{ record_id: id, values: { Next_Step: "Call" } }]);
    assertEquals([update?.body.token, update?.body.channel_id], ["circletel", "1000000068001"]);
    assertEquals(update?.body.query_params, { key: "abc" });
    await zoho.control.delete("Deals", id);
    assertEquals((await receiver.take(1))[0]?.body.operation, "delete");
  }),
);

Deno.test(
  "our own writes come back even with an empty trigger, unless switched off",
  withReceiver(async (zoho, receiver) => {
    await subscribe(zoho, channel(receiver));
    const write = () => zoho.call("POST", "Deals", { data: [goodDeal], trigger: [] });
    await write();
    await receiver.take(1);
    await zoho.control.changeSettings({ triggerSilencesNotifications: true });
    await write();
    await zoho.control.changeSettings({ triggerSilencesNotifications: false, notifyApiWrites: false });
    await write();
    await zoho.control.create("Deals", { ...goodDeal, Deal_Name: "By hand" });
    await receiver.take(1);
    assertEquals((await deliveries(zoho, 2)).length, 2);
  }),
);

Deno.test(
  "one call's records come in one callback, or each in its own",
  withReceiver(async (zoho, receiver) => {
    await subscribe(zoho, channel(receiver, { events: ["Deals.create"] }));
    const write = () => zoho.call("POST", "Deals", { data: [goodDeal, goodDeal] });
    await write();
    const ids = (await receiver.take(1))[0]?.body.ids;
    assertEquals(Array.isArray(ids) && ids.length, 2);
    await zoho.control.changeSettings({ notifyIdsTogether: false, notifyChannelId: "number" });
    await write();
    const [first] = await receiver.take(2);
    assertEquals(first?.body.channel_id, 1000000068001);
  }),
);

Deno.test(
  "a condition on fields keeps other edits away",
  withReceiver(async (zoho, receiver) => {
    const id = await zoho.insert("Deals", goodDeal);
    const group = [{ field: { api_name: "Stage", id: "1" } }];
    const notification_condition = [{
      type: "field_selection",
      module: { api_name: "Deals", id: "1" },
      field_selection: { group_operator: "or", group },
    }];
    await subscribe(zoho, channel(receiver, { events: ["Deals.edit"], notification_condition }));
    await zoho.control.edit("Deals", id, { Next_Step: "Call" });
    await zoho.control.edit("Deals", id, { Stage: "Closed Won" });
    await receiver.take(1);
    assertEquals((await deliveries(zoho, 1)).length, 1);
  }),
);

Deno.test(
  "a channel is listed, renewed while it lives, and NOT_SUBSCRIBED after its end",
  withReceiver(async (zoho, receiver) => {
    const nowMs = (await zoho.control.state()).nowMs;
    const inDays = (days: number) => new Date(nowMs + days * DAY).toISOString().replace(/\.\d+Z/, "+00:00");
    const expiry = (item: JsonObject | undefined) => {
      const [event] = Array.isArray(detailsOf(item).events) ? detailsOf(item).events as JsonObject[] : [];
      return Date.parse(String(event?.channel_expiry)) - nowMs;
    };
    const long = await subscribe(zoho, channel(receiver, { channel_expiry: inDays(8) }));
    assert(Math.abs(expiry(long.items[0]) - HOUR) < MINUTE);
    const week = await subscribe(zoho, channel(receiver, { channel_expiry: inDays(6) }));
    assert(Math.abs(expiry(week.items[0]) - 6 * DAY) < MINUTE);
    assertEquals((await zoho.call("GET", "actions/watch")).items.length, 1);
    const patch = { watch: [{ channel_id: "1000000068001", channel_expiry: inDays(7 - 0.1) }] };
    assertEquals((await zoho.call("PATCH", "actions/watch", patch)).status, 200);
    await zoho.control.advanceClock(7 * DAY);
    zoho.forgetToken();
    const late = await zoho.call("PATCH", "actions/watch", patch);
    assertEquals([late.status, late.items[0]?.code], [400, "NOT_SUBSCRIBED"]);
    assertEquals((await zoho.call("GET", "actions/watch")).status, 204);
  }),
);

Deno.test(
  "a wrong subscription names the key, and an ended one is silent",
  withReceiver(async (zoho, receiver) => {
    for (
      const [key, value] of [
        ["token", "x".repeat(51)],
        ["events", ["Deals.sing"]],
        ["notify_url", "nowhere"],
        ["channel_expiry", "tomorrow"],
        ["channel_id", "abc"],
      ] as [string, string | string[]][]
    ) {
      const { status, items } = await subscribe(zoho, channel(receiver, { [key]: value }));
      assertEquals([status, items[0]?.code, detailsOf(items[0]).api_name], [400, "INVALID_DATA", key]);
    }
    await subscribe(zoho, channel(receiver));
    const ended = await zoho.call("DELETE", "actions/watch?channel_ids=1000000068001");
    assertEquals(ended.items[0]?.message, "Successfully un-subscribed from actions-watch");
    await zoho.insert("Deals", goodDeal);
    assertEquals(await zoho.control.deliveries(), []);
  }),
);

Deno.test(
  "callbacks can be doubled, lost, late and out of order",
  withReceiver(async (zoho, receiver) => {
    await subscribe(zoho, channel(receiver));
    const id = await zoho.insert("Deals", goodDeal);
    await receiver.take(1);
    const edit = (Next_Step: string) => zoho.control.edit("Deals", id, { Next_Step });
    const steps = (received: ReceivedCall[]) =>
      received.map(({ text }) => /"Next_Step":"(\w+)"/.exec(text)?.[1]);

    await zoho.control.addFaults({ kind: "callback_duplicate", times: 1 });
    await edit("a");
    assertEquals(steps(await receiver.take(2)), ["a", "a"]);
    await zoho.control.addFaults({ kind: "callback_lose", times: 1 });
    await edit("b");
    await edit("c");
    assertEquals(steps(await receiver.take(1)), ["c"]);
    await zoho.control.addFaults({ kind: "callback_reorder", times: 1 });
    await edit("d");
    await edit("e");
    assertEquals(steps(await receiver.take(2)), ["e", "d"]);
    await zoho.control.addFaults({ kind: "callback_delay", ms: 60, times: 1 });
    await edit("f");
    await edit("g");
    assertEquals(steps(await receiver.take(2)), ["g", "f"]);
    await zoho.control.changeSettings({ callbacks: { lose: 1 } });
    await edit("h");
    const done = await deliveries(zoho, 9);
    assertEquals(done.filter((entry) => entry.outcome === "lost").length, 2);
  }),
);

Deno.test(
  "the workflow posts the whole record, signed over the very bytes it sends",
  withReceiver(async (zoho, receiver) => {
    const secret = "a-long-enough-secret";
    const hmac = (text: string) => createHmac("sha256", secret).update(text).digest("hex");
    const workflow = { url: receiver.url, secret, modules: ["Deals"] };
    await zoho.control.changeSettings({ workflow });
    const id = await zoho.insert("Deals", goodDeal);
    const [signed] = await receiver.take(1);
    assertEquals(signed?.headers.get("x-zoho-webhook-signature"), hmac(signed?.text ?? ""));
    const { record_data: data, ...rest } = signed?.body ?? {};
    assertEquals(rest, { module: "Deals", operation: "insert", record_id: id });
    assert(isObject(data) && isObject(data.Modified_By) && typeof data.Modified_Time === "string");

    await zoho.control.changeSettings({ workflow: { ...workflow, sign: "timestamp", words: "create" } });
    await zoho.control.edit("Deals", id, { Stage: "Closed Won" });
    const [stamped] = await receiver.take(1);
    const timestamp = stamped?.headers.get("x-zoho-webhook-timestamp");
    assertEquals(stamped?.headers.get("x-zoho-webhook-signature"), hmac(`${timestamp}.${stamped?.text}`));
    assertEquals(stamped?.body.operation, "edit");

    await zoho.control.changeSettings({ workflow: { ...workflow, sign: "none" } });
    await zoho.control.delete("Deals", id);
    const [plain] = await receiver.take(1);
    assertEquals([plain?.body.operation, plain?.headers.get("x-zoho-webhook-signature")], ["delete", null]);
  }),
);

Deno.test(
  "an empty trigger silences the workflow, a missing one does not",
  withReceiver(async (zoho, receiver) => {
    await zoho.control.changeSettings({ workflow: { url: receiver.url, secret: "s" } });
    await zoho.call("POST", "Deals", { data: [goodDeal], trigger: [] });
    await zoho.insert("Accounts", { Account_Name: "Acme" });
    const id = await zoho.insert("Deals", goodDeal);
    assertEquals((await receiver.take(1))[0]?.body.record_id, id);
    assertEquals((await deliveries(zoho, 1)).length, 1);
  }),
);

Deno.test(
  "a receiver that is away costs the delivery and nothing else",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ workflow: { url: "http://127.0.0.1:1/hook", secret: "s" } });
    assertEquals((await zoho.call("POST", "Deals", { data: [goodDeal] })).status, 201);
    const [entry] = await deliveries(zoho, 1);
    assertEquals([entry?.outcome, entry?.path], ["failed", "/hook"]);
  }),
);

import { assertEquals } from "@std/assert";
import { isObject } from "../../local/zoho/core/json.ts";
import { goodDeal } from "../../local/zoho/testing.ts";
import { channel, deliveries, subscribe, withReceiver } from "../support/zoho_receiver.ts";

Deno.test(
  "a delivery that fails is tried again only where that is switched on",
  withReceiver(async (zoho, receiver) => {
    await subscribe(zoho, channel(receiver));
    receiver.answerWith(500);
    await zoho.insert("Deals", goodDeal);
    assertEquals((await deliveries(zoho, 1)).map(({ status }) => status), [500]);
    await zoho.control.changeSettings({ callbackRetries: 2, callbackRetryMs: 1 });
    await zoho.insert("Deals", goodDeal);
    assertEquals((await deliveries(zoho, 4)).length, 4);
  }),
);

Deno.test(
  "a channel outlives its failures, unless so many in a row end it",
  withReceiver(async (zoho, receiver) => {
    await subscribe(zoho, channel(receiver));
    const channels = async () => (await zoho.call("GET", "actions/watch")).items.length;
    receiver.answerWith(500);
    for (let count = 1; count <= 3; count++) {
      await zoho.insert("Deals", goodDeal);
      await deliveries(zoho, count);
    }
    assertEquals(await channels(), 1);
    await zoho.control.changeSettings({ channelEndsAfterFailures: 3 });
    await zoho.insert("Deals", goodDeal);
    await deliveries(zoho, 4);
    assertEquals(await channels(), 0);
  }),
);

Deno.test(
  "a restored record sends a channel nothing, an insert or an update",
  withReceiver(async (zoho, receiver) => {
    const id = await zoho.insert("Deals", goodDeal);
    await subscribe(zoho, channel(receiver));
    const operations = async () => (await zoho.control.deliveries()).map((sent) => sent.operation);
    for (const [notifyRestore, expected] of [["nothing", 1], ["insert", 3], ["update", 5]] as const) {
      await zoho.control.changeSettings({ notifyRestore });
      await zoho.control.delete("Deals", id);
      await zoho.control.restore("Deals", id);
      await deliveries(zoho, expected);
    }
    assertEquals(await operations(), ["delete", "delete", "insert", "delete", "update"]);
  }),
);

Deno.test(
  "a delivery without an answer fails after the time that is set",
  withReceiver(async (zoho, receiver) => {
    await subscribe(zoho, channel(receiver));
    receiver.holdAnswers();
    await zoho.control.changeSettings({ callbackTimeoutMs: 20 });
    await zoho.insert("Deals", goodDeal);
    assertEquals((await deliveries(zoho, 1)).map(({ outcome }) => outcome), ["failed"]);
    receiver.releaseAnswers();
  }),
);

Deno.test(
  "a deletion is sent with the configured word, and a lookup as an id or with its name",
  withReceiver(async (zoho, receiver) => {
    const account = await zoho.insert("Accounts", { Account_Name: "Acme" });
    await subscribe(zoho, channel(receiver));
    const told = async () => (await receiver.take(1))[0]?.body;
    const lookupTold = async () => {
      await zoho.insert("Deals", { ...goodDeal, Account_Name: { id: account } });
      const [first] = [(await told())?.affected_values].flat();
      return isObject(first) && isObject(first.values) ? first.values.Account_Name : undefined;
    };
    assertEquals(await lookupTold(), { id: account });
    await zoho.control.changeSettings({ notifyLookups: "named", notifyDeleteWord: "removed" });
    assertEquals(await lookupTold(), { name: "Acme", id: account });
    const [deal] = await zoho.control.records("Deals");
    await zoho.control.delete("Deals", deal?.id ?? "");
    assertEquals((await told())?.operation, "removed");
  }),
);

Deno.test(
  "the number of channels is limited, and an existing one may subscribe again",
  withReceiver(async (zoho, receiver) => {
    const watch = async (channel_id: string) =>
      (await subscribe(zoho, channel(receiver, { channel_id }))).items[0]?.code;
    assertEquals([await watch("1"), await watch("2")], ["SUCCESS", "SUCCESS"]);
    await zoho.control.changeSettings({ channelLimit: 2 });
    assertEquals([await watch("3"), await watch("2")], ["LIMIT_EXCEEDED", "SUCCESS"]);
  }),
);

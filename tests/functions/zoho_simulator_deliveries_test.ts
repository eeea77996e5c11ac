import { assertEquals } from "@std/assert";
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
  "a restored record is nothing to a channel, an insert or an update",
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

import { assert, assertEquals, assertRejects } from "@std/assert";
import { DAY, HOUR, MINUTE, SECOND } from "../../supabase/functions/_shared/platform/duration.ts";
import { isObject } from "../../local/zoho/core/json.ts";
import { goodDeal, type TestZoho, withZoho } from "../../local/zoho/testing.ts";

const idIn = (value: unknown) => isObject(value) ? value.id : null;
const modified = async (zoho: TestZoho, module: string, id: string) =>
  String((await zoho.control.record(module, id)).Modified_Time);

Deno.test(
  "a restored record has its id, its values and its Modified_Time, and is no longer listed as deleted",
  withZoho(async (zoho) => {
    const account = await zoho.insert("Accounts", { Account_Name: "Acme" });
    const deal = await zoho.insert("Deals", { ...goodDeal, Account_Name: { id: account } });
    const before = await modified(zoho, "Accounts", account);
    await zoho.control.advanceClock(30 * MINUTE);
    await zoho.control.delete("Accounts", account);
    assertEquals((await zoho.control.record("Deals", deal)).Account_Name, null);
    assertEquals((await zoho.call("GET", "Accounts/deleted")).items.map(({ id }) => id), [account]);
    await zoho.control.restore("Accounts", account);
    assertEquals(await modified(zoho, "Accounts", account), before);
    assertEquals(idIn((await zoho.control.record("Deals", deal)).Account_Name), account);
    assertEquals((await zoho.call("GET", "Accounts/deleted")).status, 204);
    const { items } = await zoho.coql("select id from Accounts where Account_Name = 'Acme'");
    assertEquals(items.map(({ id }) => id), [account]);
  }),
);

Deno.test(
  "a restored record is modified now where that is switched on",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    const before = await modified(zoho, "Deals", id);
    await zoho.control.delete("Deals", id);
    await zoho.control.advanceClock(HOUR);
    await zoho.control.changeSettings({ restoredTime: "now" });
    await zoho.control.restore("Deals", id);
    assert(await modified(zoho, "Deals", id) > before);
  }),
);

Deno.test(
  "a record stays in the bin while another holds its unique value, and a purged one is gone for good",
  withZoho(async (zoho) => {
    const deal = { ...goodDeal, Contract_Number: "CT-1" };
    const id = await zoho.insert("Deals", deal);
    await zoho.control.delete("Deals", id);
    const other = await zoho.insert("Deals", deal);
    await assertRejects(() => zoho.control.restore("Deals", id), Error, "DUPLICATE_DATA");
    await zoho.control.delete("Deals", other);
    await zoho.control.restore("Deals", id);
    await zoho.control.purge("Deals", other);
    const { items } = await zoho.call("GET", "Deals/deleted");
    assertEquals(items.map((row) => [row.id, row.type]), [[other, "permanent"]]);
    await assertRejects(() => zoho.control.restore("Deals", other), Error, "recycle bin");
  }),
);

Deno.test(
  "a merge keeps the master's id and values, takes what it lacks, and moves the related records",
  withZoho(async (zoho) => {
    const master = await zoho.insert("Accounts", { Account_Name: "Acme", Phone: "011" });
    const loser = await zoho.insert("Accounts", {
      Account_Name: "ACME",
      Phone: "012",
      Website: "acme.example",
    });
    const contact = await zoho.insert("Contacts", { Last_Name: "N", Account_Name: { id: loser } });
    const deal = await zoho.insert("Deals", { ...goodDeal, Account_Name: { id: loser } });
    const before = await modified(zoho, "Deals", deal);
    await zoho.control.advanceClock(30 * MINUTE);
    await zoho.control.merge("Accounts", master, [loser]);
    const { Account_Name, Phone, Website } = await zoho.control.record("Accounts", master);
    assertEquals([Account_Name, Phone, Website], ["Acme", "011", "acme.example"]);
    assertEquals((await zoho.call("GET", `Accounts/${loser}`)).status, 204);
    assertEquals((await zoho.call("GET", "Accounts/deleted")).items.map(({ id }) => id), [loser]);
    for (const [module, id] of [["Contacts", contact], ["Deals", deal]] as const) {
      assertEquals(idIn((await zoho.control.record(module, id)).Account_Name), master);
    }
    assertEquals(await modified(zoho, "Deals", deal), before);
  }),
);

Deno.test(
  "a merge moves the Modified_Time of the related records where that is switched on",
  withZoho(async (zoho) => {
    const [master, loser] = [
      await zoho.insert("Accounts", { Account_Name: "Acme" }),
      await zoho.insert("Accounts", { Account_Name: "ACME" }),
    ];
    const deal = await zoho.insert("Deals", { ...goodDeal, Account_Name: { id: loser } });
    const before = await modified(zoho, "Deals", deal);
    await zoho.control.advanceClock(HOUR);
    await zoho.control.changeSettings({ mergedRelatedTime: "now" });
    await zoho.control.merge("Accounts", master, [loser]);
    assert(await modified(zoho, "Deals", deal) > before);
    assertEquals(idIn((await zoho.control.record("Deals", deal)).Account_Name), master);
  }),
);

Deno.test(
  "a merge of two Deals gives the master the unique value it lacks, and a loser's other one is free again",
  withZoho(async (zoho) => {
    const master = await zoho.insert("Deals", goodDeal);
    const loser = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    await zoho.control.merge("Deals", master, [loser]);
    assertEquals((await zoho.control.record("Deals", master)).Contract_Number, "CT-1");
    const second = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-2" });
    await zoho.control.merge("Deals", master, [second]);
    assertEquals((await zoho.control.record("Deals", master)).Contract_Number, "CT-1");
    await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-2" });
  }),
);

Deno.test(
  "a seller's day is played at its times when the clock is moved, each act at its own time",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    const { nowMs } = await zoho.control.state();
    await zoho.control.playDay([
      { afterMs: HOUR, act: "edit", module: "Deals", id, fields: { Stage: "Closed Won" } },
      { afterMs: 2 * HOUR, act: "delete", module: "Deals", id },
      { afterMs: 3 * HOUR, act: "restore", module: "Deals", id },
      { afterMs: 4 * HOUR, act: "edit", module: "Deals", id, fields: { Nonsense: 1 } },
    ]);
    await zoho.control.advanceClock(90 * MINUTE);
    const moved = await zoho.control.record("Deals", id);
    assertEquals(moved.Stage, "Closed Won");
    const atMs = Date.parse(String(moved.Modified_Time));
    assert(Math.abs(atMs - nowMs - HOUR) < 5 * SECOND, `${atMs - nowMs}`);
    assertEquals((await zoho.control.day()).map(({ outcome }) => outcome), [
      "done",
      ...Array(3).fill("pending"),
    ]);

    await zoho.control.advanceClock(HOUR);
    await assertRejects(() => zoho.control.record("Deals", id), Error, "404");
    await zoho.control.advanceClock(2 * HOUR);
    assertEquals((await zoho.control.record("Deals", id)).Stage, "Closed Won");
    const day = await zoho.control.day();
    assertEquals(day.map(({ outcome }) => outcome), ["done", "done", "done", "failed"]);
    assert(day[3]?.reason?.includes("Nonsense"));
  }),
);

Deno.test(
  "a seller's day creates, locks, merges and purges, and names what it has created",
  withZoho(async (zoho) => {
    const deal = (Deal_Name: string) => ({ ...goodDeal, Deal_Name });
    await zoho.control.playDay([
      { afterMs: 1, act: "create", module: "Deals", as: "kept", fields: deal("Kept") },
      {
        afterMs: 2,
        act: "create",
        module: "Deals",
        as: "lost",
        fields: { ...deal("Lost"), Next_Step: "Call" },
      },
      { afterMs: 3, act: "merge", module: "Deals", id: "@kept", losers: ["@lost"] },
      { afterMs: 4, act: "lock", module: "Deals", id: "@kept" },
      { afterMs: 5, act: "purge", module: "Deals", id: "@lost" },
      { afterMs: 6, act: "settings", fields: { indexLagMs: 7 } },
      { afterMs: 7, act: "unlock", module: "Deals", id: "@unknown" },
    ]);
    await zoho.control.advanceClock(SECOND);
    const [kept] = await zoho.control.records("Deals");
    assertEquals([kept?.Deal_Name, kept?.Next_Step, kept?.Locked__s], ["Kept", "Call", true]);
    assertEquals((await zoho.call("GET", "Deals/deleted?type=permanent")).items.length, 1);
    assertEquals((await zoho.control.state()).settings.indexLagMs, 7);
    assertEquals((await zoho.control.day()).at(-1)?.outcome, "failed");
  }),
);

Deno.test(
  "a seller's day advances by itself as real time passes, and a reset ends it",
  withZoho(async (zoho) => {
    const fields = { ...goodDeal };
    await zoho.control.playDay([{ afterMs: 20, act: "create", module: "Deals", fields }]);
    const { changes } = await zoho.control.changes({ module: "Deals", waitMs: 10_000 });
    assertEquals(changes.map(({ by }) => by), ["seller"]);
    await zoho.control.playDay([{ afterMs: HOUR, act: "create", module: "Deals", fields }]);
    await zoho.control.reset();
    await zoho.control.advanceClock(DAY);
    assertEquals([(await zoho.control.day()).length, (await zoho.control.state()).records.Deals], [0, 0]);
  }),
);

Deno.test(
  "an invalid script is refused as a whole",
  withZoho(async (zoho) => {
    const odd = { afterMs: 1, act: "dance" } as unknown as { afterMs: number; act: "edit" };
    await assertRejects(() => zoho.control.playDay([odd]), Error, "400");
    assertEquals(await zoho.control.day(), []);
  }),
);

Deno.test(
  "every answer carries a Date by the simulator's clock",
  withZoho(async (zoho) => {
    for (const offsetMs of [0, 30 * DAY, -DAY]) {
      await zoho.control.setClockOffset(offsetMs);
      zoho.forgetToken();
      const { headers } = await zoho.call("GET", "Deals?fields=id");
      const date = Date.parse(headers.get("date") ?? "");
      const { nowMs } = await zoho.control.state();
      assert(date <= nowMs && nowMs - date < 60 * SECOND, headers.get("date") ?? "none");
    }
  }),
);

Deno.test(
  "the credits left are on an answer past half of the day's, on each, or on none",
  withZoho(async (zoho) => {
    const left = async () =>
      (await zoho.call("GET", "Deals?fields=id")).headers.get("X-API-CREDITS-REMAINING");
    await zoho.control.changeSettings({ dailyCredits: 1000 });
    assertEquals(await left(), null);
    await zoho.control.spendCredits(600);
    assertEquals(await left(), "398");
    await zoho.control.changeSettings({ creditsHeader: "never" });
    assertEquals(await left(), null);
    await zoho.control.useCredits(0);
    await zoho.control.changeSettings({ creditsHeader: "always" });
    assertEquals(await left(), "999");
  }, { settings: { creditsHeader: "past_half" } }),
);

Deno.test(
  "other apps spend from the same budget as the clock goes on, and a day later it is free again",
  withZoho(async (zoho) => {
    const used = async () => (await zoho.control.state()).credits.usedToday;
    await zoho.control.changeSettings({ dailyCredits: 10_000, otherAppsPerMinute: 5 });
    await zoho.control.advanceClock(HOUR);
    assertEquals(await used(), 300);
    await zoho.control.advanceClock(2 * DAY);
    assertEquals(await used(), 24 * 60 * 5);
    await zoho.control.changeSettings({ otherAppsPerMinute: 10 });
    await zoho.control.advanceClock(2 * DAY);
    zoho.forgetToken();
    assertEquals((await zoho.call("GET", "Deals?fields=id")).status, 429);
    await zoho.control.changeSettings({ otherAppsPerMinute: 0 });
    await zoho.control.advanceClock(DAY + MINUTE);
    assertEquals(await used(), 0);
  }),
);

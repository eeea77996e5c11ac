import { assertEquals } from "@std/assert";
import type { SentFields } from "../../supabase/functions/_shared/mapping/types.ts";
import { withNames, writeOptions } from "../../supabase/functions/_shared/sync/records/option_names.ts";
import type { DrainSession } from "../../supabase/functions/_shared/sync/drain_session.ts";
import type { RecordResult } from "../../supabase/functions/_shared/zoho/records.ts";

const options = {
  Stage: [
    { actual: "Closed Won", displayed: "Done deal" },
    { actual: "Stage 7", displayed: "Closed Lost" },
    { actual: "Negotiation/Review", displayed: "Negotiation/Review" },
  ],
};
const picklists = [{
  module: "Deals",
  field: "Stage",
  options: options.Stage.map(({ actual }) => actual),
  displayed: options.Stage.map(({ displayed }) => displayed),
}];

function runWith(): DrainSession {
  const rules = () => Promise.resolve({ due: false, fields: [], picklists });
  return {
    deps: { fields: { rules }, settings: { timeZone: "UTC" } },
    optionName: "displayed",
  } as unknown as DrainSession;
}

/** An org that takes the options by one of their names, and what it was sent. */
function orgThatTakes(name: "actual" | "displayed") {
  const calls: unknown[][] = [];
  const taken: unknown[] = options.Stage.map((option) => option[name]);
  const write = (records: SentFields[]): Promise<RecordResult[]> => {
    calls.push(records.map(({ Stage }) => Stage));
    return Promise.resolve(
      records.map(({ Stage }, index): RecordResult =>
        Stage === undefined || taken.includes(Stage)
          ? { ok: true, id: String(index), action: "update", modifiedAt: null, modifiedBy: null }
          : { ok: false, code: "INVALID_DATA", field: "Stage", message: "", duplicateId: null }
      ),
    );
  };
  return { calls, write };
}

const stages = (...names: string[]) => names.map((Stage) => ({ Stage }));

Deno.test("an org that takes displayed values gets them at once", async () => {
  const { calls, write } = orgThatTakes("displayed");
  const results = await writeOptions(runWith(), "Deals", stages("Closed Won", "Closed Lost"), write);
  assertEquals([calls, results.map(({ ok }) => ok)], [[["Done deal", "Closed Lost"]], [true, true]]);
});

Deno.test("an org that takes actual values gets the refused ones by their actual names, and the rest at once", async () => {
  const { calls, write } = orgThatTakes("actual");
  const session = runWith();
  const some = stages("Negotiation/Review", "Closed Won", "Closed Lost");
  const results = await writeOptions(session, "Deals", some, write);
  assertEquals(calls, [["Negotiation/Review", "Done deal", "Closed Lost"], ["Closed Won", "Stage 7"]]);
  assertEquals(results.map((result) => result.ok && result.id), ["0", "0", "1"]);
  await writeOptions(session, "Deals", stages("Closed Won"), write);
  assertEquals(calls.slice(2), [["Closed Won"]]);
});

Deno.test("a value without an acceptable name is refused, and the next one is sent by its displayed name", async () => {
  const { calls, write } = orgThatTakes("displayed");
  const session = runWith();
  const [result] = await writeOptions(session, "Deals", stages("Somewhere"), write);
  assertEquals([result?.ok, calls.length, session.optionName], [false, 1, "displayed"]);
  await writeOptions(session, "Deals", [{ Stage: "Closed Won" }], write);
  assertEquals(calls[1], ["Done deal"]);
});

Deno.test("a module without renamed options is written as it is", async () => {
  const { calls, write } = orgThatTakes("actual");
  await writeOptions(runWith(), "Quotes", stages("Closed Won"), write);
  assertEquals(calls, [["Closed Won"]]);
});

Deno.test("unread fields stay unread, and an empty one stays empty", () => {
  assertEquals(withNames({ Amount: 1 }, options, "displayed"), { Amount: 1 });
  assertEquals(withNames({ Stage: null }, options, "displayed"), { Stage: null });
});

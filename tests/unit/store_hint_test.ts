import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseError, type ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import { type Delivery, storeHint } from "../../supabase/functions/_shared/webhook/hint.ts";
import { hintedRecord } from "../../supabase/functions/_shared/webhook/told.ts";

const delivery: Delivery = {
  source: "signed",
  module: "Deals",
  operation: "update",
  digest: "a".repeat(64),
  records: [hintedRecord("Deals", "4876876000000624001", { Stage: "Closed Won" })],
};
const stored = { event_id: "1", status: "received", reason: null, hints: 1 };

/** A database that refuses with these codes, one a call, and then answers. */
function refusing(codes: (string | undefined)[]) {
  const calls: unknown[] = [];
  const delays: number[] = [];
  const left = [...codes];
  const db = {
    rpc: (_name: string, args: unknown) => {
      calls.push(args);
      const isRefused = left.length > 0;
      const code = left.shift();
      return Promise.resolve(
        isRefused ? { data: null, error: { code, message: "away" } } : { data: stored, error: null },
      );
    },
  };
  const sleep = (ms: number) => {
    delays.push(ms);
    return Promise.resolve();
  };
  return { deps: { db: db as unknown as ServiceClient, sleep }, calls, delays };
}

const passing = [
  "PGRST303",
  "PGRST001",
  "PGRST003",
  "503",
  "504",
  "57014",
  "40001",
  "40P01",
  "55P03",
  undefined,
];

for (const code of passing) {
  Deno.test(`a hint that the database refuses with ${code ?? "no code at all"} is retried and stored unchanged`, async () => {
    const { deps, calls, delays } = refusing([code, code]);
    assertEquals((await storeHint(deps, delivery)).event_id, "1");
    assertEquals([calls.length, delays], [3, [100, 300]]);
    assertEquals(calls[2], calls[0]);
  });
}

Deno.test("a hint that is refused four times is returned to the caller, who answers 503", async () => {
  const { deps, calls, delays } = refusing(Array.from({ length: 9 }, () => "PGRST001"));
  const error = await assertRejects(() => storeHint(deps, delivery), DatabaseError);
  assertEquals([error.code, calls.length, delays], ["PGRST001", 4, [100, 300, 900]]);
});

Deno.test("a permanent refusal is not repeated", async () => {
  for (const code of ["42501", "23514", "PGRST202"]) {
    const { deps, calls } = refusing([code]);
    await assertRejects(() => storeHint(deps, delivery), DatabaseError);
    assertEquals(calls.length, 1, code);
  }
});

import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseError, type ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import { type Delivery, storeHint } from "../../supabase/functions/_shared/webhook/hint.ts";
import { processZohoCRMWebhook } from "../../supabase/functions/_shared/webhook/receive.ts";
import { ownNames } from "../../supabase/functions/_shared/zoho/names.ts";
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

/** A signed delivery whose names the database refuses to tell with these codes before it tells them. */
async function receiveWithNames(codes: string[]) {
  const { deps, calls } = refusing([]);
  const left = [...codes];
  const names = () => {
    const code = left.shift();
    return code === undefined
      ? Promise.resolve(ownNames)
      : Promise.reject(new DatabaseError(code, "zoho_field_rules", "away"));
  };
  const body = JSON.stringify({
    module: "Deals",
    operation: "update",
    record_id: "4876876000000624001",
    record_data: { Stage: "Closed Won" },
  });
  const answer = await processZohoCRMWebhook({
    ...deps,
    settings: { secrets: [secret], notificationTokens: [] },
    log: () => {},
    now: Date.now,
    countRefusal: () => {},
    drainSoon: () => {},
    names,
  }, new Request("http://functions/zoho-webhook", { method: "POST", body, headers: await signed(body) }));
  return { status: answer.status, stored: calls.length };
}

const secret = "s".repeat(32);

async function signed(body: string): Promise<Record<string, string>> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey("raw", bytes(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(body))).toHex();
  return { "content-type": "application/json", "X-ZOHO-WEBHOOK-SIGNATURE": signature };
}

Deno.test("a hint is kept while the database refuses for a moment to say what the org calls our fields", async () => {
  for (const code of ["PGRST303", "UNREACHABLE"]) {
    assertEquals(await receiveWithNames([code, code, code]), { status: 200, stored: 1 }, code);
  }
  assertEquals((await receiveWithNames(Array.from({ length: 9 }, () => "PGRST001"))).status, 503);
});

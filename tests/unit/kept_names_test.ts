import { assertEquals } from "@std/assert";
import * as kept from "../../supabase/functions/_shared/legacy/kept_names.ts";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import type { SyncDependencies } from "../../supabase/functions/_shared/sync/drain_session.ts";
import type { SyncResult } from "../../supabase/functions/_shared/sync/by_hand/operations.ts";
import { hintedRecord } from "../../supabase/functions/_shared/webhook/told.ts";
import { processZohoCRMWebhook } from "../../supabase/functions/_shared/webhook/receive.ts";
import { verifyZohoWebhookSignature } from "../../supabase/functions/_shared/webhook/signature.ts";
import { searchRecord } from "../../supabase/functions/_shared/zoho/search.ts";
import { clientOf, ListeningZoho } from "./listening_zoho.ts";

// Names of the original service: callers find every one of them, and each does what the engine does.

/** A Zoho that says yes to one record. */
const agreeing = () =>
  new ListeningZoho(() =>
    Response.json({
      data: [{ code: "SUCCESS", status: "success", message: "record added", details: { id: "7" } }],
    })
  );

/** A database that answers every function alike and keeps what it was called with. */
function answering(data: unknown) {
  const calls: [name: string, args: unknown][] = [];
  const rpc = (name: string, args: unknown) => {
    calls.push([name, args]);
    return Promise.resolve({ data, error: null });
  };
  return { db: { rpc } as unknown as ServiceClient, calls };
}

Deno.test("every name of the original service is in the legacy file or where the engine uses it", () => {
  assertEquals(Object.keys(kept).sort(), [
    "createDeal",
    "createEstimate",
    "isValidZohoWebhookPayload",
    "logWebhookEvent",
    "mapDealStageToContractStatus",
    "syncContractToDeal",
    "syncKYCStatusToDeal",
    "syncQuoteWithKYC",
    "syncRICAStatusToDeal",
    "updateDeal",
  ]);
  for (const used of [processZohoCRMWebhook, verifyZohoWebhookSignature, searchRecord]) {
    assertEquals(typeof used, "function");
  }
});

Deno.test("createDeal and createEstimate insert one record and never upsert", async () => {
  await using zoho = agreeing();
  const estimate = { Quote_Reference: "BQ-1", Quoted_Items: [{ Product_Name: { id: "7" }, Quantity: 1 }] };
  const made = [
    await kept.createDeal(clientOf(zoho), { Deal_Name: "Contract CT-1" }),
    await kept.createEstimate(clientOf(zoho), estimate),
  ];
  assertEquals(made.map((result) => result.ok && [result.action, result.id]), [["insert", "7"], [
    "insert",
    "7",
  ]]);
  assertEquals(zoho.heard.map(({ method, path, body }) => [method, path, body]), [
    ["POST", "/crm/v8/Deals", { data: [{ Deal_Name: "Contract CT-1" }] }],
    ["POST", "/crm/v8/Quotes", { data: [estimate] }],
  ]);
});

Deno.test("updateDeal updates one Deal by its id", async () => {
  await using zoho = agreeing();
  assertEquals((await kept.updateDeal(clientOf(zoho), "7", { Amount: 1 })).ok, true);
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path, heard?.body], [
    "PUT",
    "/crm/v8/Deals",
    { data: [{ Amount: 1, id: "7" }] },
  ]);
});

const operations = {
  contract: kept.syncContractToDeal,
  kyc_session: kept.syncKYCStatusToDeal,
  rica_submission: kept.syncRICAStatusToDeal,
  quote: kept.syncQuoteWithKYC,
};
for (const [entity, sync] of Object.entries(operations)) {
  Deno.test(`${sync.name} syncs the entities of a ${entity}, and answers a SyncResult`, async () => {
    const { db, calls } = answering({ found: true, entities: [] });
    const id = crypto.randomUUID();
    const { success, error }: SyncResult = await sync({ db } as SyncDependencies, id);
    assertEquals([success, error], [
      false,
      `The ${entity} has no contract yet, so there is no Deal to sync`,
    ]);
    assertEquals(calls, [["zoho_entities_of", { p_entity: entity, p_id: id }]]);
  });
}

Deno.test("isValidZohoWebhookPayload accepts what the webhook accepts and nothing else", () => {
  const good = { module: "Deals", operation: "edit", record_id: "4876876000000624001", record_data: {} };
  assertEquals(kept.isValidZohoWebhookPayload(good), true);
  for (const body of [null, 1, "text", [], { ...good, record_id: 7 }, { ...good, operation: "read" }]) {
    assertEquals(kept.isValidZohoWebhookPayload(body), false, JSON.stringify(body));
  }
});

Deno.test("logWebhookEvent stores a delivery as a hint", async () => {
  const stored = { event_id: "1", status: "received", reason: null, hints: 1 } as const;
  const { db, calls } = answering(stored);
  const answer = await kept.logWebhookEvent({ db, sleep: () => Promise.resolve() }, {
    source: "signed",
    module: "Deals",
    operation: "update",
    digest: "a".repeat(64),
    records: [hintedRecord("Deals", "1", { Stage: "Closed Won" })],
  });
  assertEquals(answer, stored);
  assertEquals(calls.map(([name]) => name), ["zoho_receive_hint"]);
});

Deno.test("mapDealStageToContractStatus returns the status that the merge would take in", () => {
  const rows = [
    ["Closed Won", "active"],
    ["Closed Won - Renewal", "active"],
    ["Closed-Lost to Competition", "terminated"],
    ["proposal/price quote", "draft"],
    ["Negotiation/Review", "draft"],
    ["Qualification", null],
    ["", null],
  ] as const;
  for (const [stage, status] of rows) assertEquals(kept.mapDealStageToContractStatus(stage), status, stage);
});

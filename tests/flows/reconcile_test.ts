import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { TestZoho } from "../../local/zoho/testing.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { webhookEnv } from "../support/webhook.ts";
import { mappingOf, openQuestionsOf, statusOf } from "../support/linked.ts";
import {
  get,
  readReconcileReport,
  reconcileAfterDeletion,
  reconcileAll,
  repairRun,
} from "./reconcile_steps.ts";
import { dealOf, dealsOf, sell, sellAll, settledDeal } from "../support/sale.ts";
import { renewedStack } from "../support/renewed_stack.ts";
import { settled } from "../support/queue.ts";
import { fold } from "../support/fold.ts";
import { unnoticed } from "../support/unnoticed.ts";

// Both sides are compared; CircleTel gets no callbacks here: there is no webhook.

const renewed = renewedStack({
  functions: ["zoho-sync", "zoho-admin", "zoho-webhook"],
  functionEnv: webhookEnv,
});
let stack: Stack;
Deno.test.beforeEach(async () => {
  stack = await renewed.renew();
});
Deno.test.afterAll(() => renewed.stop());

async function sold(values: Parameters<typeof sell>[1] = {}): Promise<{ contract: Row; dealId: string }> {
  const { contract } = await sell(stack, values);
  const { id } = await settledDeal(stack, contract);
  return { contract, dealId: id };
}

Deno.test("records in step are matches, reported in one line", async () => {
  const sales = await sellAll(stack.sql, [{}, {}, {}]);
  await settled(stack, sales.map(({ contract }) => contract));
  const { line, counts, items, run } = await reconcileAll(stack);
  assertMatch(line, /^As of \d\d:\d\d: 3 match, 0 differ, 0 missing$/);
  assertEquals(counts, { match: 3, differs: 0, missing: 0, extra: 0, queued: 0 });
  assertEquals(items, []);
  assert(run.calls > 0 && run.credits === run.calls, JSON.stringify(run));
});

Deno.test("an unreported edit of a field is named with both values, corrected by repair, and then a match", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.edit("Deals", dealId, { Risk_Tier: "High", Amount: 1 });
  const first = await reconcileAll(stack);
  assertMatch(first.line, /: 0 match, 1 differs, 0 missing$/);
  const [row] = first.items;
  assertEquals([row?.verdict, row?.reason, row?.reference, row?.zohoId], [
    "differs",
    "fields",
    contract.contract_number,
    dealId,
  ]);
  assertEquals(row?.fields, {
    Amount: { zoho: 1, circletel: 49476 },
    Risk_Tier: { zoho: "High", circletel: "Low" },
  });

  assertEquals((await repairRun(stack, first.run.id)).rows, 1);
  const deal = await settledDeal(stack, contract);
  assertEquals([deal.Risk_Tier, deal.Amount], ["Low", 49476]);
  assertEquals((await reconcileAll(stack)).counts, { match: 1, differs: 0, missing: 0, extra: 0, queued: 0 });
  assertEquals(
    typeof (await readReconcileReport(stack, `?run=${first.run.id}`)).items[0]?.repairedAt,
    "string",
  );
});

Deno.test("a seller's move of the stage that agrees with the contract is no difference", async () => {
  const { dealId } = await sold();
  await stack.zoho.edit("Deals", dealId, { Stage: "Negotiation/Review" });
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("an unreported move by a seller is a difference, and repair takes it in", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.advanceClock(5_000);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const { items, run } = await reconcileAll(stack);
  assertEquals(items.map(({ fields }) => fields), [{
    Stage: { zoho: "Closed Won", circletel: "Proposal/Price Quote" },
  }]);
  await repairRun(stack, run.id);
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a value left stale by a lost trigger is corrected by repair", async () => {
  const { contract } = await sold();
  await unnoticed(
    stack.sql,
    (tx) =>
      tx`update public.contracts set status = 'terminated', total_contract_value = 5 where id = ${contract.id}`,
  );
  const { items, run } = await reconcileAll(stack, { kind: "incremental" });
  assertEquals(Object.keys(items[0]?.fields ?? {}).sort(), ["Amount", "Stage"]);
  await repairRun(stack, run.id);
  const deal = await settledDeal(stack, contract);
  assertEquals([deal.Stage, deal.Amount], ["Closed Lost", 5]);
});

Deno.test("an unreported deletion of a Deal is marked and raises a question, and the Deal is made again only on request", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.delete("Deals", dealId);
  const { items, run, line } = await reconcileAfterDeletion(stack, contract);
  assertMatch(line, /0 match, 0 differ, 1 missing$/);
  assertEquals(items.map(({ verdict, reason }) => [verdict, reason]), [["missing", "deleted_in_zoho"]]);
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
  assertEquals((await openQuestionsOf(stack, contract)).map(({ kind }) => kind), ["record_gone"]);

  assertEquals((await repairRun(stack, run.id)).rows, 0);
  assertEquals(await dealsOf(stack, contract), []);
  assertEquals((await repairRun(stack, run.id, { recreateDeleted: true })).enqueued, 1);
  const again = await settledDeal(stack, contract);
  assert(again.id !== dealId);
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a deletion raises one question, however often it is looked at", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.delete("Deals", dealId);
  await reconcileAfterDeletion(stack, contract);
  await reconcileAll(stack, { kind: "incremental" });
  await settled(stack, contract);
  const asked = await openQuestionsOf(stack, contract);
  assertEquals(asked.map(({ kind, closed_because }) => [kind, closed_because]), [["record_gone", null]]);
});

Deno.test("a restored Deal is written, and its deletion is cleared", async () => {
  const { contract, dealId } = await sold();
  await stack.sql`
    update public.zoho_entity_mappings set state = 'deleted_in_zoho' where zoho_id = ${dealId}`;
  await reconcileAll(stack);
  await settled(stack, contract);
  assertEquals((await mappingOf(stack, contract)).state, "linked");
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a contract that was never sent is missing, and repair makes its Deal", async () => {
  const { contract } = await sold();
  const { contract: other } = await sold();
  await stack.sql`delete from public.zoho_entity_mappings where circletel_id = ${other.id}`;
  await stack.sql`update public.contracts set zoho_deal_id = null where id = ${other.id}`;
  const [deal] = await dealsOf(stack, other);
  await stack.zoho.edit("Deals", deal?.id ?? "", { Contract_Number: "CT-OTHER" });
  const { items, run } = await reconcileAll(stack);
  assertEquals(items.map(({ verdict, reason, reference }) => [verdict, reason, reference]).sort(), [
    ["extra", "unowned", "CT-OTHER"],
    ["missing", "never_synced", other.contract_number],
  ]);
  await repairRun(stack, run.id);
  await settled(stack, [contract, other]);
  assertEquals((await dealsOf(stack, other)).length, 1);
  assertEquals((await reconcileAll(stack)).counts, { match: 2, differs: 0, missing: 0, extra: 1, queued: 0 });
});

Deno.test("a Deal that carries our number and is not linked is linked by repair", async () => {
  const { contract, dealId } = await sold();
  await stack.sql`delete from public.zoho_entity_mappings where circletel_id = ${contract.id}`;
  await stack.sql`update public.contracts set zoho_deal_id = null where id = ${contract.id}`;
  const { items, run } = await reconcileAll(stack);
  assertEquals(items.map(({ verdict, reason, zohoId }) => [verdict, reason, zohoId]), [
    ["differs", "not_linked", dealId],
  ]);
  await repairRun(stack, run.id);
  await settled(stack, contract);
  assertEquals((await mappingOf(stack, contract)).zoho_id, dealId);
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("two Deals with one number: the linked one is ours and the other is extra, and stays", async () => {
  const { contract, dealId } = await sold();
  await makeNumberCommon();
  await stack.zoho.edit("Deals", dealId, { Contract_Number: String(contract.contract_number) });
  const double = await stack.zoho.create("Deals", {
    Deal_Name: "Copy",
    Stage: "Qualification",
    Contract_Number: String(contract.contract_number),
  });
  const { items, run, line } = await reconcileAll(stack);
  assertMatch(line, /: 1 matches, 0 differ, 0 missing, 1 extra$/);
  assertEquals(items.map(({ verdict, reason, zohoId }) => [verdict, reason, zohoId]), [
    ["extra", "doubled", double],
  ]);
  await repairRun(stack, run.id);
  assertEquals((await dealsOf(stack, contract)).map(({ id }) => id).sort(), [dealId, double].sort());
});

/** An org in which Contract_Number was made without being unique. */
async function makeNumberCommon(): Promise<void> {
  const zoho = new TestZoho(stack.zohoUrl);
  const { items } = await zoho.call("GET", "settings/fields?module=Deals");
  const field = items.find(({ api_name }) => api_name === "Contract_Number");
  await zoho.call("DELETE", `settings/fields/${field?.id}?module=Deals`);
  const made = await zoho.call("POST", "settings/fields?module=Deals", {
    fields: [{ field_label: "Contract Number", data_type: "text", length: 100 }],
  });
  assertEquals(made.status, 201, made.text);
}

Deno.test("a queued change is no difference", async () => {
  const { contract } = await sold();
  await sold();
  await stack.sql`select public.zoho_pause('BY_HAND', 'x', null, true)`;
  await stack.sql`update public.contracts set total_contract_value = 7 where id = ${contract.id}`;
  await fold(stack.sql);
  await stack.sql`update public.zoho_sync_queue set next_attempt_at = now() + interval '1 hour' where true`;
  await stack.sql`update public.zoho_sync_state set paused_until = null where paused_until is not null`;
  const { line, items } = await reconcileAll(stack);
  assertMatch(line, /: 1 matches, 0 differ, 0 missing, 1 still on its way$/);
  assertEquals(items.map(({ verdict, reason }) => [verdict, reason]), [["queued", "on_its_way"]]);
});

Deno.test("two Deals merged in Zoho are one Deal of ours, if the survivor has the number", async () => {
  const { contract, dealId } = await sold();
  const master = await stack.zoho.create("Deals", { Deal_Name: "The same sale", Stage: "Qualification" });
  await stack.zoho.merge("Deals", master, [dealId]);
  await reconcileAll(stack);
  await settled(stack, contract);
  assertEquals((await mappingOf(stack, contract)).zoho_id, master);
  const deal = await dealOf(stack, contract);
  assertEquals([deal.id, deal.Deal_Name, deal.KYC_Status], [
    master,
    `Contract ${contract.contract_number}`,
    "Completed",
  ]);
  assertEquals((await openQuestionsOf(stack, contract)).filter(({ kind }) => kind === "record_gone"), []);
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a merge in which our number is lost is a deletion", async () => {
  const { contract, dealId } = await sold();
  const master = await stack.zoho.create("Deals", {
    Deal_Name: "Another sale",
    Stage: "Qualification",
    Contract_Number: "CT-OTHER",
  });
  await stack.zoho.merge("Deals", master, [dealId]);
  const { items } = await reconcileAfterDeletion(stack, contract);
  assertEquals(items.map(({ verdict, reason }) => `${verdict} ${reason}`).sort(), [
    "extra unowned",
    "missing deleted_in_zoho",
  ]);
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
});

Deno.test("the report is a CSV that no spreadsheet runs as a formula", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.edit("Deals", dealId, { Deal_Name: '=HYPERLINK("http://evil.example","x")' });
  const { run } = await reconcileAll(stack);
  const { status, text } = await get(stack, `reconcile.csv?run=${run.id}`);
  assertEquals(status, 200);
  assertEquals(text.split("\r\n"), [
    "verdict,reason,entity_type,entity_id,reference,zoho_type,zoho_id,field,circletel,zoho,repaired_at",
    `differs,fields,contract,${contract.id},${contract.contract_number},Deals,${dealId},Deal_Name,` +
    `Contract ${contract.contract_number},"'=HYPERLINK(""http://evil.example"",""x"")",`,
    "",
  ]);
});

Deno.test("a run that Zoho refuses says so, goes on when Zoho answers again, and runs only once", async () => {
  await sold();
  await stack.zoho.addFaults({
    match: { path: "/Deals$", method: "GET" },
    kind: "status",
    status: 503,
    times: 3,
  });
  const { status, body } = await stack.invoke("zoho-admin/reconcile", {});
  assertEquals(status, 202);
  const { run } = body as { run: string };
  const fault = async () => {
    const [row] = await stack
      .sql`select faults, lease_owner from public.zoho_reconcile_runs where id = ${run}`;
    return row?.faults === 1 && row.lease_owner === null;
  };
  await until(fault, { what: "the fault" });
  const { body: second } = await stack.invoke("zoho-admin/reconcile", {});
  assertEquals(second, { success: true, run, started: false });
  await stack.sql`update public.zoho_reconcile_runs set next_step_at = now() where id = ${run}`;
  await stack.cron.runJobNow("zoho-reconcile-sweep");
  await until(async () => (await readReconcileReport(stack)).run.status === "finished", {
    what: "the end",
  });
  assertEquals((await readReconcileReport(stack)).counts.match, 1);
});

Deno.test("a wrong request is refused, naming the field", async () => {
  const unknown = await get(stack, "reconcile");
  assertEquals(unknown.status, 404);
  const wrong = await stack.invoke("zoho-admin/reconcile", { kind: "some" });
  assertEquals([wrong.status, (wrong.body as { error: { field: string } }).error.field], [400, "kind"]);
  const stray = await get(stack, "reconcile?colour=red");
  assertEquals([stray.status, JSON.parse(stray.text).error.field], [400, "colour"]);
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { errorTable } from "../../supabase/functions/_shared/zoho/error_table.ts";
import type { Stack } from "../../local/stack.ts";
import type {
  ActionsAnswer,
  AttemptsAnswer,
  ContractAnswer,
  EventAnswer,
  EventsAnswer,
  HistoryAnswer,
  NoticesAnswer,
  PeopleAnswer,
  ProblemItemsAnswer,
  ProblemsAnswer,
  QueueAnswer,
  RunsAnswer,
  SettingsAnswer,
  StatusAnswer,
} from "../../supabase/functions/_shared/admin/answers.ts";
import { at, deliver, edited, eventsOf, tell, webhookEnv } from "../support/webhook.ts";
import { sell, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { insertBusiness, insertContract, insertQuoteItem, type Row } from "../support/fixtures.ts";
import { idOf } from "../support/rows.ts";
import { until } from "../support/until.ts";
import { asked, refused } from "../support/admin_calls.ts";
import { unnoticed } from "../support/unnoticed.ts";
import { fold } from "../support/fold.ts";

// What zoho-admin answers to those who may ask: each read with rows that are really there.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    types: ["contract", "quote", "customer", "invoice"],
    functions: ["zoho-sync", "zoho-webhook", "zoho-admin"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.beforeEach(async () => {
  await fold(stack.sql);
  await stack.sql`delete from public.zoho_sync_queue where true`;
  await stack.sql`delete from public.zoho_notices where true`;
});

/** Puts changes into the queue that no drain will find: they are due tomorrow, and nothing rings for their contracts. */
async function queueUp(
  changes: { lane?: number; status?: string; code?: string; field?: string | null; failedRounds?: number }[],
): Promise<Row[]> {
  const contracts = await unnoticed(stack.sql, async (tx) => {
    const { quote } = await insertBusiness(tx);
    const rows: Row[] = [];
    for (const _ of changes) rows.push(await insertContract(tx, quote.id));
    return rows;
  });
  for (const [index, change] of changes.entries()) {
    const { lane = 1, status = "dead", code = "INVALID_DATA", field = null, failedRounds = 1 } = change;
    await stack.sql`
      insert into public.zoho_sync_queue (entity_type, entity_id, lane, status, failed_rounds, cause, error_code,
        error_field, error_message, next_attempt_at)
      values ('contract', ${
      contracts[index]?.id ?? ""
    }, ${lane}, ${status}, ${failedRounds}, 'test', ${code}, ${field},
        'Zoho refused a value', now() + interval '1 day')`;
  }
  return contracts;
}

Deno.test("the status of an active project shows what was sent, how long it took and what it cost", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const status = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals([status.health.level, status.health.sentence, status.paused], [
    "good",
    "Every change has been sent to Zoho.",
    null,
  ]);
  assertEquals([status.queue.waiting, status.queue.dead, status.queue.oldestUnsentAt], [0, 0, null]);
  assertEquals(status.day.hours.length, 25);
  assert(status.day.succeeded >= 3 && status.day.failed === 0, JSON.stringify(status.day));
  assertEquals(status.day.successRate, 1);
  assert(status.day.settled >= 1 && (status.day.p95Ms ?? 0) >= (status.day.p50Ms ?? Infinity));
  assert((status.day.p50Ms ?? 0) > 0 && (status.day.p95Ms ?? 0) < 60_000);
  assertEquals(status.day.hours.at(-1)?.settled, status.day.settled);
  assert(status.lastWriteAt && Date.parse(status.at) - Date.parse(status.lastWriteAt) < 60_000);
  assert(status.credits.used > 0 && status.credits.budget === 50_000);
  assertEquals(status.credits.used, status.credits.byLane.reduce((sum, { credits }) => sum + credits, 0));
  assert(status.credits.forecast.dayTotal >= status.credits.used);
  assert(status.token?.expiresAt && Date.parse(status.token.expiresAt) > Date.now());
  assertMatch(status.versions.migration ?? "", /^\d{14}$/);
  assertEquals([status.versions.zohoApi, status.timeZone], ["v8", "Africa/Johannesburg"]);
});

Deno.test("no answer of the API holds a token, a key or a person", async () => {
  const { contract, customer } = await sell(stack);
  await settledDeal(stack, contract);
  const [tokens] = await stack.sql`select access_token, refresh_token from public.zoho_tokens`;
  const secrets = [
    tokens?.access_token,
    tokens?.refresh_token,
    stack.secretKey,
    customer?.email,
    customer?.phone,
  ];
  for (
    const route of [
      "/status",
      "/settings",
      "/runs",
      "/queue",
      "/events",
      "/actions",
      "/notices",
      `/contract?number=${contract.contract_number}&live=true`,
    ]
  ) {
    const text = JSON.stringify(await asked(stack, `GET ${route}`));
    for (const secret of secrets) assert(!text.includes(String(secret)), `${route} tells ${secret}`);
  }
});

Deno.test("the queue is read by lane and status, page by page, oldest first", async () => {
  const rows = await queueUp([{ lane: 0 }, { lane: 1 }, { lane: 1, status: "pending" }, { lane: 1 }, {
    lane: 2,
  }]);
  const all = await asked<QueueAnswer>(stack, "GET /queue");
  assertEquals(all.items.map(({ number }) => number), rows.map((row) => row.contract_number));
  assertEquals(all.next, null);
  const dead = await asked<QueueAnswer>(stack, "GET /queue?lane=1&status=dead");
  assertEquals(dead.items.map(({ entityId }) => entityId), [rows[1]?.id, rows[3]?.id]);
  assertEquals(dead.items[0]?.error, { code: "INVALID_DATA", field: null, message: "Zoho refused a value" });

  const seen: string[] = [];
  let after: string | null = "";
  for (let pages = 0; after !== null && pages < 10; pages++) {
    const { items, next }: QueueAnswer = await asked(
      stack,
      `GET /queue?limit=2${after && `&after=${after}`}`,
    );
    assert(items.length <= 2);
    seen.push(...items.map(({ entityId }) => entityId));
    after = next;
  }
  assertEquals(seen, rows.map(({ id }) => id));
});

Deno.test("the status counts the queue by lane and status and says what is wrong", async () => {
  await queueUp([{ lane: 0 }, { lane: 1, status: "pending", failedRounds: 0 }, {
    lane: 1,
    status: "pending",
  }]);
  await fold(stack.sql);
  await stack
    .sql`update public.zoho_sync_queue set enqueued_at = now() - interval '7 minutes' where lane = 1`;
  const { queue, health } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals(queue.counts.map(({ lane, status, count }) => [lane, status, count]), [
    [0, "dead", 1],
    [1, "pending", 2],
  ]);
  assertEquals([queue.waiting, queue.dead], [2, 1]);
  assert((queue.oldestUnsentSeconds ?? 0) >= 420 && (queue.oldestUnsentSeconds ?? 0) < 480);
  assertEquals([health.level, health.reasons.map(({ code }) => code)], [
    "trouble",
    ["DEAD_LETTERS", "LATE_CHANGES"],
  ]);
  assertStringIncludes(health.sentence, "1 change needs attention");
});

Deno.test("problems are grouped by code and field, with what to do and where it is written", async () => {
  const rows = await queueUp([
    { code: "INVALID_DATA", field: "KYC_Status" },
    { code: "INVALID_DATA", field: "KYC_Status" },
    { code: "RECORD_LOCKED", status: "pending", failedRounds: 3 },
    { code: "RECORD_LOCKED", status: "pending", failedRounds: 1 },
    { code: "SOMETHING_NEW" },
  ]);
  const { problems } = await asked<ProblemsAnswer>(stack, "GET /problems");
  assertEquals(problems.map(({ code, field, dead, retrying, page }) => [code, field, dead, retrying, page]), [
    ["INVALID_DATA", "KYC_Status", 2, 0, "errors/INVALID_DATA.md"],
    ["SOMETHING_NEW", null, 1, 0, null],
    ["RECORD_LOCKED", null, 0, 1, "errors/RECORD_LOCKED.md"],
  ]);
  assertEquals(problems[0]?.advice, errorTable.INVALID_DATA?.advice);
  assertEquals(problems[0]?.examples.map(({ number }) => number), [
    rows[0]?.contract_number,
    rows[1]?.contract_number,
  ]);
  const first = await asked<ProblemItemsAnswer>(
    stack,
    "GET /problems/items?code=INVALID_DATA&field=KYC_Status&limit=1",
  );
  assertEquals([first.items.map(({ entityId }) => entityId), first.next !== null], [[rows[0]?.id], true]);
  const second = await asked<ProblemItemsAnswer>(
    stack,
    `GET /problems/items?code=INVALID_DATA&field=KYC_Status&limit=1&after=${first.next}`,
  );
  assertEquals([second.items.map(({ entityId }) => entityId), second.next], [[rows[1]?.id], null]);
  const none = await asked<ProblemItemsAnswer>(stack, "GET /problems/items?code=INVALID_DATA&field=");
  assertEquals(none.items, []);
});

Deno.test("a contract is shown with both sides, the record it is linked to and its whole history", async () => {
  const { contract, quote } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.zoho.edit("Deals", deal.id, { Stage: "Closed Won" });
  await tell(stack, edited(deal.id, { Stage: "Closed Won" }));
  await stack.sql`
    insert into public.zoho_notices (kind, entity_type, entity_id, message)
    values ('orphaned', 'contract', ${contract.id}, 'something to read')`;
  await asked(stack, "POST /retry", { entities: [{ type: "contract", id: contract.id }] });
  // What the org calls a field is read from the org, and is none of our own names.
  await stack.sql`
    insert into public.zoho_fields (module, field, api_name, label)
    values ('Deals', 'KYC_Status', 'KYC_Status', 'KYC state') on conflict do nothing`;
  const shown = await asked<ContractAnswer>(stack, `GET /contract?number=${contract.contract_number}`);
  assertEquals([shown.entityType, shown.entityId, shown.number], [
    "contract",
    contract.id,
    contract.contract_number,
  ]);
  assertEquals(shown.related, [{
    entityType: "quote",
    entityId: String(quote.id),
    number: String(quote.quote_number),
  }]);
  assertEquals([shown.mapping?.zohoType, shown.mapping?.zohoId, shown.mapping?.state], [
    "Deals",
    deal.id,
    "linked",
  ]);
  const line = (name: string) => shown.fields.find(({ field }) => field === name);
  assertEquals(line("KYC_Status"), {
    field: "KYC_Status",
    label: "KYC state",
    owner: "circletel",
    circletel: "Completed",
    snapshot: "Completed",
    agrees: true,
  });
  assertEquals([line("Stage")?.owner, line("Stage")?.agrees], ["shared", true]);
  assertEquals(shown.fields.filter(({ agrees }) => !agrees), []);
  assertEquals([shown.live, shown.problem], [null, null]);
  assertEquals(
    new Set(shown.history.items.map(({ kind }) => kind)),
    new Set(["action", "notice", "event", "attempt", "look"]),
  );
  const look = shown.history.items.find(({ kind }) => kind === "look");
  assertEquals(
    [look?.status, look?.details.sent],
    ["applied", undefined],
    "a seller's move is no write of ours",
  );
  assertEquals(shown.writes.last?.status, "success");
  assert(Date.parse(shown.writes.confirmedAt ?? "") > 0);
  assertEquals([shown.isGone, shown.row.table, shown.name], [false, "contracts", quote.company_name]);
  const account = idOf(line("Account_Name")?.snapshot) ?? "";
  assertEquals(shown.names[account], { name: String(quote.company_name), zohoType: "Accounts" });
  assertEquals(shown.history.items[0]?.kind, "action");
  assertEquals(shown.history.items[0]?.actor, "secret key");
  const times = shown.history.items.map((item) => Date.parse(item.at));
  assertEquals(times, times.toSorted((a, b) => b - a));

  const seen: string[] = [];
  let after: string | null = "";
  for (let pages = 0; after !== null && pages < 30; pages++) {
    const { items, next }: HistoryAnswer = await asked(
      stack,
      `GET /history?entityType=contract&id=${contract.id}&limit=1${after && `&after=${after}`}`,
    );
    seen.push(...items.map(({ kind, id }) => `${kind} ${id}`));
    after = next;
  }
  assertEquals(seen, shown.history.items.map(({ kind, id }) => `${kind} ${id}`));
});

Deno.test("a contract whose row is gone is still shown by its id: its record, its notices and its history", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.sql`delete from public.contracts where id = ${contract.id}`;
  await until(async () => {
    await fold(stack.sql);
    return (await stack.sql`select from public.zoho_notices where entity_id = ${contract.id}`).length > 0;
  }, { what: "the notice" });
  const shown = await asked<ContractAnswer>(stack, `GET /contract?id=${contract.id}`);
  assertEquals(
    [shown.isGone, shown.number, shown.mapping?.zohoId, shown.mapping?.state, shown.fields],
    [true, contract.contract_number, deal.id, "orphaned", []],
  );
  assertMatch(shown.problem ?? "", /deleted in CircleTel/);
  assert(shown.history.items.some(({ kind }) => kind === "notice"));
  const nothing = await refused(stack, `GET /contract?id=${crypto.randomUUID()}`);
  assertEquals(nothing.status, 404);
});

Deno.test("the name of a user id is read from Zoho", async () => {
  const { names, ownId } = await asked<PeopleAnswer>(stack, "GET /people");
  assert(ownId !== null && Object.keys(names).length >= 2 && names[ownId]);
});

Deno.test("a live read shows an unreported edit of a field as a difference, and costs a credit", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.zoho.edit("Deals", deal.id, { Risk_Tier: "High" });
  const before = await asked<StatusAnswer>(stack, "GET /status");
  const path = `GET /contract?id=${contract.id}`;
  const stored = await asked<ContractAnswer>(stack, path);
  assertEquals(stored.fields.filter(({ agrees }) => !agrees), []);
  const live = await asked<ContractAnswer>(stack, `${path}&live=true`);
  assertEquals(
    live.fields.filter(({ agrees }) => !agrees).map(({ field, circletel, snapshot, zoho }) => [
      field,
      circletel,
      snapshot,
      zoho,
    ]),
    [["Risk_Tier", "Low", "Low", "High"]],
  );
  assertEquals(live.live?.error, null);
  assert(live.live?.modifiedAt);
  const { credits } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals(credits.used, before.credits.used + 1);
});

Deno.test("a contract is shown while Zoho is unreachable", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.zoho.delete("Deals", deal.id);
  const { live, fields } = await asked<ContractAnswer>(stack, `GET /contract?id=${contract.id}&live=true`);
  assertEquals(live, { modifiedAt: null, modifiedBy: null, error: "RECORD_NOT_FOUND" });
  assert(fields.length > 10);
});

Deno.test("a quote is found by its number, with its Estimate and its contracts; a live read compares its lines", async () => {
  const { quote, contract } = await sell(stack);
  await insertQuoteItem(stack.sql, quote.id);
  await until(async () => {
    await fold(stack.sql);
    return (await stack.sql`select from public.zoho_sync_queue`).length === 0;
  }, {
    what: "an empty queue",
  });
  const shown = await asked<ContractAnswer>(stack, `GET /contract?number=${quote.quote_number}&live=true`);
  assertEquals([shown.entityType, shown.entityId, shown.mapping?.zohoType], ["quote", quote.id, "Estimates"]);
  assertEquals(shown.related.map(({ number }) => number), [contract.contract_number]);
  assertEquals([shown.problem, shown.live?.error], [null, null]);
  const lines = shown.fields.find(({ field }) => field === "Quoted_Items");
  assert(lines?.agrees && lines.circletel !== undefined && lines.zoho !== undefined, JSON.stringify(lines));
  assertEquals(shown.fields.filter(({ agrees }) => !agrees), []);
});

Deno.test("a customer is found by id, with names masked and their purchases", async () => {
  const { customer, quote, contract } = await sell(stack);
  await settledDeal(stack, contract);
  const shown = await asked<ContractAnswer>(stack, `GET /contract?id=${customer?.id}`);
  assertEquals([shown.entityType, shown.number, shown.status], ["customer", null, null]);
  assertEquals(
    shown.related.map(({ number }) => number),
    [quote.quote_number, contract.contract_number].map(String),
  );
  const names = shown.fields.filter(({ field }) => ["Last_Name", "Email"].includes(field));
  assertEquals(names.length, 2);
  assert(!JSON.stringify(shown).includes(String(customer?.email)));
});

Deno.test("events are listed newest first by status, module and time, and one is shown with its values", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.zoho.edit("Deals", deal.id, { Stage: "Closed Won" });
  await tell(stack, edited(deal.id, { Stage: "Closed Won", Modified_Time: at(6_000_000) }));
  await deliver(stack, edited("999", { Stage: "Closed Won", Modified_Time: at(6_000_001) }));
  const events = await eventsOf(stack, deal.id);
  const from = encodeURIComponent(new Date(Date.now() - 600_000).toISOString());
  const applied = await asked<EventsAnswer>(
    stack,
    `GET /events?status=applied&module=Deals&from=${from}&limit=1`,
  );
  assertEquals([applied.items[0]?.id, applied.items[0]?.number], [
    events.at(-1)?.id,
    contract.contract_number,
  ]);
  const unmapped = await asked<EventsAnswer>(stack, "GET /events?status=unmapped&limit=1");
  assertEquals(unmapped.items.map(({ recordId, number }) => [recordId, number]), [["999", null]]);
  const past = await asked<EventsAnswer>(stack, "GET /events?to=2026-01-01T00:00:00Z");
  assertEquals(past, { success: true, items: [], next: null } as unknown as EventsAnswer);
  const { event } = await asked<EventAnswer>(stack, `GET /event?id=${applied.items[0]?.id}`);
  assertEquals([event.seq, event.status], [applied.items[0]?.seq ?? -1, "applied"]);
  assertEquals(event.told, { Stage: "Closed Won" });
  const all = await asked<EventsAnswer>(stack, "GET /events?limit=1");
  const rest = await asked<EventsAnswer>(stack, `GET /events?limit=200&after=${all.next}`);
  assert(rest.items.every(({ seq }) => seq < (all.items[0]?.seq ?? 0)));
});

Deno.test("notices are read, acknowledged and then no longer open", async () => {
  await stack.sql`
    insert into public.zoho_notices (kind, entity_type, entity_id, message)
    select 'orphaned', 'contract', gen_random_uuid(), 'notice ' || n from generate_series(1, 3) n`;
  const { items } = await asked<NoticesAnswer>(stack, "GET /notices");
  assertEquals(items.map(({ message }) => message), ["notice 3", "notice 2", "notice 1"]);
  const ids = items.slice(0, 2).map(({ id }) => id);
  assertEquals(await asked(stack, "POST /notices/acknowledge", { ids }), { success: true, acknowledged: 2 });
  assertEquals(await asked(stack, "POST /notices/acknowledge", { ids }), { success: true, acknowledged: 0 });
  const open = await asked<NoticesAnswer>(stack, "GET /notices");
  assertEquals([open.items.map(({ message }) => message), open.next], [["notice 1"], null]);
  const all = await asked<NoticesAnswer>(stack, "GET /notices?state=all&limit=2");
  assertEquals([all.items.length, all.next], [2, all.items[1]?.id ?? null]);
  const { items: acts } = await asked<ActionsAnswer>(stack, "GET /actions?action=acknowledge&limit=1");
  assertEquals([acts[0]?.actor, acts[0]?.details], ["secret key", { notices: ids }]);
});

Deno.test("runs list the drains with the outcomes of their attempts", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const { drains, longRuns } = await asked<RunsAnswer>(stack, "GET /runs?limit=3");
  assert(drains.length > 0 && drains.length <= 3);
  assert((drains[0]?.succeeded ?? 0) > 0 && drains[0]?.failed === 0 && drains[0]?.finishedAt);
  assertEquals(longRuns.filter(({ kind }) => kind !== "backfill" && kind !== "reconcile"), []);
});

Deno.test("settings show what is written where and which variables are set, and no value", async () => {
  const { mapping, variables, versions, region, concurrency, mostConcurrency, syncedTypes } = await asked<
    SettingsAnswer
  >(
    stack,
    "GET /settings",
  );
  const deals = mapping.find(({ module }) => module === "Deals");
  assertEquals([deals?.entityType, deals?.fields.find(({ field }) => field === "Stage")?.owner], [
    "contract",
    "shared",
  ]);
  assertEquals(
    mapping.find(({ module }) => module === "Quotes")?.zohoType,
    "Estimates",
  );
  const variable = (name: string) => variables.find((each) => each.name === name);
  assertEquals(variable("ZOHO_CLIENT_SECRET"), { name: "ZOHO_CLIENT_SECRET", isSet: true, isRequired: true });
  assertEquals(variable("ZOHO_PIPELINE")?.isRequired, false);
  assertEquals([versions.zohoApi, region.length, concurrency, mostConcurrency], ["v8", 2, 4, 4]);
  const labels = deals?.fields.map(({ field, label }) => [field, label]) ?? [];
  const known = await stack
    .sql`select field, label from public.zoho_fields where module = 'Deals' and problem is null`;
  for (const { field, label } of known) assertEquals(Object.fromEntries(labels)[field], label);
  assertEquals(syncedTypes, ["contract", "quote", "customer", "invoice"]);
});

const REFUSALS: { route: string; body?: unknown; status: number; code: string; field: string }[] = [
  { route: "GET /queue?lane=7", status: 400, code: "INVALID_QUERY", field: "lane" },
  { route: "GET /queue?colour=red", status: 400, code: "INVALID_QUERY", field: "colour" },
  { route: "GET /queue?limit=0", status: 400, code: "INVALID_QUERY", field: "limit" },
  { route: "GET /queue?limit=201", status: 400, code: "INVALID_QUERY", field: "limit" },
  { route: "GET /queue?after=yesterday", status: 400, code: "INVALID_QUERY", field: "after" },
  { route: "GET /queue?lane=1&lane=2", status: 400, code: "INVALID_QUERY", field: "lane" },
  { route: "GET /status?x=1", status: 400, code: "INVALID_QUERY", field: "x" },
  { route: "GET /problems?x=1", status: 400, code: "INVALID_QUERY", field: "x" },
  { route: "GET /contract", status: 400, code: "INVALID_QUERY", field: "number" },
  { route: "GET /contract?number=CT-2026-404404", status: 404, code: "NOT_FOUND", field: "number" },
  { route: "GET /contract?id=7", status: 400, code: "INVALID_QUERY", field: "id" },
  { route: "GET /contract?number=CT-1&live=perhaps", status: 400, code: "INVALID_QUERY", field: "live" },
  { route: "GET /history?entityType=deal", status: 400, code: "INVALID_QUERY", field: "entityType" },
  { route: "GET /events?status=lost", status: 400, code: "INVALID_QUERY", field: "status" },
  { route: "GET /events?from=yesterday", status: 400, code: "INVALID_QUERY", field: "from" },
  { route: "GET /event", status: 400, code: "INVALID_QUERY", field: "id" },
  { route: `GET /event?id=${crypto.randomUUID()}`, status: 404, code: "NOT_FOUND", field: "id" },
  { route: "GET /actions?after=x", status: 400, code: "INVALID_QUERY", field: "after" },
  { route: "GET /runs?limit=x", status: 400, code: "INVALID_QUERY", field: "limit" },
  { route: "GET /notices?state=lost", status: 400, code: "INVALID_QUERY", field: "state" },
  { route: "GET /settings?x=1", status: 400, code: "INVALID_QUERY", field: "x" },
  { route: "POST /notices/acknowledge", body: { ids: [] }, status: 400, code: "INVALID_BODY", field: "ids" },
  { route: "GET /nothing", status: 404, code: "NO_SUCH_ACTION", field: "path" },
  { route: "POST /status", status: 404, code: "NO_SUCH_ACTION", field: "path" },
];

for (const { route, body, ...expected } of REFUSALS) {
  Deno.test(`${route} ${body ? JSON.stringify(body) : ""} is refused and ${expected.field} is named`, async () => {
    const { status, code, field } = await refused(stack, route, body);
    assertEquals({ status, code, field }, expected);
  });
}

Deno.test("an unknown parameter is refused with the valid names", async () => {
  const { hint } = await refused(stack, "GET /queue?colour=red");
  assertEquals(hint, "There is after, limit, lane, status");
});

const rowsOf = async (path: string) => {
  const response = await fetch(`${stack.apiUrl}/functions/v1/zoho-admin${path}`, {
    headers: { apikey: stack.secretKey },
  });
  assertEquals(response.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
  return (await response.text()).trimEnd().split("\r\n");
};

Deno.test("attempts are listed by status, time, fault and search term, and saved as CSV", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, attempt_number, error_message, drain_id, created_at)
    values ('contract', ${contract.id}, 'Deals', 'failed', 1, 'MADE_UP_FAULT (Stage): =no', gen_random_uuid(), '2026-01-02T03:04:05Z')`;
  const list = async (query: string) => (await asked<AttemptsAnswer>(stack, `GET /attempts?${query}`)).items;
  const number = String(contract.contract_number);
  const ofContract = await list(`text=${number.toLowerCase()}`);
  assert(ofContract.length >= 2 && ofContract.every(({ entityId }) => entityId === contract.id));
  assertEquals(ofContract[0]?.zohoId, deal.id);
  const [fault, ...others] = await list("text=made_up_fault&status=failed");
  assertEquals([fault?.code, fault?.number, others], ["MADE_UP_FAULT", number, []]);
  assertEquals((await list("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z")).map(({ id }) => id), [
    fault?.id,
  ]);
  assertEquals(await list("text=made_up_fault&status=success"), []);

  const unsuccessful = "status=unsuccessful&from=2026-01-02T03:00:00Z&to=2026-01-02T04:00:00Z";
  await stack.sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, attempt_number, drain_id, created_at)
    select 'contract', ${contract.id}, 'Deals', s, 1, gen_random_uuid(), '2026-01-02T03:04:06Z'
    from unnest('{retrying,success}'::text[]) s`;
  const [counted] = await stack.sql`
    select failed from zoho_sync.count_attempts('2026-01-02T03:00:00Z', '2026-01-02T04:00:00Z')`;
  assertEquals((await list(unsuccessful)).map(({ status }) => status), ["retrying", "failed"]);
  assertEquals([counted?.failed, (await rowsOf(`/attempts.csv?${unsuccessful}`)).length], [2, 1 + 2]);
  const first = await asked<AttemptsAnswer>(stack, "GET /attempts?limit=1");
  const second = await asked<AttemptsAnswer>(stack, `GET /attempts?limit=1&after=${first.next}`);
  assert(first.items[0]?.id !== second.items[0]?.id);

  const [header, line] = await rowsOf("/attempts.csv?text=made_up_fault");
  assertEquals(
    header,
    "at,entityType,number,entityId,zohoType,zohoId,status,tryNumber,code,message,cause,durationMs",
  );
  assertStringIncludes(line ?? "", ",failed,1,MADE_UP_FAULT,MADE_UP_FAULT (Stage): =no,");
  await stack.sql`delete from public.zoho_sync_logs where created_at < '2026-02-01'`;
});

Deno.test("hints with nothing new are left out of the events unless requested", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.sql`
    insert into public.zoho_webhook_events (source, module, operation, record_id, digest, status, entity_type, entity_id)
    select 'signed', 'Deals', 'update', ${deal.id}, ${"0".repeat(64)}, v, 'contract', ${contract.id}
    from unnest('{nothing_new,applied}'::text[]) v`;
  const statuses = async (query: string) => {
    const { items } = await asked<EventsAnswer>(stack, `GET /events?text=${deal.id}&${query}`);
    return items.map(({ status }) => status).filter((each) => each !== "received");
  };
  assertEquals(await statuses(""), ["applied"]);
  assertEquals((await statuses("nothingNew=true")).includes("nothing_new"), true);
  assertEquals(new Set(await statuses("status=nothing_new")), new Set(["nothing_new"]));
  assertEquals((await rowsOf(`/events.csv?text=${contract.contract_number}&status=applied`)).length, 2);
});

Deno.test("failures are listed without a cause as well, by time and text, and saved as CSV", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  await stack.sql`
    insert into public.zoho_sync_queue (entity_type, entity_id, status, cause, error_code, error_field, error_message, failed_rounds)
    values ('contract', ${contract.id}, 'dead', 'test', 'INVALID_DATA', 'Stage', 'say "no"', 1)`;
  const text = `text=${contract.contract_number}`;
  const list = async (query: string) =>
    (await asked<ProblemItemsAnswer>(stack, `GET /problems/items?${text}&${query}`)).items.length;
  assertEquals([await list(""), await list("state=retrying"), await list("code=INVALID_DATA")], [1, 0, 1]);
  assertEquals([await list("from=2126-01-01T00:00:00Z"), await list("to=2126-01-01T00:00:00Z")], [0, 1]);
  const [, line] = await rowsOf(`/problems.csv?${text}`);
  assertStringIncludes(line ?? "", `dead,1,INVALID_DATA,Stage,"say ""no""",test`);
  await stack.sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
});

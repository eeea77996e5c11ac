import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type {
  ActAnswer,
  ActionsAnswer,
  AlertsAnswer,
  AlertTestAnswer,
  ChangeSettingsAnswer,
  ContractAnswer,
  DropAnswer,
  ForceSyncAnswer,
  HoldsAnswer,
  IncidentsAnswer,
  LookAnswer,
  PauseAnswer,
  ProblemsAnswer,
  RetryAnswer,
  SearchAnswer,
  StatusAnswer,
  Undo,
} from "../../supabase/functions/_shared/admin/answers.ts";
import { webhookEnv } from "../support/webhook.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { queueRow, settled } from "../support/queue.ts";
import { insertContract, insertQuote } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { adminCall, asked, refused } from "../support/admin_calls.ts";
import { signUp } from "./inward_people.ts";
import { fold } from "../support/fold.ts";

// What an operator may do through zoho-admin, who may, and that it is written down.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-admin"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

async function lastAct() {
  const { items } = await asked<ActionsAnswer>(stack, "GET /actions?limit=1");
  const [{ actor, action, details } = { actor: null, action: null, details: null }] = items;
  return { actor, action, details };
}

/** A contract whose Deal Zoho refuses until the fault is cleared. */
async function deadLetter() {
  await stack.zoho.addFaults({
    match: { module: "Deals" },
    kind: "record_error",
    code: "INVALID_DATA",
    details: { api_name: "KYC_Status" },
  });
  const { contract } = await sell(stack);
  await until(async () => (await queueRow(stack, contract))?.status === "dead", { what: "a dead letter" });
  return contract;
}

Deno.test("a dead letter is retried by name once its cause is fixed, and its Deal is right", async () => {
  const contract = await deadLetter();
  const { problems } = await asked<ProblemsAnswer>(stack, "GET /problems");
  assertEquals(problems.map(({ code, field }) => [code, field]), [["INVALID_DATA", "KYC_Status"]]);
  await stack.zoho.clearFaults();
  const entities = [{ type: "contract", id: contract.id }];
  const { retried, more } = await asked<RetryAnswer>(stack, "POST /retry", { entities });
  assertEquals([retried, more], [1, false]);
  assertEquals(await lastAct(), { actor: "secret key", action: "retry", details: { entities } });
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).KYC_Status, "Completed");
  assertEquals((await asked<ProblemsAnswer>(stack, "GET /problems")).problems, []);
});

Deno.test("a retry by cause takes the failures of that cause and leaves the others", async () => {
  const first = await deadLetter();
  const other = await deadLetter();
  await fold(stack.sql);
  await stack.sql`update public.zoho_sync_queue set error_code = 'BAD_SOURCE' where entity_id = ${other.id}`;
  await stack.zoho.clearFaults();
  const wrongField = await asked<RetryAnswer>(stack, "POST /retry", { code: "INVALID_DATA", field: "Stage" });
  assertEquals(wrongField.retried, 0);
  const noField = await asked<RetryAnswer>(stack, "POST /retry", { code: "INVALID_DATA", field: null });
  assertEquals(noField.retried, 0);
  const right = await asked<RetryAnswer>(stack, "POST /retry", { code: "INVALID_DATA", field: "KYC_Status" });
  assertEquals(right.retried, 1);
  await settled(stack, first);
  assertEquals((await queueRow(stack, other))?.status, "dead");
  assertEquals((await asked<RetryAnswer>(stack, "POST /retry", { all: true })).retried, 1);
  await settled(stack, other);
  assertEquals((await lastAct()).action, "retry: all");
});

Deno.test("a change in flight is not retried", async () => {
  const contract = await deadLetter();
  await stack.sql`
    update public.zoho_sync_queue set status = 'in_flight', lease_owner = gen_random_uuid(),
      lease_until = now() + interval '1 hour' where entity_id = ${contract.id}`;
  assertEquals((await asked<RetryAnswer>(stack, "POST /retry", { all: true })).retried, 0);
  assertEquals((await queueRow(stack, contract))?.status, "in_flight");
  await fold(stack.sql);
  await stack.sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
});

Deno.test("a forced sync corrects an unreported edit in Zoho", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  await stack.zoho.edit("Deals", deal.id, { Risk_Tier: "High" });
  const { result } = await asked<ForceSyncAnswer>(stack, "POST /force-sync", {
    entityType: "contract",
    id: contract.id,
  });
  assertEquals([result.success, result.zohoEntityId, result.zohoEntityType], [true, deal.id, "Deals"]);
  assertEquals((await dealOf(stack, contract)).Risk_Tier, "Low");
  assertEquals(await lastAct(), {
    actor: "secret key",
    action: "force sync",
    details: { entityType: "contract", id: contract.id },
  });
});

Deno.test("Zoho's refusal of a forced sync is its result", async () => {
  const contract = await deadLetter();
  const { result } = await asked<ForceSyncAnswer>(stack, "POST /force-sync", {
    entityType: "contract",
    id: contract.id,
  });
  assertEquals(result.success, false);
  assertStringIncludes(result.error ?? "", "INVALID_DATA");
  await fold(stack.sql);
  await stack.sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
});

Deno.test("a pause holds everything until it is resumed, and then all waiting changes are sent", async () => {
  const { paused } = await asked<PauseAnswer>(stack, "POST /pause", { reason: "Zoho is being cleaned up" });
  assertEquals(paused && { ...paused, since: "…" }, {
    code: "PAUSED_BY_HAND",
    message: "Zoho is being cleaned up",
    until: null,
    byHand: true,
    by: "secret key",
    byName: null,
    since: "…",
  });
  assertEquals((await lastAct()).details, { reason: "Zoho is being cleaned up", until: null });
  const { contract } = await sell(stack);
  const drained = await stack.invoke("zoho-sync", { entity: "contract", id: contract.id });
  assertStringIncludes(JSON.stringify(drained.body), "PAUSED_BY_HAND");
  const { health, paused: told } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals([health.level, told?.byHand, told?.until], ["attention", true, null]);
  assertEquals((await queueRow(stack, contract))?.status, "pending");

  await asked<PauseAnswer>(stack, "POST /resume");
  await settled(stack, contract);
  assertEquals((await lastAct()).action, "resume");
  assertEquals((await asked<StatusAnswer>(stack, "GET /status")).paused, null);
});

Deno.test("a fault of Zoho does not end a manual pause", async () => {
  await asked(stack, "POST /pause");
  await stack.sql`select public.zoho_pause('HTTP_503', 'Zoho is away', 30)`;
  const { paused } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals([paused?.code, paused?.until], ["PAUSED_BY_HAND", null]);
  await asked(stack, "POST /resume");
  await stack.sql`select public.zoho_pause('HTTP_503', 'Zoho is away', 30)`;
  const { paused: short } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals(short?.code, "HTTP_503");
  assert(short?.until && Date.parse(short.until) > Date.now());
  await asked(stack, "POST /resume");
});

Deno.test("an admin's act is audited under the admin's name", async () => {
  const { id, headers } = await signUp(stack, { is_active: true });
  await stack.sql`update public.admin_users set full_name = 'Sipho Admin' where id = ${id}`;
  await asked(stack, "POST /resume", {}, headers);
  const { items } = await asked<ActionsAnswer>(stack, `GET /actions?actor=${id}`, undefined, headers);
  assertEquals(items.map(({ actor, actorName, action }) => [actor, actorName, action]), [
    [id, "Sipho Admin", "resume"],
  ]);
});

const ROUTES: [string, unknown?][] = [
  ["GET /status"],
  ["GET /queue"],
  ["GET /problems"],
  ["GET /problems/items?code=X"],
  ["POST /retry", { all: true }],
  ["POST /force-sync", { entityType: "contract", id: crypto.randomUUID() }],
  ["POST /pause"],
  ["POST /resume"],
  ["GET /contract?number=CT-1"],
  [`GET /history?entityType=contract&id=${crypto.randomUUID()}`],
  ["GET /events"],
  ["GET /attempts"],
  ["GET /incidents"],
  ["GET /search?text=ab"],
  ["POST /drop"],
  ["POST /unlink"],
  ["POST /hold"],
  ["POST /settings"],
  ["POST /alerts/test"],
  ["POST /alerts/channels"],
  [`GET /event?id=${crypto.randomUUID()}`],
  ["GET /actions"],
  ["GET /runs"],
  ["GET /notices"],
  ["POST /notices/acknowledge", { ids: ["1"] }],
  ["GET /settings"],
  ["GET /alerts"],
  ["POST /alerts/mute", { alert: "paused", until: null }],
  ["POST /alerts/check"],
];

for (const [route, body] of ROUTES) {
  Deno.test(`${route.split("?")[0]} refuses callers without a key, and customers`, async () => {
    const acts = async () => (await stack.sql`select from public.zoho_admin_actions`).length;
    const before = await acts();
    const nobody = await adminCall(stack, route, body, { apikey: stack.publishableKey });
    assertEquals(nobody.status, 401);
    const { headers } = await customer();
    const { status, code } = await refused(stack, route, body, headers);
    assertEquals([status, code], [403, "NOT_AN_ADMIN"]);
    const dismissed = await inactiveAdmin();
    assertEquals((await refused(stack, route, body, dismissed.headers)).status, 403);
    assertEquals(await acts(), before);
  });
}

let someone: ReturnType<typeof signUp> | undefined;
const customer = () => someone ??= signUp(stack);
let dismissedAdmin: ReturnType<typeof signUp> | undefined;
const inactiveAdmin = () => dismissedAdmin ??= signUp(stack, { is_active: false });

const id = crypto.randomUUID();
const REFUSALS: { route: string; body: unknown; status: number; field: string }[] = [
  { route: "POST /retry", body: {}, status: 400, field: "entities" },
  { route: "POST /retry", body: [], status: 400, field: "body" },
  { route: "POST /retry", body: { entities: [] }, status: 400, field: "entities" },
  { route: "POST /retry", body: { entities: [{ type: "deal", id }] }, status: 400, field: "entities.0.type" },
  {
    route: "POST /retry",
    body: { entities: [{ type: "contract", id: "7" }] },
    status: 400,
    field: "entities.0.id",
  },
  { route: "POST /retry", body: { all: false }, status: 400, field: "all" },
  { route: "POST /retry", body: { all: true, code: "X" }, status: 400, field: "all" },
  { route: "POST /retry", body: { code: "X", colour: "red" }, status: 400, field: "colour" },
  { route: "POST /force-sync", body: { id }, status: 400, field: "entityType" },
  { route: "POST /force-sync", body: { entityType: "contract", id: "7" }, status: 400, field: "id" },
  { route: "POST /force-sync", body: { entityType: "contract", id }, status: 404, field: "id" },
  { route: "POST /pause", body: { why: "so" }, status: 400, field: "why" },
  { route: "POST /pause", body: { reason: "x".repeat(201) }, status: 400, field: "reason" },
  { route: "POST /resume", body: { now: true }, status: 400, field: "now" },
];

for (const { route, body, status, field } of REFUSALS) {
  Deno.test(`${route} ${JSON.stringify(body).slice(0, 60)} is refused and ${field} is named`, async () => {
    const refusal = await refused(stack, route, body);
    assertEquals([refusal.status, refusal.field], [status, field]);
  });
}

Deno.test("a page of another origin may call the API: the preflight allows its headers", async () => {
  const url = `${stack.apiUrl}/functions/v1/zoho-admin/status`;
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin: "https://ops.circletel.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization, apikey, content-type, x-client-info",
    },
  });
  await preflight.body?.cancel();
  assert(preflight.ok);
  assertEquals(preflight.headers.get("access-control-allow-origin"), "*");
  const allowed = (preflight.headers.get("access-control-allow-headers") ?? "").split(/,\s*/);
  for (const name of ["authorization", "apikey", "content-type", "x-client-info"]) {
    assert(allowed.includes(name), `${name} is not among ${allowed}`);
  }
  const answered = await fetch(url, {
    headers: { origin: "https://ops.circletel.example", apikey: stack.secretKey },
  });
  await answered.body?.cancel();
  assertEquals(answered.headers.get("access-control-allow-origin"), "*");
  const refusal = await fetch(url, { headers: { origin: "https://ops.circletel.example" } });
  await refusal.body?.cancel();
  assertEquals([refusal.status, refusal.headers.get("access-control-allow-origin")], [401, "*"]);
});

Deno.test("a contract of an internal test is shown without fields, and why", async () => {
  const quote = await insertQuote(stack.sql);
  const contract = await insertContract(stack.sql, quote.id);
  await stack.sql`
    with tester as (insert into public.customers (first_name, last_name, email, phone, account_type)
      values ('T', 'T', ${`t${crypto.randomUUID()}@example.co.za`}, '0', 'internal_test') returning id)
    update public.contracts c set customer_id = t.id from tester t where c.id = ${contract.id}`;
  const shown = await asked<{ fields: unknown[]; problem: string }>(stack, `GET /contract?id=${contract.id}`);
  assertEquals([shown.fields, shown.problem], [[], "Rows of internal_test customers never reach the CRM"]);
});

/** Takes an act back as its answer says. */
async function undone(undo: Undo | null): Promise<void> {
  if (undo === null) throw new Error("the act cannot be taken back");
  await asked(stack, undo.route, undo.body);
}

async function contractOf({ id }: { id: string }): Promise<ContractAnswer> {
  return await asked<ContractAnswer>(stack, `GET /contract?id=${id}`);
}

Deno.test("an unlinked contract changes nothing in Zoho until the unlinking is undone", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const one = { entityType: "contract", id: contract.id };
  const { undo } = await asked<ActAnswer>(stack, "POST /unlink", one);
  assertEquals(await lastAct(), { actor: "secret key", action: "unlink", details: one });
  await stack.sql`update public.contracts set total_contract_value = 4242 where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals((await contractOf(contract)).mapping?.state, "unlinked");
  assertEquals((await dealOf(stack, contract)).Amount === 4242, false);
  assertEquals((await refused(stack, "POST /unlink", one)).code, "WRONG_STATE");
  await undone(undo);
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Amount, 4242);
});

Deno.test("making a contract again finds its Deal where it exists, and creates it where it is gone", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const one = { entityType: "contract", id: contract.id };
  assertEquals((await asked<ActAnswer>(stack, "POST /make-again", one)).undo, null);
  await settled(stack, contract);
  assertEquals((await contractOf(contract)).mapping?.zohoId, deal.id);
  await stack.zoho.delete("Deals", deal.id);
  await asked<ActAnswer>(stack, "POST /make-again", one);
  await settled(stack, contract);
  const { mapping } = await contractOf(contract);
  assert(mapping && mapping.zohoId !== deal.id);
  const missing = { entityType: "contract", id: crypto.randomUUID() };
  assertEquals((await refused(stack, "POST /make-again", missing)).code, "NOT_FOUND");
});

Deno.test("a dropped change is not sent, and undoing the drop sends it", async () => {
  const contract = await deadLetter();
  const entities = [{ type: "contract", id: contract.id }];
  const { dropped, undo } = await asked<DropAnswer>(stack, "POST /drop", { entities });
  assertEquals([dropped, await queueRow(stack, contract)], [1, undefined]);
  await stack.zoho.clearFaults();
  await undone(undo);
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).KYC_Status, "Completed");
  assertEquals((await asked<LookAnswer>(stack, "POST /look", { entities })).marked, 1);
  await settled(stack, contract);
});

Deno.test("a held contract shows who holds it and why, a forced sync answers so, and a release sends it", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const one = { entityType: "contract", id: contract.id };
  const over = new Date(Date.now() - 1_000).toISOString();
  assertEquals((await refused(stack, "POST /hold", { ...one, until: over })).field, "until");
  const { undo } = await asked<ActAnswer>(stack, "POST /hold", { ...one, reason: "sales renegotiates" });
  const { hold } = await contractOf(contract);
  assertEquals([hold?.by, hold?.reason, hold?.until], ["secret key", "sales renegotiates", null]);
  const { holds } = await asked<HoldsAnswer>(stack, "GET /holds");
  assertEquals(holds.map(({ entityId }) => entityId), [contract.id]);
  await stack.sql`update public.contracts set total_contract_value = 777 where id = ${contract.id}`;
  const { result } = await asked<ForceSyncAnswer>(stack, "POST /force-sync", one);
  assertEquals(result.error, "HELD: an operator holds it (sales renegotiates). The change stays queued.");
  await undone(undo);
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Amount, 777);
});

Deno.test("a pause shows who set it, since when and until when; it is kept as an incident", async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const { paused } = await asked<PauseAnswer>(stack, "POST /pause", { reason: "Zoho works on it", until });
  assertEquals([paused?.by, paused?.byName, paused?.message], ["secret key", null, "Zoho works on it"]);
  assert(Math.abs(Date.parse(paused?.until ?? "") - Date.parse(until)) < 2_000);
  assertEquals((await asked<StatusAnswer>(stack, "GET /status")).paused, paused);
  await asked(stack, "POST /resume", {});
  const { items: [newest] } = await asked<IncidentsAnswer>(stack, "GET /incidents?limit=1");
  assertEquals([newest?.code, newest?.by, newest?.message], [
    "PAUSED_BY_HAND",
    "secret key",
    "Zoho works on it",
  ]);
  assert(newest?.endedAt);
});

Deno.test("credits and record types are set, and the undo restores them", async () => {
  const change = { dailyCredits: 20_000, syncedTypes: ["contract", "quote"] };
  const { before, after, undo } = await asked<ChangeSettingsAnswer>(stack, "POST /settings", change);
  assertEquals({ ...after }, change);
  assertEquals((await asked<StatusAnswer>(stack, "GET /status")).credits.budget, 20_000);
  await undone(undo);
  const [state] = await stack.sql`select daily_credits, synced_types from public.zoho_sync_state`;
  assertEquals([state?.daily_credits, state?.synced_types], [before.dailyCredits, before.syncedTypes]);
  assertEquals((await refused(stack, "POST /settings", {})).field, "body");
  assertEquals((await refused(stack, "POST /settings", { dailyCredits: 0 })).field, "dailyCredits");
});

Deno.test("a search finds a contract by a part of its number, and by a link to its Deal", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const find = async (text: string) => {
    const { items } = await asked<SearchAnswer>(stack, `GET /search?text=${encodeURIComponent(text)}`);
    return items.filter(({ entityType }) => entityType === "contract").map(({ entityId }) => entityId);
  };
  assertEquals(await find(String(contract.contract_number).toLowerCase()), [contract.id]);
  assertEquals(await find(`https://crm.zoho.com/crm/org2000/tab/Potentials/${deal.id}`), [contract.id]);
  assertEquals(await find("x"), []);
});

Deno.test("alert channels are set on the page, encrypted, tested and removed; no internal address is accepted", async () => {
  const isAnyoneNotified = async () =>
    (await asked<StatusAnswer>(stack, "GET /status")).alerts.isAnyoneNotified;
  assertEquals(await isAnyoneNotified(), false);
  const url = "https://hooks.alerts.invalid/secret-path";
  const set = await asked<AlertsAnswer>(stack, "POST /alerts/channels", {
    channel: "hook",
    url,
    token: "t0ken",
  });
  assertEquals([set.channels.hook, set.channels.webhook, set.stored], [true, false, ["hook"]]);
  assertEquals((await lastAct()).details, { channel: "hook" });
  assertEquals(await isAnyoneNotified(), true);
  const { results } = await asked<AlertTestAnswer>(stack, "POST /alerts/test", {});
  assertEquals(results, [{ channel: "hook", ok: false, code: "NETWORK" }]);
  const [row] = await stack.sql`select sealed from zoho_sync.alert_channels`;
  assert(String(row?.sealed).startsWith("v1:") && !String(row?.sealed).includes("secret-path"));
  for (
    const wrong of [
      "http://hooks.example.com/x",
      "https://127.0.0.1/x",
      "https://localhost/x",
      "https://[::1]/x",
      "https://metadata/x",
      "https://2130706433/x",
    ]
  ) {
    const refusal = await refused(stack, "POST /alerts/channels", { channel: "webhook", url: wrong });
    assertEquals([refusal.status, refusal.field], [400, "url"], wrong);
  }
  const gone = await asked<AlertsAnswer>(stack, "POST /alerts/channels", { channel: "hook", url: null });
  assertEquals([gone.isAnyoneNotified, gone.stored], [false, []]);
});

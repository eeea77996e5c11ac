import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type JWTPayload, SignJWT } from "jose";
import { LITE_JWT_SECRET } from "../../local/lite.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { deal } from "../../supabase/functions/_shared/mapping/deal.ts";
import { stageField } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import { clusterUrl } from "../support/cluster.ts";
import { examplesOf, followExamples } from "../support/docs/printed.ts";
import { insertKycSession, insertQuote, insertRicaSubmission, type Row } from "../support/fixtures.ts";
import { dealOf, dealsOf, type Sale, sell, settledDeal } from "../support/sale.ts";
import { pick } from "../support/rows.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import {
  dealAttempts,
  letLeasesRunOut,
  queueRow,
  settled,
  settledAfterKills,
  syncState,
  untilPausedBy,
} from "../support/queue.ts";
import { until } from "../support/until.ts";
import { fold } from "../support/fold.ts";
import { root } from "../support/import_graph.ts";
import { signUp } from "./inward_people.ts";

// Who may call, with what, and what they are answered. Nothing rings by itself here: what happens, a call has caused.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, cron: false, net: false });
});
Deno.test.afterAll(() => stack.stop());

const zohoSync = (body: unknown, headers?: Record<string, string>) =>
  stack.invoke("zoho-sync", body, headers);

interface SyncResult {
  success: boolean;
  zohoEntityId?: string;
  zohoEntityType?: string;
  error?: string;
  syncLogId?: string;
}

/** A by-hand call that is answered with 200. */
async function byHand(entity: string, { id }: { id: string }, options?: unknown): Promise<SyncResult> {
  const { status, body } = await zohoSync({ entity, id, ...(options === undefined ? {} : { options }) });
  assertEquals(status, 200, JSON.stringify(body));
  return body as SyncResult;
}

async function call(
  name: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${stack.apiUrl}/functions/v1/${name}`, { method: "POST", headers });
  return { status: answer.status, text: await answer.text() };
}

/** The headers with which the browser of a new user would call. */
const signedUp = async (admin?: { is_active: boolean; role?: string }) =>
  (await signUp(stack, admin)).headers;

/** The same person, signed in by a project on the legacy JWT secret. */
async function legacy(
  headers: Record<string, string>,
  change: JWTPayload = {},
): Promise<Record<string, string>> {
  const [, claims = ""] = (headers.authorization ?? "").split(".");
  const token = await new SignJWT({ ...JSON.parse(atob(claims)), ...change })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(new TextEncoder().encode(LITE_JWT_SECRET));
  return { ...headers, authorization: `Bearer ${token}` };
}

for (const name of ["zoho-sync", "zoho-token-refresh"]) {
  Deno.test(`${name} accepts the secret key and active admins, and reveals nothing to others`, async (t) => {
    const refusals: [title: string, status: number, headers: () => Promise<Record<string, string>>][] = [
      ["a caller without a key", 401, () => Promise.resolve({})],
      ["the publishable key", 401, () => Promise.resolve({ apikey: stack.publishableKey })],
      ["a wrong key", 401, () => Promise.resolve({ apikey: "sb_secret_wrong" })],
      ["an empty key", 401, () => Promise.resolve({ apikey: "" })],
      [
        "the secret key as Bearer",
        401,
        () => Promise.resolve({ authorization: `Bearer ${stack.secretKey}` }),
      ],
      [
        "an unsigned token",
        401,
        () =>
          Promise.resolve({ apikey: stack.publishableKey, authorization: "Bearer eyJhbGciOiJub25lIn0.e30." }),
      ],
      ["a user who is no admin", 403, () => signedUp()],
      ["an admin who was switched off", 403, () => signedUp({ is_active: false })],
      ["an admin whose role may only read", 403, () => signedUp({ is_active: true, role: "viewer" })],
      [
        "a token for another audience",
        401,
        async () => legacy(await signedUp({ is_active: true }), { aud: "x" }),
      ],
      ["a token of no user", 401, async () => legacy(await signedUp({ is_active: true }), { sub: "\u0000" })],
    ];
    const mark = await bookmark(stack);
    for (const [title, status, headers] of refusals) {
      await t.step(`${title} is refused with ${status}`, async () => {
        const answer = await call(name, await headers());
        assertEquals(answer.status, status, answer.text);
        assert(!answer.text.includes(stack.secretKey), answer.text);
        const { error } = JSON.parse(answer.text);
        assert(typeof error.code === "string" && error.message.length > 10, answer.text);
        assert(!/default|configuredKeyNames/.test(answer.text), answer.text);
      });
    }
    assertEquals(await zohoCallsSince(stack, mark), []);
    await t.step("the secret key is accepted", async () => {
      assert((await call(name, { apikey: stack.secretKey })).status < 300);
    });
    await t.step("an active admin is accepted", async () => {
      assert((await call(name, await signedUp({ is_active: true }))).status < 300);
    });
    await t.step("an active admin of a project on the legacy JWT secret is accepted", async () => {
      assert((await call(name, await legacy(await signedUp({ is_active: true })))).status < 300);
    });
    await t.step("an admin who is switched off after signing in is refused at once", async () => {
      const headers = await signedUp({ is_active: true });
      await stack.sql`update public.admin_users set is_active = false`;
      assertEquals((await call(name, headers)).status, 403);
    });
    await t.step("a browser's preflight is answered", async () => {
      const answer = await fetch(`${stack.apiUrl}/functions/v1/${name}`, {
        method: "OPTIONS",
        headers: { origin: "https://admin.circletel.example", "access-control-request-method": "POST" },
      });
      await answer.body?.cancel();
      assert(answer.ok);
      assert(answer.headers.get("access-control-allow-origin"));
      assertStringIncludes(answer.headers.get("access-control-allow-headers") ?? "", "authorization");
    });
  });
}

Deno.test("an active admin of any role reads; acting needs a role of ZOHO_ACTING_ROLES", async () => {
  const ask = async (headers: Record<string, string>, method: string, path: string) => {
    const answer = await fetch(`${stack.apiUrl}/functions/v1/zoho-admin${path}`, { method, headers });
    const { error } = await answer.json();
    return [answer.status, error?.code];
  };
  const viewer = await signedUp({ is_active: true, role: "viewer" });
  assertEquals(await ask(viewer, "GET", "/status"), [200, undefined]);
  assertEquals(await ask(viewer, "POST", "/resume"), [403, "ROLE_MAY_NOT_ACT"]);
  const superAdmin = await signedUp({ is_active: true, role: "super_admin" });
  assertEquals(await ask(superAdmin, "POST", "/resume"), [200, undefined]);

  await stack.functions.restart("zoho-admin", { ZOHO_ACTING_ROLES: "Viewer" });
  assertEquals(await ask(viewer, "POST", "/resume"), [200, undefined]);
  assertEquals(await ask(superAdmin, "POST", "/resume"), [403, "ROLE_MAY_NOT_ACT"]);
  await stack.functions.restart("zoho-admin", { ZOHO_ACTING_ROLES: undefined });
});

Deno.test("the doorbell is answered while the drain still waits for Zoho", async () => {
  const { contract } = await sell(stack);
  await stack.zoho.addFaults({ match: { path: "/crm/" }, kind: "hang", ms: 600_000 });
  for (let ring = 0; ring < 5; ring++) {
    const { status, body } = await zohoSync(ring % 2 === 0 ? {} : "");
    assertEquals([status, body], [202, { success: true, message: "draining" }]);
  }
  // Three tries of 30 s, then a pause: that is how the drain would have ended.
  assertEquals((await syncState(stack)).pause_code, null);
  assertEquals(await dealsOf(stack, contract), []);

  await stack.zoho.clearFaults();
  await stack.functions.restart("zoho-sync");
  await letLeasesRunOut(stack);
  await settledAfterKills(stack, [contract], () => zohoSync({}));
  assertEquals((await dealOf(stack, contract)).KYC_Status, "Completed");
});

const someId = crypto.randomUUID();
const malformed: { title: string; body: unknown; status?: number; field: string | undefined }[] = [
  { title: "no JSON", body: "{entity:", field: "body" },
  { title: "an array", body: [], field: "body" },
  { title: "a text", body: '"contract"', field: "body" },
  { title: "null", body: "null", field: "body" },
  { title: "an unknown entity", body: { entity: "product", id: someId }, field: "entity" },
  { title: "no entity", body: { id: someId }, field: "entity" },
  { title: "no id", body: { entity: "contract" }, field: "id" },
  { title: "an id that is no uuid", body: { entity: "contract", id: "CT-2026-001" }, field: "id" },
  ...[0, 4, 1.5, "x", null].map((maxRetries) => ({
    title: `maxRetries ${JSON.stringify(maxRetries)}`,
    body: { entity: "contract", id: someId, options: { maxRetries } },
    field: "options.maxRetries",
  })),
  {
    title: "forceSync as a text",
    body: { entity: "contract", id: someId, options: { forceSync: "yes" } },
    field: "options.forceSync",
  },
  { title: "options as a text", body: { entity: "contract", id: someId, options: "all" }, field: "options" },
  {
    title: "a table that is not synced",
    body: webhook("UPDATE", "profiles", { id: someId }),
    field: "table",
  },
  {
    title: "an unknown type of webhook",
    body: webhook("UPSERT", "contracts", { id: someId }),
    field: "type",
  },
  { title: "a webhook's row without an id", body: webhook("UPDATE", "contracts", {}), field: "record.id" },
  { title: "a reason that is too long", body: { reason: "x".repeat(41) }, field: "reason" },
  { title: "a body that is too long", body: { reason: "x".repeat(70_000) }, status: 413, field: undefined },
];

Deno.test("a malformed body is refused, and the answer names the field", async (t) => {
  const mark = await bookmark(stack);
  for (const { title, body, status = 400, field } of malformed) {
    await t.step(title, async () => {
      const answer = await zohoSync(body);
      const { success, error } = answer.body as {
        success: boolean;
        error: { field?: string; message: string };
      };
      assertEquals([answer.status, success, error.field], [status, false, field]);
      assert(error.message.length > 0 && error.message.length < 300);
    });
  }
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("an unknown id is 404, also one that only Postgres would accept as a uuid", async () => {
  for (const entity of ["contract", "kyc_session", "rica_submission"]) {
    for (const id of [crypto.randomUUID(), "11111111-1111-1111-1111-111111111111"]) {
      const { status, body } = await zohoSync({ entity, id });
      assertEquals([entity, id, status], [entity, id, 404]);
      const { success, error } = body as SyncResult;
      assertEquals(success, false);
      assertStringIncludes(error ?? "", id);
    }
  }
});

Deno.test("a row without a contract is no error: 200 and a sentence", async () => {
  const { sql } = stack;
  const quote = await insertQuote(sql);
  const session = await insertKycSession(sql, quote.id);
  const ofSession = await insertRicaSubmission(sql, session.id);
  const ofOrder = await insertRicaSubmission(sql, null, { order_id: crypto.randomUUID() });
  const mark = await bookmark(stack);
  for (
    const [entity, row] of [["kyc_session", session], ["rica_submission", ofSession], [
      "rica_submission",
      ofOrder,
    ]] as const
  ) {
    const result = await byHand(entity, row);
    assertEquals(Object.keys(result).sort(), ["error", "success"]);
    assertEquals(result.success, false);
    assertMatch(result.error ?? "", /no contract/);
  }
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a contract of an internal_test customer is refused with a sentence and never reaches Zoho", async () => {
  const { contract, kyc } = await sell(stack, { customer: { account_type: "internal_test" } });
  for (const [entity, row] of [["contract", contract], ["kyc_session", kyc]] as const) {
    const { success, error } = await byHand(entity, row ?? contract, { forceSync: true });
    assertEquals(success, false);
    assertMatch(error ?? "", /internal_test/);
  }
  assertEquals(await queueRow(stack, contract), undefined);
  assertEquals(await dealsOf(stack, contract), []);
});

Deno.test("a call by hand is answered with the Deal and the attempt's log row", async () => {
  const { contract } = await sell(stack);
  const result = await byHand("contract", contract);
  const deal = await dealOf(stack, contract);
  const [attempt] = await dealAttempts(stack, contract);
  assertEquals(result, {
    success: true,
    zohoEntityId: deal.id,
    zohoEntityType: "Deals",
    syncLogId: attempt?.id ?? "",
  });
  assertEquals(attempt?.status, "success");
});

Deno.test("a KYC session and a RICA submission sync the Deals of their contracts", async () => {
  const { sql } = stack;
  const { contract, kyc, rica } = await sell(stack, {
    kyc: { risk_tier: "low" },
    rica: { status: "submitted" },
  });
  const { zohoEntityId } = await byHand("contract", contract);
  await sql`update public.kyc_sessions set risk_tier = 'high' where id = ${kyc?.id ?? null}`;
  assertEquals((await byHand("kyc_session", kyc ?? contract)).zohoEntityId, zohoEntityId);
  assertEquals((await dealOf(stack, contract)).Risk_Tier, "High");
  await sql`update public.rica_submissions set status = 'approved' where id = ${rica?.id ?? null}`;
  assertEquals((await byHand("rica_submission", rica ?? contract)).zohoEntityId, zohoEntityId);
  assertEquals((await dealOf(stack, contract)).RICA_Status, "Approved");
});

Deno.test("an unchanged contract makes no call; forceSync writes every field and corrects a seller's edits", async () => {
  const { contract } = await sell(stack);
  const { zohoEntityId: id = "" } = await byHand("contract", contract);
  await settled(stack, contract);
  await stack.zoho.edit("Deals", id, { KYC_Status: "Declined", Amount: 1 });
  let mark = await bookmark(stack);
  assertEquals((await byHand("contract", contract)).success, true);
  assertEquals(await zohoCallsSince(stack, mark), []);

  mark = await bookmark(stack);
  const forced = await byHand("contract", contract, { forceSync: true, maxRetries: 1 });
  assertEquals([forced.success, forced.zohoEntityId], [true, id]);
  assertEquals(await zohoCallsSince(stack, mark), ["GET /Deals", "PUT /Deals"]);
  const [write = {}] = await writesOf(stack, id, mark);
  assertEquals(pick(write, ["KYC_Status", "Amount"]), { KYC_Status: "Completed", Amount: 49476 });
  const attempts = await dealAttempts(stack, contract);
  const last = attempts.at(-1);
  assertEquals(last?.id, forced.syncLogId);
  // The org has one currency, and so no field for it.
  const owned = Object.keys(deal.owners).filter((name) => name !== stageField && name !== "Currency");
  assertEquals(Object.keys(last?.request_payload ?? {}).sort(), owned.sort());
});

Deno.test("two concurrent calls by hand for one contract make one Deal, and both are answered with it", async () => {
  const { contract } = await sell(stack);
  const results = await Promise.all([byHand("contract", contract), byHand("contract", contract)]);
  const { id } = await dealOf(stack, contract);
  assertEquals(results.map(({ success, zohoEntityId }) => [success, zohoEntityId]), [[true, id], [true, id]]);
  assertEquals((await dealAttempts(stack, contract)).length, 1);
});

Deno.test("a call by hand during another contract's call waits for its turn", async () => {
  const slow = await sell(stack);
  await stack.zoho.addFaults({
    match: { method: "POST", path: "Deals$" },
    kind: "latency",
    ms: 400,
    times: 1,
  });
  const first = byHand("contract", slow.contract);
  await until(async () => (await stack.zoho.faults()).some(({ hits }) => hits > 0), {
    what: "the slow call",
  });
  const next = await sell(stack);
  assertEquals((await byHand("contract", next.contract)).success, true);
  assertEquals((await first).success, true);
  await stack.zoho.clearFaults();
});

Deno.test("a change that becomes due while its outcome is read is due, and no failure", async () => {
  const { contract } = await sell(stack);
  const due = await stack.sql.begin(async (tx) => {
    // The reader's transaction has begun; then a drain gives the change back, to be worked at once.
    await tx`select now()`;
    await fold(stack.sql);
    await stack
      .sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${contract.id}`;
    const [row] = await tx`
      select public.zoho_change_outcome('contract', ${contract.id}) -> 'queued' -> 'due' as due
    `;
    return row?.due;
  });
  assertEquals(due, true);
  assertEquals((await byHand("contract", contract)).success, true);
});

Deno.test("a call by hand reports what Zoho refused, in which field, and what to do", async () => {
  const contract_number = "CT-2026-950";
  await stack.zoho.addFaults({
    match: { module: "Deals", field: "Contract_Number", value: contract_number },
    kind: "record_error",
    code: "INVALID_DATA",
    details: { api_name: "Amount" },
  });
  const { contract } = await sell(stack, { contract: { contract_number } });
  const result = await byHand("contract", contract);
  assertEquals([result.success, result.zohoEntityId], [false, undefined]);
  assertMatch(result.error ?? "", /^INVALID_DATA: .*Amount.*docs\/errors\/INVALID_DATA\.md/);
  assertEquals((await dealAttempts(stack, contract)).at(-1)?.id, result.syncLogId);
  await stack.zoho.clearFaults();
  assertEquals((await byHand("contract", contract)).success, true);
});

Deno.test("a call by hand during a pause says so and keeps the change", async () => {
  await stack.zoho.addFaults({
    match: { module: "Deals" },
    kind: "status",
    status: 429,
    body: { code: "TOO_MANY_REQUESTS", details: {}, message: "too many requests", status: "error" },
    times: 1,
  });
  const { contract } = await sell(stack);
  const paused = await byHand("contract", contract);
  assertEquals(paused.success, false);
  assertMatch(paused.error ?? "", /^Paused \(TOO_MANY_REQUESTS\): .*stays queued/);
  assertEquals((await queueRow(stack, contract))?.failed_rounds, 0);
  await untilPausedBy(stack, "TOO_MANY_REQUESTS");
  await stack.sql`select public.zoho_resume()`;
  await stack.zoho.clearFaults();
  assertEquals((await byHand("contract", contract)).success, true);
});

function webhook(type: string, table: string, record: unknown, old_record: unknown = null) {
  return { type, table, schema: "public", record, old_record };
}

const tables: {
  table: string;
  row: (sale: Sale) => Row | null;
  change: (sale: Sale) => PromiseLike<unknown>;
  expect: Record<string, unknown> | "contact" | "account";
}[] = [
  {
    table: "contracts",
    row: ({ contract }) => contract,
    change: ({ contract }) =>
      stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`,
    expect: { Stage: "Closed Won" },
  },
  {
    table: "kyc_sessions",
    row: ({ kyc }) => kyc,
    change: ({ kyc }) =>
      stack.sql`update public.kyc_sessions set risk_tier = 'medium' where id = ${kyc?.id ?? null}`,
    expect: { Risk_Tier: "Medium" },
  },
  {
    table: "rica_submissions",
    row: ({ rica }) => rica,
    change: ({ rica }) =>
      stack.sql`update public.rica_submissions set status = 'rejected' where id = ${rica?.id ?? null}`,
    expect: { RICA_Status: "Rejected" },
  },
  {
    table: "business_quotes",
    row: ({ quote }) => quote,
    change: ({ quote }) =>
      stack.sql`update public.business_quotes set company_name = 'Renamed Traders' where id = ${quote.id}`,
    expect: "account",
  },
  {
    table: "customers",
    row: ({ customer }) => customer,
    change: ({ customer }) =>
      stack.sql`update public.customers set last_name = 'Renamed' where id = ${customer?.id ?? null}`,
    expect: "contact",
  },
];

for (const { table, row, change, expect } of tables) {
  Deno.test(`a database webhook of ${table} is answered with 202, and the Deal follows`, async () => {
    const sale = await sell(stack);
    await byHand("contract", sale.contract);
    await change(sale);
    // As on a project whose webhooks were there before our triggers.
    await fold(stack.sql);
    await stack.sql`delete from public.zoho_sync_queue where entity_id = ${sale.contract.id}`;
    const record = row(sale);
    const { status, body } = await zohoSync(webhook("UPDATE", table, record, record));
    assertEquals([status, body], [202, { success: true, message: "draining" }]);
    const deal = await settledDeal(stack, sale.contract);
    if (expect === "account") {
      assertMatch(JSON.stringify(deal.Account_Name), /Renamed Traders/);
    } else if (expect === "contact") {
      assertMatch(JSON.stringify(deal.Contact_Name), /Renamed/);
    } else {
      assertEquals(pick(deal, Object.keys(expect)), expect);
    }
  });
}

Deno.test("a database webhook of a deleted row sends nothing", async () => {
  const mark = await bookmark(stack);
  const record = { id: crypto.randomUUID() };
  assertEquals((await zohoSync(webhook("DELETE", "contracts", null, record))).status, 202);
  assertEquals((await zohoSync(webhook("UPDATE", "contracts", record, record))).status, 202);
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("zoho-token-refresh answers with the token's end, and never the token", async () => {
  const { status, body } = await stack.invoke("zoho-token-refresh");
  assertEquals([status, Object.keys(body as object).sort()], [200, ["expiresAt", "success"]]);
});

Deno.test("a caller is answered what docs/local-stack.md says, before and after they are an admin", async () => {
  const page = await Deno.readTextFile(new URL("docs/local-stack.md", root));
  const part = page.slice(page.indexOf("All the SQL of"), page.indexOf("`--user-tokens HS256`"));
  // The reader's psql: its statement is the last of its arguments.
  await using database = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
    await stack.sql.unsafe(await request.text());
    return new Response(null);
  });
  const missing = await followExamples(examplesOf(part), {
    before: `psql() { curl -s http://127.0.0.1:${database.addr.port} -d "$3"; }`,
    prepare: (commands) => commands.replaceAll("http://127.0.0.1:54321", stack.apiUrl),
  });
  assertEquals(missing, null);
});

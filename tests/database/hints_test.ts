import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertCustomer, insertQuote } from "../support/fixtures.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import {
  claim,
  claimOne,
  done,
  emptyQueue,
  insertContracts,
  linkContract,
  onlyChange,
  queueRows,
  type ResultInput,
  rpc,
  settle,
  takeIn,
} from "./steps.ts";

// A hint says that a record may have changed in Zoho. It marks the record's entity with a look and applies nothing.

const WORKER = crypto.randomUUID();
const DEAL = "5000000000001";
const base = { Stage: "Negotiation/Review", Amount: 1200.5, Account_Name: { id: "501" } };

interface Told {
  id?: string;
  module?: string;
  operation?: "insert" | "update" | "delete";
  source?: "signed" | "notification" | "poll";
  values?: Record<string, unknown> | null;
  oursOnly?: boolean;
}

interface Received {
  event_id: string;
  status: string;
  reason: string | null;
  hints: number;
}

function receive(sql: postgres.Sql, told: Told = {}): Promise<Received | null> {
  const { id = DEAL, values = null, ...rest } = told;
  const at = "2026-11-20T08:00:00Z";
  const record = { id, modified_at: at, modified_by: "7", told: { Stage: "Closed Won" }, values };
  return receiveRecords(sql, [record], rest);
}

function receiveRecords(sql: postgres.Sql, records: unknown[], told: Told = {}): Promise<Received | null> {
  const { module = "Deals", operation = "update", source = "signed", oursOnly = false } = told;
  return rpc(
    sql,
    (tx) =>
      tx`select public.zoho_receive_hint(${source}, ${module}, ${operation}, ${"a".repeat(64)},
        ${JSON.stringify(records)}::text::jsonb, ${oursOnly}) as answer`,
  );
}

interface Hint {
  record_id: string;
  status: string;
  reason: string | null;
  told: unknown;
  modified_by: string | null;
  is_dated: boolean;
  is_closed: boolean;
  entity_id: string | null;
}

async function hints(sql: postgres.Sql): Promise<Hint[]> {
  const rows = await sql<Hint[]>`
    select record_id, status, reason, told, modified_by, modified_at is not null as is_dated,
      applied_at is not null as is_closed, entity_id
    from zoho_webhook_events order by seq`;
  return rows.map((row) => ({ ...row }));
}

const statuses = async (sql: postgres.Sql) => (await hints(sql)).map(({ status }) => status);

/** A contract in step with its Deal, and nothing queued. */
async function inStep(sql: postgres.Sql, dealId = DEAL): Promise<string> {
  const { contract } = await insertBusiness(sql);
  await linkContract(sql, contract.id, dealId, base);
  await emptyQueue(sql);
  return contract.id;
}

Deno.test("a hint marks the entity of its record with a look, in the most urgent lane", () =>
  withDatabase("plain", async (sql) => {
    const id = await inStep(sql);
    const answer = await receive(sql);
    assertEquals([answer?.status, answer?.hints], ["received", 1]);
    const { entity_id, look, lane, cause } = await onlyChange(sql);
    assertEquals({ entity_id, look, lane, cause }, {
      entity_id: id,
      look: true,
      lane: 0,
      cause: "zoho: update",
    });
    assertEquals(await hints(sql), [{
      record_id: DEAL,
      status: "received",
      reason: null,
      told: { Stage: "Closed Won" },
      modified_by: "7",
      is_dated: true,
      is_closed: false,
      entity_id: id,
    }]);
    const change = await claimOne(sql, WORKER);
    assertEquals(change.look, true);
  }));

Deno.test("a hint changes neither the contract nor what is known of its record", () =>
  withDatabase("plain", async (sql) => {
    const id = await inStep(sql);
    const known = () =>
      sql`select c.xmin::text as row, m.xmin::text as mapping from contracts c
        join zoho_entity_mappings m on m.circletel_id = c.id where c.id = ${id}`;
    const before = [...await known()];
    await receive(sql, { values: { Stage: "Closed Lost" } });
    await receive(sql, { operation: "delete" });
    assertEquals([...await known()], before);
  }));

Deno.test("a hint that tells nothing but base, with nothing queued, needs no look", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    const answer = await receive(sql, { values: { ...base, Contract_Signed_Date: null } });
    assertEquals([answer?.status, answer?.reason], [
      "nothing_new",
      "The hint has the values that CircleTel knows",
    ]);
    assertEquals(await queueRows(sql), []);
    const [hint] = await hints(sql);
    assertEquals([hint?.status, hint?.is_closed], ["nothing_new", true]);
  }));

const worthALook: [
  what: string,
  told: Told,
  prepare?: (sql: postgres.Sql, id: string) => Promise<unknown>,
][] = [
  ["of one value that differs", { values: { ...base, Amount: 1200.51 } }],
  ["of a value that is of another type", { values: { Amount: "1200.5" } }],
  ["of a lookup that points elsewhere", { values: { Account_Name: { id: "502" } } }],
  ["of a value where base has none", { values: { RICA_Status: "Approved" } }],
  ["without any value", { values: {} }],
  ["with values that cannot be compared", { values: null }],
  ["of a deletion, whatever it tells", { values: base, operation: "delete" }],
  [
    "of what base holds, while the contract is queued",
    { values: base },
    (sql, id) => sql`select zoho_enqueue('contract', array[${id}]::uuid[])`,
  ],
  [
    "of what base holds, while a write is unanswered",
    { values: base },
    (sql, id) =>
      sql`insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, outcome)
      values ('contract', ${id}, 'Deals', 'failed', 'unknown')`,
  ],
  [
    "of what base holds, of a record that was deleted",
    { values: base },
    (sql) => sql`update zoho_entity_mappings set state = 'deleted_in_zoho'`,
  ],
];

for (const [what, told, prepare] of worthALook) {
  Deno.test(`a hint ${what} is looked at`, () =>
    withDatabase("plain", async (sql) => {
      const id = await inStep(sql);
      await prepare?.(sql, id);
      assertEquals((await receive(sql, told))?.status, "received");
      assertEquals((await onlyChange(sql)).look, true);
    }));
}

Deno.test("a hint of a record that is not CircleTel's leaves its id behind and nothing else", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    const answer = await receive(sql, { id: "999", values: { Stage: "Closed Won" } });
    assertEquals([answer?.status, answer?.reason], ["unmapped", "No contract of CircleTel owns this record"]);
    assertEquals(await hints(sql), [{
      record_id: "999",
      status: "unmapped",
      reason: "No contract of CircleTel owns this record",
      told: null,
      modified_by: null,
      is_dated: false,
      is_closed: true,
      entity_id: null,
    }]);
    assertEquals((await receive(sql, { module: "Leads" }))?.reason, "CircleTel reads nothing of Leads");
    assertEquals(await queueRows(sql), []);
  }));

for (const state of ["orphaned", "unlinked"]) {
  Deno.test(`a hint of a record whose mapping is ${state} is ignored`, () =>
    withDatabase("plain", async (sql) => {
      await inStep(sql);
      await sql`update zoho_entity_mappings set state = ${state}`;
      const answer = await receive(sql, { values: { Stage: "Closed Won" } });
      assertEquals([answer?.status, answer?.reason], [
        "ignored",
        "The contract does not go to the CRM any more",
      ]);
      assertEquals(await queueRows(sql), []);
    }));
}

Deno.test("a hint of a kind of record that is switched off finds no source at its claim", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await sql`update zoho_sync_state set synced_types = '{quote}' where id`;
    assertEquals((await receive(sql))?.status, "received");
    assertEquals((await claimOne(sql, WORKER)).source, null);
  }));

Deno.test("an edit of a Contact is looked at, and so is its deletion", () =>
  withDatabase("plain", async (sql) => {
    const customer = await insertCustomer(sql);
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      values ('customer', ${customer.id}, 'Contacts', '700')`;
    await emptyQueue(sql);
    const contact = { id: "700", module: "Contacts" };
    for (const operation of ["update", "delete"] as const) {
      assertEquals((await receive(sql, { ...contact, operation }))?.status, "received");
      assertEquals((await onlyChange(sql)).entity_type, "customer");
    }
  }, ["customer"]));

Deno.test("a hint that came before its mapping is looked at once the create is settled", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    assertEquals((await receive(sql))?.status, "unmapped");
    await receive(sql, { module: "Quotes" });

    await settle(sql, { worker: WORKER, results: [done(change, DEAL, base)] });
    const { entity_id, status, look } = await onlyChange(sql);
    assertEquals({ entity_id, status, look }, { entity_id: contract.id, status: "pending", look: true });
    const [early, ofAnotherModule] = await hints(sql);
    assertEquals([early?.status, early?.reason, early?.entity_id], ["received", null, contract.id]);
    assertEquals(ofAnotherModule?.status, "unmapped");

    const again = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [seen(done(again, DEAL, base), "nothing_new")] });
    assertEquals((await statuses(sql))[0], "nothing_new");
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("a hint that commits while its mapping is being made is looked at by the next sweep", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await emptyQueue(sql);
    await sql.begin(async (tx) => {
      await linkContract(tx, contract.id, DEAL, base);
      assertEquals((await receive(sql))?.status, "unmapped");
    });
    await receive(sql, { id: "5000000000009" });
    await sql`select zoho_sync.sweep()`;
    assertEquals((await onlyChange(sql)).look, true);
    assertEquals(await statuses(sql), ["received", "unmapped"]);
  }));

Deno.test("a hint of an Estimate is looked at whatever it tells: no hint tells line items", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql, {});
    const fields = { Quote_Stage: "Draft" };
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot)
      values ('quote', ${quote.id}, 'Estimates', ${DEAL}, ${JSON.stringify(fields)}::text::jsonb)`;
    await emptyQueue(sql);
    assertEquals((await receive(sql, { module: "Quotes", values: fields }))?.status, "received");
    assertEquals((await onlyChange(sql)).look, true);
  }));

Deno.test("a hint whose contract is deleted before the look is ignored, with the reason", () =>
  withDatabase("plain", async (sql) => {
    const id = await inStep(sql);
    assertEquals((await receive(sql))?.status, "received");
    await sql`delete from contracts where id = ${id}`;
    assertEquals(await queueRows(sql), []);
    const [hint] = await hints(sql);
    assertEquals([hint?.status, hint?.reason], ["ignored", "The contract was deleted in CircleTel"]);
  }));

Deno.test("a hint that arrives during flight is not answered by that settlement but by the next look", () =>
  withDatabase("plain", async (sql) => {
    const id = await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    await receive(sql, { values: { Stage: "Closed Lost" } });
    assertEquals((await onlyChange(sql)).version, change.version + 1);

    const answer = await settle(sql, {
      worker: WORKER,
      results: [seen(done(change, DEAL, base), "nothing_new")],
    });
    assertEquals([answer.settled, answer.again], [1, 1]);
    // The first one came before that look, which answers it.
    assertEquals(await statuses(sql), ["nothing_new", "received"]);
    const { entity_id, status, look, due_in_seconds } = await onlyChange(sql);
    assertEquals({ entity_id, status, look }, { entity_id: id, status: "pending", look: true });
    assert(due_in_seconds <= 0);

    const again = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [seen(done(again, DEAL, base), "put_back")] });
    assertEquals(await statuses(sql), ["nothing_new", "put_back"]);
  }));

Deno.test("a change keeps its look until it is done", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const error = { code: "HTTP_503", message: "away" };
    for (const outcome of ["retry", "release"] as const) {
      const change = await claimOne(sql, WORKER);
      await settle(sql, {
        worker: WORKER,
        results: [{ ...done(change), outcome, error, retry_in_seconds: 0 }],
      });
      assertEquals((await onlyChange(sql)).look, true, outcome);
      assertEquals(await statuses(sql), ["received"], outcome);
    }
  }));

const goneQuestion = {
  kind: "record_gone",
  field: null,
  ours: "draft",
  theirs: null,
  asks: null,
  answers: ["make_again", "unlink"],
  shown: {},
  changed_by: null,
  changed_at: null,
};
for (const outcome of ["applied", "put_back", "conflict", "question", "gone"]) {
  Deno.test(`a look that came to "${outcome}" is what its hints say, and a row of the log`, () =>
    withDatabase("plain", async (sql) => {
      const id = await inStep(sql);
      await receive(sql);
      await receive(sql);
      const change = await claimOne(sql, WORKER);
      const questions = outcome === "question" || outcome === "gone" ? [goneQuestion] : [];
      const result = { ...seen(done(change, DEAL, base), outcome), questions };
      await settle(sql, { worker: WORKER, results: [result] });
      const reason = `it was ${outcome}`;
      assertEquals((await hints(sql)).map((hint) => [hint.status, hint.reason, hint.is_closed]), [
        [outcome, reason, true],
        [outcome, reason, true],
      ]);
      const logs = await sql`
        select entity_id, zoho_entity_id, status, error_message, response_payload, cause, outcome from zoho_sync_logs`;
      assertEquals(logs.map((row) => ({ ...row })), [{
        entity_id: id,
        zoho_entity_id: DEAL,
        status: "success",
        error_message: reason,
        response_payload: { by: "7", outcome },
        cause: "zoho: update",
        outcome: null,
      }]);
    }));
}

Deno.test("a look that found nothing new leaves no row in the log", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [seen(done(change, DEAL, base), "nothing_new")] });
    assertEquals([await statuses(sql), (await sql`select from zoho_sync_logs`).length], [["nothing_new"], 0]);
  }));

Deno.test("a hint whose change became a problem failed, with the reason", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const error = { code: "INVALID_DATA", message: "INVALID_DATA (Risk_Tier): see the page" };
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "dead", error }] });
    const [hint] = await hints(sql);
    assertEquals([hint?.status, hint?.reason], ["failed", error.message]);
  }));

Deno.test("a hint whose record could not be put right yet stays open, and the log says nothing", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const error = { code: "RECORD_LOCKED", message: "a process holds it" };
    const late = { ...done(change, DEAL, base), outcome: "retry" as const, error, retry_in_seconds: 0 };
    await settle(sql, { worker: WORKER, results: [seen(late, "put_back")] });
    assertEquals([await statuses(sql), (await sql`select from zoho_sync_logs`).length], [["received"], 0]);
  }));

Deno.test("a status that was taken in is told, though a field of the same record was refused", () =>
  withDatabase("plain", async (sql) => {
    const error = { code: "INVALID_DATA", message: "INVALID_DATA (Risk_Tier): see the page" };
    for (const outcome of ["retry", "dead"] as const) {
      const id = await inStep(sql, outcome);
      await receive(sql, { id: outcome });
      const change = await claimOne(sql, WORKER);
      const refused = { ...done(change, outcome, base), outcome, error, take_in: takeIn(change, "active") };
      await settle(sql, { worker: WORKER, results: [seen(refused, "applied")] });
      const [row] = await sql`select status from contracts where id = ${id}`;
      assertEquals([row?.status, (await statuses(sql)).at(-1)], ["active", "applied"], outcome);
      assertEquals((await sql`select from zoho_sync_logs where entity_id = ${id}`).length, 1, outcome);
      await emptyQueue(sql);
    }
  }));

Deno.test("a hint whose record turned out to be another contract's failed", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    await insertBusiness(sql, { contract: { zoho_deal_id: "777" } });
    await settle(sql, { worker: WORKER, results: [seen(done(change, "777", base), "put_back")] });
    const [hint] = await hints(sql);
    assertEquals(hint?.status, "failed");
    assert(hint?.reason?.includes("777"), String(hint?.reason));
    assertEquals((await sql`select from zoho_sync_logs`).length, 0);
  }));

Deno.test("a notification of 1,000 records is one call: each is a hint, and those that are CircleTel's are looked at", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 900);
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      select 'contract', id, 'Deals', (5000 + row_number() over ())::text from contracts`;
    await emptyQueue(sql);
    const ids = Array.from({ length: 1_000 }, (_, i) => String(5001 + i));
    const records = ids.map((id) => ({ id, modified_at: null, modified_by: null, told: {}, values: null }));
    const answer = await receiveRecords(sql, records, { source: "notification" });
    assertEquals([answer?.status, answer?.hints], ["received", 1_000]);
    const rows = await queueRows(sql);
    assertEquals([rows.length, rows.every(({ look }) => look)], [900, true]);
    const counted =
      await sql`select status, count(*)::int as count from zoho_webhook_events group by 1 order by 1`;
    assertEquals(counted.map((row) => ({ ...row })), [
      { status: "received", count: 900 },
      { status: "unmapped", count: 100 },
    ]);
  }));

Deno.test("a repeated hint is one look more and no harm", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    await receive(sql);
    assertEquals((await onlyChange(sql)).version, 2);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [seen(done(change, DEAL, base), "applied")] });
    assertEquals(await statuses(sql), ["applied", "applied"]);
  }));

Deno.test("a hint revives a problem of its entity", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const error = { code: "INVALID_DATA", message: "no" };
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "dead", error }] });
    await receive(sql);
    assertEquals((await claimOne(sql, WORKER)).look, true);
  }));

Deno.test("what a reconcile found is kept only where a look follows, and rings for it", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    await inStep(sql);
    await forgetRings(sql);
    assertEquals(await receive(sql, { source: "poll", values: base, oursOnly: true }), null);
    assertEquals(await receive(sql, { source: "poll", id: "999", oursOnly: true }), null);
    assertEquals([await statuses(sql), await rings(sql)], [[], []]);
    await receive(sql, { source: "poll", values: { Stage: "Closed Lost" }, oursOnly: true });
    assertEquals([await statuses(sql), (await rings(sql)).length], [["received"], 1]);
  }));

Deno.test("a replay marks what hints spoke of with a look, also one that was unmapped then", () =>
  withDatabase("plain", async (sql) => {
    await receive(sql);
    await receive(sql, { id: "999" });
    const id = await inStep(sql);
    const range = { p_from: "2020-01-01", p_to: "2100-01-01" };
    assertEquals(await replay(sql, { ...range, p_dry_run: true }), {
      hints: 2,
      marked: 0,
      entities: [{ entity_type: "contract", entity_id: id }],
    });
    assertEquals([await queueRows(sql), await statuses(sql)], [[], ["unmapped", "unmapped"]]);

    assertEquals((await replay(sql, range)).marked, 1);
    const { look, cause } = await onlyChange(sql);
    assertEquals({ look, cause }, { look: true, cause: "replay" });
    const [first, second] = await hints(sql);
    assertEquals([first?.status, first?.entity_id, second?.status], ["received", id, "unmapped"]);
    assertEquals((await replay(sql, { ...range, p_status: "applied" })).hints, 0);
  }));

Deno.test("a replay while the change is in flight brings another look", () =>
  withDatabase("plain", async (sql) => {
    await inStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const [hint] = await sql`select id from zoho_webhook_events`;
    await replay(sql, { p_ids: [hint?.id] });
    await settle(sql, { worker: WORKER, results: [seen(done(change, DEAL, base), "nothing_new")] });
    assertEquals((await claim(sql, { worker: WORKER })).changes.length, 1);
  }));

interface Replay {
  p_ids?: unknown[];
  p_from?: string;
  p_to?: string;
  p_status?: string;
  p_dry_run?: boolean;
}

function replay(
  sql: postgres.Sql,
  asked: Replay,
): Promise<{ hints: number; marked: number; entities: unknown[] }> {
  const { p_ids = null, p_from = null, p_to = null, p_status = null, p_dry_run = false } = asked;
  return rpc(
    sql,
    (tx) =>
      tx`select public.zoho_mark_hints(${p_ids as string[] | null}::uuid[], ${p_from}::timestamptz,
        ${p_to}::timestamptz, ${p_status}, ${p_dry_run}) as answer`,
  );
}

function seen(result: ResultInput, outcome: string): ResultInput {
  return { ...result, seen: { outcome, reason: `it was ${outcome}`, details: { by: "7" } } };
}

Deno.test("the sweep reads the hints of the last minutes, and none of the many before", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into zoho_webhook_events (received_at, source, module, operation, record_id, digest, status)
      select now() - interval '1 hour' - n * interval '1 second', 'signed', 'Deals', 'update', n::text,
        encode(sha256(n::text::bytea), 'hex'), 'applied' from generate_series(1, 20000) n`;
    await sql`analyze zoho_webhook_events`;
    const read = async () => {
      await sql`select pg_stat_force_next_flush()`;
      const [row] = await sql`
        select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_user_tables where relname = 'zoho_webhook_events'`;
      return row?.rows;
    };
    const before = await read();
    await sql`select zoho_sync.sweep()`;
    assertEquals(await read() - before, 0);
  }));

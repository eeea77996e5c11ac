import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertCustomer, insertQuote } from "../support/fixtures.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import {
  claimOne,
  DEAL,
  done,
  emptyQueue,
  insertContracts,
  linkContract,
  onlyChange,
  queueRows,
  settle,
  WORKER,
} from "./steps.ts";
import {
  base,
  hints,
  insertInStep,
  receive,
  receiveRecords,
  seen,
  statuses,
  type Told,
} from "./hint_steps.ts";

// A hint says that a record may have changed in Zoho. It marks the record's entity with a look and applies nothing.

Deno.test("a hint marks the entity of its record with a look, in the most urgent lane", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertInStep(sql);
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

Deno.test("a hint changes neither the contract nor the stored base of its record", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertInStep(sql);
    const known = () =>
      sql`select c.xmin::text as row, m.xmin::text as mapping from contracts c
        join zoho_entity_mappings m on m.circletel_id = c.id where c.id = ${id}`;
    const before = [...await known()];
    await receive(sql, { values: { Stage: "Closed Lost" } });
    await receive(sql, { operation: "delete" });
    assertEquals([...await known()], before);
  }));

Deno.test("a hint that equals base, with nothing queued, needs no look", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
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
  ["of a deletion, whatever its values", { values: base, operation: "delete" }],
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
  Deno.test(`a hint ${what} causes a look`, () =>
    withDatabase("plain", async (sql) => {
      const id = await insertInStep(sql);
      await prepare?.(sql, id);
      assertEquals((await receive(sql, told))?.status, "received");
      assertEquals((await onlyChange(sql)).look, true);
    }));
}

Deno.test("a hint of a record that is not CircleTel's stores its id and nothing else", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
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
      await insertInStep(sql);
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
    await insertInStep(sql);
    await sql`update zoho_sync_state set synced_types = '{quote}' where id`;
    assertEquals((await receive(sql))?.status, "received");
    assertEquals((await claimOne(sql, WORKER)).source, null);
  }));

Deno.test("a hint of an edited or deleted Contact causes a look", () =>
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

Deno.test("a hint that came before its mapping causes a look once the create is settled", () =>
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

Deno.test("a hint that commits while its mapping is being made causes a look at the next sweep", () =>
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

Deno.test("a hint of an Estimate always causes a look: no hint carries line items", () =>
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
    const id = await insertInStep(sql);
    assertEquals((await receive(sql))?.status, "received");
    await sql`delete from contracts where id = ${id}`;
    assertEquals(await queueRows(sql), []);
    const [hint] = await hints(sql);
    assertEquals([hint?.status, hint?.reason], ["ignored", "The contract was deleted in CircleTel"]);
  }));

Deno.test("a hint that arrives in flight is answered by the next look, not by that settlement", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertInStep(sql);
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
    await insertInStep(sql);
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

Deno.test("a notification of 1,000 records is one call: each is a hint, and CircleTel's cause looks", () =>
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

Deno.test("a repeated hint causes one more look and no change", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    await receive(sql);
    assertEquals((await onlyChange(sql)).version, 2);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [seen(done(change, DEAL, base), "applied")] });
    assertEquals(await statuses(sql), ["applied", "applied"]);
  }));

Deno.test("a hint revives a problem of its entity", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const error = { code: "INVALID_DATA", message: "no" };
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "dead", error }] });
    await receive(sql);
    assertEquals((await claimOne(sql, WORKER)).look, true);
  }));

Deno.test("a difference found by a reconcile is kept only where a look follows, and rings", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    await insertInStep(sql);
    await forgetRings(sql);
    assertEquals(await receive(sql, { source: "poll", values: base, oursOnly: true }), null);
    assertEquals(await receive(sql, { source: "poll", id: "999", oursOnly: true }), null);
    assertEquals([await statuses(sql), await rings(sql)], [[], []]);
    await receive(sql, { source: "poll", values: { Stage: "Closed Lost" }, oursOnly: true });
    assertEquals([await statuses(sql), (await rings(sql)).length], [["received"], 1]);
  }));

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

Deno.test("a deletion told while a restored record is being looked at causes another look", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertInStep(sql);
    await sql`update zoho_entity_mappings set state = 'deleted_in_zoho'`;
    await receive(sql, { values: base });
    const change = await claimOne(sql, WORKER);
    assertEquals((await receive(sql, { operation: "delete" }))?.status, "received");
    await settle(sql, { worker: WORKER, results: [done(change, DEAL, base)] });
    const again = await onlyChange(sql);
    assertEquals([again.entity_id, again.look], [id, true]);
  }));

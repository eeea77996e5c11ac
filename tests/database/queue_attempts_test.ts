import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claimOne, done, onlyChange, rpc, settle } from "./steps.ts";

// An attempt is a row of zoho_sync_logs: opened before the call, closed with its answer.

const [WORKER, OTHER] = [crypto.randomUUID(), crypto.randomUUID()];

Deno.test("an attempt opens a pending row with what was sent", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    assertEquals(await record(sql, WORKER, { opened: [attemptAt(contract.id)] }), []);
    assertEquals(await logs(sql), [{
      entity_id: contract.id,
      zoho_entity_type: "Deals",
      zoho_entity_id: null,
      status: "pending",
      attempt_number: 1,
      request_payload: { Stage: "Closed Won" },
      response_payload: null,
      error_message: null,
      duration_ms: null,
      drain_id: WORKER,
      cause: "contracts update",
      is_finished: false,
    }]);
  }));

Deno.test("a second attempt closes the first as retrying in the same step", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const first = attemptAt(contract.id);
    await record(sql, WORKER, { opened: [first] });
    await record(sql, WORKER, {
      opened: [{ ...attemptAt(contract.id), attempt_number: 2 }],
      closed: [{ id: first.id, status: "retrying", error_message: "HTTP 503", duration_ms: 120 }],
    });
    const rows = await logs(sql);
    assertEquals(rows.map((row) => [row.attempt_number, row.status, row.error_message, row.is_finished]), [
      [1, "retrying", "HTTP 503", true],
      [2, "pending", null, false],
    ]);
  }));

Deno.test("settling closes the attempt with Zoho's answer", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    const attempt = attemptAt(contract.id);
    await record(sql, WORKER, { opened: [attempt] });
    await settle(sql, {
      worker: WORKER,
      results: [done(change, "501")],
      closed: [{
        id: attempt.id,
        status: "success",
        zoho_entity_id: "501",
        response_payload: { code: "SUCCESS" },
        duration_ms: 80,
      }],
    });
    const [row] = await logs(sql);
    assertEquals([row?.status, row?.zoho_entity_id, row?.response_payload, row?.duration_ms], [
      "success",
      "501",
      { code: "SUCCESS" },
      80,
    ]);
  }));

Deno.test("an attempt for a Contact stands on the lease of its contract", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const attempt = {
      ...attemptAt(contract.id),
      entity_type: "customer",
      entity_id: customer.id,
      zoho_entity_type: "Contacts",
    };
    assertEquals(await record(sql, WORKER, { opened: [attempt] }), []);
    assertEquals((await logs(sql)).map((row) => [row.entity_id, row.zoho_entity_type]), [
      [customer.id, "Contacts"],
    ]);
  }));

Deno.test("an attempt whose lease is another's opens no row and is named as lost", () =>
  withDatabase("plain", async (sql) => {
    const mine = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const lost = crypto.randomUUID();
    const answer = await record(sql, WORKER, { opened: [attemptAt(mine.contract.id), attemptAt(lost)] });
    assertEquals(answer, [lost]);
    assertEquals((await logs(sql)).map((row) => row.entity_id), [mine.contract.id]);

    assertEquals(await record(sql, OTHER, { opened: [attemptAt(mine.contract.id)] }), [mine.contract.id]);
    assertEquals((await logs(sql)).length, 1);
  }));

Deno.test("recording an attempt renews both leases of its worker, and nobody else's", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await fold(sql);
    await sql`update zoho_sync_queue set lease_until = now() + interval '1 second' where true`;
    await sql`update zoho_sync_state set drain_until = now() + interval '1 second' where id`;

    await record(sql, OTHER, {});
    assert(await shortestLease(sql) < 2);
    await record(sql, WORKER, { opened: [attemptAt(contract.id)] });
    assert(await shortestLease(sql) > 50);
    assertEquals((await onlyChange(sql)).lease_owner, WORKER);
  }));

Deno.test("what became of a change can be asked: queued, linked, last log", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    const attempt = attemptAt(contract.id);
    await record(sql, WORKER, { opened: [attempt] });
    const inFlight = await outcome(sql, contract.id);
    assertEquals([inFlight.queued?.status, inFlight.mapping], ["in_flight", null]);

    await settle(sql, {
      worker: WORKER,
      results: [done(change, "501")],
      closed: [{ id: attempt.id, status: "success" }],
    });
    assertEquals(await outcome(sql, contract.id), {
      queued: null,
      mapping: { zoho_type: "Deals", zoho_id: "501" },
      question: null,
      log: { id: attempt.id, status: "success", error_message: null },
      paused: null,
    });
  }));

Deno.test("the entities that a row speaks for can be asked, and an unknown id is not found", () =>
  withDatabase("plain", async (sql) => {
    const { contract, quote, customer, kyc, rica } = await insertBusiness(sql);
    const ask = (entity: string, id: string) =>
      rpc(sql, (tx) => tx`select zoho_entities_of(${entity}, ${id}) as answer`);
    const ofContract = { entity_type: "contract", entity_id: contract.id };
    const ofCustomer = { entity_type: "customer", entity_id: customer.id };
    const ofQuote = { entity_type: "quote", entity_id: quote.id };
    assertEquals(await ask("contract", contract.id), { found: true, entities: [ofContract] });
    assertEquals(await ask("quote", quote.id), { found: true, entities: [ofContract, ofQuote] });
    assertEquals(await ask("customer", customer.id), {
      found: true,
      entities: [ofContract, ofCustomer, ofQuote],
    });
    assertEquals(await ask("kyc_session", kyc.id), { found: true, entities: [ofContract, ofQuote] });
    assertEquals(await ask("rica_submission", rica.id), { found: true, entities: [ofContract] });
    assertEquals(await ask("kyc_session", contract.id), { found: false, entities: [] });
    assertEquals(await ask("horse", contract.id), { found: false, entities: [] });

    await sql`delete from contracts where id = ${contract.id}`;
    assertEquals(await ask("kyc_session", kyc.id), { found: true, entities: [ofQuote] });
  }));

function attemptAt(contractId: string) {
  return {
    id: crypto.randomUUID(),
    lease_type: "contract",
    lease_id: contractId,
    entity_type: "contract",
    entity_id: contractId,
    zoho_entity_type: "Deals",
    attempt_number: 1,
    request_payload: { Stage: "Closed Won" },
    cause: "contracts update",
  };
}

interface Recording {
  opened?: Record<string, unknown>[];
  closed?: Record<string, unknown>[];
}

async function record(sql: postgres.Sql, worker: string, { opened = [], closed = [] }: Recording) {
  return await rpc<string[]>(
    sql,
    (tx) =>
      tx`select zoho_record_attempts(${worker}, 60, ${JSON.stringify(opened)}::text::jsonb,
        ${JSON.stringify(closed)}::text::jsonb) as answer`,
  );
}

async function outcome(sql: postgres.Sql, id: string) {
  return await rpc<{ queued: { status: string } | null; mapping: unknown }>(
    sql,
    (tx) => tx`select zoho_change_outcome('contract', ${id}) as answer`,
  );
}

async function logs(sql: postgres.Sql) {
  const rows = await sql`
    select entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, request_payload, response_payload,
      error_message, duration_ms, drain_id, cause, finished_at is not null as is_finished
    from zoho_sync_logs order by attempt_number`;
  return rows.map((row) => ({ ...row } as Record<string, unknown>));
}

async function shortestLease(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ seconds: number }[]>`
    select extract(epoch from least(s.drain_until, q.lease_until) - now())::float as seconds
    from zoho_sync_state s, zoho_sync_queue q`;
  return row?.seconds ?? NaN;
}

Deno.test("attempts are recorded while a claim that folds holds the state row", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await sql.begin(async (tx) => {
      await tx`select from zoho_sync_state for update`;
      assertEquals(await record(sql, WORKER, { opened: [attemptAt(contract.id)] }), []);
    });
    assertEquals((await logs(sql)).length, 1);
  }));

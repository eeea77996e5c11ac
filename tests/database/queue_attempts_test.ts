import { assert, assertEquals } from "@std/assert";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, claimOne, done, onlyChange, rpc, settle, WORKER } from "./steps.ts";
import {
  attemptAt,
  attemptRows,
  changeOutcome,
  OTHER_WORKER,
  recordAttempts,
  shortestLease,
} from "./attempt_steps.ts";

// An attempt is a row of zoho_sync_logs: opened before the call, closed with its answer.

Deno.test("an attempt opens a pending row with what was sent", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    assertEquals(await recordAttempts(sql, WORKER, { opened: [attemptAt(contract.id)] }), []);
    assertEquals(await attemptRows(sql), [{
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
    await recordAttempts(sql, WORKER, { opened: [first] });
    await recordAttempts(sql, WORKER, {
      opened: [{ ...attemptAt(contract.id), attempt_number: 2 }],
      closed: [{ id: first.id, status: "retrying", error_message: "HTTP 503", duration_ms: 120 }],
    });
    const rows = await attemptRows(sql);
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
    await recordAttempts(sql, WORKER, { opened: [attempt] });
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
    const [row] = await attemptRows(sql);
    assertEquals([row?.status, row?.zoho_entity_id, row?.response_payload, row?.duration_ms], [
      "success",
      "501",
      { code: "SUCCESS" },
      80,
    ]);
  }));

Deno.test("an attempt for a Contact is covered by the lease of its contract", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const attempt = {
      ...attemptAt(contract.id),
      entity_type: "customer",
      entity_id: customer.id,
      zoho_entity_type: "Contacts",
    };
    assertEquals(await recordAttempts(sql, WORKER, { opened: [attempt] }), []);
    assertEquals((await attemptRows(sql)).map((row) => [row.entity_id, row.zoho_entity_type]), [
      [customer.id, "Contacts"],
    ]);
  }));

Deno.test("an attempt whose lease was lost opens no row and is named as lost", () =>
  withDatabase("plain", async (sql) => {
    const mine = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const lost = crypto.randomUUID();
    const answer = await recordAttempts(sql, WORKER, {
      opened: [attemptAt(mine.contract.id), attemptAt(lost)],
    });
    assertEquals(answer, [lost]);
    assertEquals((await attemptRows(sql)).map((row) => row.entity_id), [mine.contract.id]);

    assertEquals(await recordAttempts(sql, OTHER_WORKER, { opened: [attemptAt(mine.contract.id)] }), [
      mine.contract.id,
    ]);
    assertEquals((await attemptRows(sql)).length, 1);
  }));

Deno.test("recording an attempt renews both leases of its worker, and no others", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await fold(sql);
    await sql`update zoho_sync_queue set lease_until = now() + interval '1 second' where true`;
    await sql`update zoho_sync_state set drain_until = now() + interval '1 second' where id`;

    await recordAttempts(sql, OTHER_WORKER, {});
    assert(await shortestLease(sql) < 2);
    await recordAttempts(sql, WORKER, { opened: [attemptAt(contract.id)] });
    assert(await shortestLease(sql) > 50);
    assertEquals((await onlyChange(sql)).lease_owner, WORKER);
  }));

Deno.test("an outcome read shows whether the change is queued or linked, and its last log row", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    const attempt = attemptAt(contract.id);
    await recordAttempts(sql, WORKER, { opened: [attempt] });
    const inFlight = await changeOutcome(sql, contract.id);
    assertEquals([inFlight.queued?.status, inFlight.mapping], ["in_flight", null]);

    await settle(sql, {
      worker: WORKER,
      results: [done(change, "501")],
      closed: [{ id: attempt.id, status: "success" }],
    });
    assertEquals(await changeOutcome(sql, contract.id), {
      held: null,
      queued: null,
      mapping: { zoho_type: "Deals", zoho_id: "501" },
      question: null,
      log: { id: attempt.id, status: "success", error_message: null },
      paused: null,
    });
  }));

Deno.test("the entities of a row are resolved, and an unknown id is not found", () =>
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

Deno.test("an attempt is recorded while a folding claim holds the state row", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await sql.begin(async (tx) => {
      await tx`select from zoho_sync_state for update`;
      assertEquals(await recordAttempts(sql, WORKER, { opened: [attemptAt(contract.id)] }), []);
    });
    assertEquals((await attemptRows(sql)).length, 1);
  }));

Deno.test("a drain that claims again leaves its own open attempts open", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await recordAttempts(sql, WORKER, { opened: [attemptAt(contract.id)] });
    assertEquals((await claim(sql, { worker: WORKER })).changes, []);
    assertEquals((await attemptRows(sql)).map(({ status }) => status), ["pending"]);
  }));

import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, claimOne, done, linkContract, onlyChange, rpc, settle } from "./steps.ts";

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
      held: null,
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

Deno.test("an attempt at an entity's own record has an unknown outcome from its opening, with what it was made for", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const account = { ...attemptAt(contract.id), zoho_entity_type: "Accounts" };
    await record(sql, WORKER, { opened: [stageWrite(contract.id, "11"), account] });
    assertEquals(await outcomes(sql), [
      { zoho_entity_type: "Accounts", outcome: null, revision: null, made_for: null },
      { zoho_entity_type: "Deals", outcome: "unknown", revision: "11", made_for: "active" },
    ]);
  }));

const closings: [what: string, closed: Record<string, unknown>, outcome: string][] = [
  ["that Zoho refused is refused", { status: "failed", is_refused: true }, "refused"],
  ["whose answer was lost stays unknown", { status: "failed", is_refused: false }, "unknown"],
  ["that is tried again stays unknown", { status: "retrying", is_refused: false }, "unknown"],
  ["that Zoho confirmed stays unknown until that is settled", { status: "success" }, "unknown"],
];

for (const [what, closed, expected] of closings) {
  Deno.test(`an attempt ${what}`, () =>
    withDatabase("plain", async (sql) => {
      const { contract } = await insertBusiness(sql);
      await claimOne(sql, WORKER);
      const attempt = stageWrite(contract.id, "11");
      await record(sql, WORKER, { opened: [attempt] });
      await record(sql, WORKER, { closed: [{ id: attempt.id, ...closed }] });
      assertEquals((await outcomes(sql)).map(({ outcome }) => outcome), [expected]);
    }));
}

Deno.test("a settlement with a record confirms what Zoho confirmed and judges what it never answered", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    const [lost, refused, last] = [
      stageWrite(contract.id, "11"),
      stageWrite(contract.id, "12"),
      stageWrite(contract.id, "13"),
    ];
    await record(sql, WORKER, { opened: [lost, refused, last] });
    await record(sql, WORKER, {
      closed: [{ id: lost.id, status: "failed" }, { id: refused.id, status: "failed", is_refused: true }],
    });
    await settle(sql, {
      worker: WORKER,
      results: [done(change, "501")],
      closed: [{ id: last.id, status: "success", zoho_entity_id: "501" }],
    });
    assertEquals((await outcomes(sql)).map(({ revision, outcome }) => [revision, outcome]), [
      ["11", "judged"],
      ["12", "refused"],
      ["13", "confirmed"],
    ]);
  }));

Deno.test("a settlement that learned nothing of the record leaves its attempts unknown, and the next claim in doubt", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    assertEquals(change.in_doubt, false);
    await record(sql, WORKER, { opened: [stageWrite(contract.id, "11")] });
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "release" }] });

    const again = await claimOne(sql, WORKER);
    assertEquals(again.in_doubt, true);
    await settle(sql, { worker: WORKER, results: [done(again, "501")] });
    await sql`select zoho_enqueue('contract', array[${contract.id}]::uuid[])`;
    assertEquals((await claimOne(sql, WORKER)).in_doubt, false);
  }));

Deno.test("a worker that was killed leaves its attempt unknown, and the one after it in doubt", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await record(sql, WORKER, { opened: [stageWrite(contract.id, "11")] });
    await loseLease(sql);
    assertEquals((await claimOne(sql, OTHER)).in_doubt, true);
    assertEquals((await outcomes(sql)).map(({ outcome }) => outcome), ["unknown"]);
  }));

Deno.test("a settlement judges no attempt of a record that it could not settle", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await record(sql, WORKER, { opened: [stageWrite(contract.id, "11")] });
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${contract.id} for update`;
      await settle(sql, { worker: WORKER, results: [done(change, "501")] });
    });
    assertEquals((await outcomes(sql)).map(({ outcome }) => outcome), ["unknown"]);
  }));

Deno.test("the newest twenty attempts at a record are told, oldest first, and the one that gave it its revision", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const other = await insertBusiness(sql);
    const insert = (id: string, from: number, to: number) =>
      sql`
        insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, request_payload, revision, made_for,
          outcome, created_at)
        select 'contract', ${id}, 'Deals', 'success', jsonb_build_object('Amount', n), n::text, 'active', 'confirmed',
          now() - interval '1 day' + n * interval '1 second'
        from generate_series(${from}::int, ${to}::int) n`;
    await insert(contract.id, 1, 30);
    await insert(other.contract.id, 31, 31);
    // Told of by a look, and an Account's: no attempts at the Deal.
    await sql`
      insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status)
      values ('contract', ${contract.id}, 'Deals', 'success')`;
    const told = async (revision: string | null) =>
      (await attemptsOf(sql, contract.id, revision)).map((attempt) => attempt.revision);
    const newest = Array.from({ length: 20 }, (_, i) => String(i + 11));
    assertEquals(await told(null), newest);
    assertEquals(await told("15"), newest);
    assertEquals(await told("3"), ["3", ...newest]);
    assertEquals(await told("31"), newest, "another contract's");
    assertEquals((await attemptsOf(sql, contract.id, null)).at(-1), {
      sent: { Amount: 30 },
      status: "active",
      revision: "30",
      outcome: "confirmed",
    });
  }));

Deno.test("a conflict is asked about when the attempt is opened, though its worker dies then", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await record(sql, WORKER, { opened: [{ ...stageWrite(contract.id, "11"), conflict }] });
    const asked = await sql`select kind, entity_id, asks, answers, closed_at from zoho_questions`;
    assertEquals(asked.map((row) => ({ ...row })), [
      {
        kind: "conflict",
        entity_id: contract.id,
        asks: "terminated",
        answers: ["keep", "zoho"],
        closed_at: null,
      },
    ]);
  }));

Deno.test("a worker whose lease ran out asks about no conflict and opens no attempt", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "501");
    await claimOne(sql, WORKER);
    await loseLease(sql);
    await claimOne(sql, OTHER);
    const late = { ...stageWrite(contract.id, "11"), conflict };
    assertEquals(await record(sql, WORKER, { opened: [late] }), [contract.id]);
    assertEquals([(await sql`select from zoho_questions`).length, (await logs(sql)).length], [0, 0]);
  }));

Deno.test("a drain that claims again leaves its own open attempts open", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await record(sql, WORKER, { opened: [attemptAt(contract.id)] });
    assertEquals((await claim(sql, { worker: WORKER })).changes, []);
    assertEquals((await logs(sql)).map(({ status }) => status), ["pending"]);
  }));

Deno.test("the answer that a worker stores after its lease ran out is the true one", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const attempt = stageWrite(contract.id, "11");
    await record(sql, WORKER, { opened: [attempt] });
    await loseLease(sql);
    await claimOne(sql, OTHER);
    assert(String((await logs(sql))[0]?.error_message).startsWith("INTERRUPTED"));
    await record(sql, WORKER, {
      closed: [{ id: attempt.id, status: "failed", error_message: "no", is_refused: true }],
    });
    const [row] = await logs(sql);
    assertEquals([row?.status, row?.error_message, (await outcomes(sql))[0]?.outcome], [
      "failed",
      "no",
      "refused",
    ]);
  }));

const conflict = {
  kind: "conflict",
  field: "Stage",
  ours: "active",
  theirs: "Closed Lost",
  asks: "terminated",
  answers: ["keep", "zoho"],
  shown: { status: "active", stage: "Closed Lost", revision: null },
  changed_by: "7",
  changed_at: null,
};

function stageWrite(contractId: string, revision: string) {
  return { ...attemptAt(contractId), revision, made_for: "active" };
}

async function outcomes(sql: postgres.Sql) {
  const rows = await sql<
    { zoho_entity_type: string; outcome: string | null; revision: string | null; made_for: string | null }[]
  >`
    select zoho_entity_type, outcome, revision, made_for from zoho_sync_logs order by zoho_entity_type, revision`;
  return rows.map((row) => ({ ...row }));
}

interface ToldAttempt {
  sent: unknown;
  status: string;
  revision: string;
  outcome: string;
}

async function attemptsOf(sql: postgres.Sql, id: string, revision: string | null): Promise<ToldAttempt[]> {
  const records = JSON.stringify([{ entity_type: "contract", entity_id: id, revision }]);
  const [answer] = await rpc<{ entity_id: string; attempts: ToldAttempt[] }[]>(
    sql,
    (tx) => tx`select zoho_attempts_of(${records}::text::jsonb) as answer`,
  );
  assertEquals(answer?.entity_id, id);
  return answer?.attempts ?? [];
}

/** As if the worker that holds the change had been gone for long. */
async function loseLease(sql: postgres.Sql): Promise<void> {
  await fold(sql);
  await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where true`;
  await sql`update zoho_sync_state set drain_until = now() - interval '1 second' where id`;
}

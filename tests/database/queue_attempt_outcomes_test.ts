import { assert, assertEquals } from "@std/assert";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { claimOne, done, linkContract, settle, WORKER } from "./steps.ts";
import {
  attemptAt,
  attemptOutcomes,
  attemptRows,
  lastAttempts,
  loseLease,
  OTHER_WORKER,
  recordAttempts,
  stageWrite,
} from "./attempt_steps.ts";

// What became of an attempt at an entity's own record: unknown until Zoho or a look says.

Deno.test("an attempt at an entity's own record starts with an unknown outcome, its revision and its status", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const account = { ...attemptAt(contract.id), zoho_entity_type: "Accounts" };
    await recordAttempts(sql, WORKER, { opened: [stageWrite(contract.id, "11"), account] });
    assertEquals(await attemptOutcomes(sql), [
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
      await recordAttempts(sql, WORKER, { opened: [attempt] });
      await recordAttempts(sql, WORKER, { closed: [{ id: attempt.id, ...closed }] });
      assertEquals((await attemptOutcomes(sql)).map(({ outcome }) => outcome), [expected]);
    }));
}

Deno.test("a settlement with a record confirms what Zoho confirmed and resolves unanswered attempts", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    const [lost, refused, last] = [
      stageWrite(contract.id, "11"),
      stageWrite(contract.id, "12"),
      stageWrite(contract.id, "13"),
    ];
    await recordAttempts(sql, WORKER, { opened: [lost, refused, last] });
    await recordAttempts(sql, WORKER, {
      closed: [{ id: lost.id, status: "failed" }, { id: refused.id, status: "failed", is_refused: true }],
    });
    await settle(sql, {
      worker: WORKER,
      results: [done(change, "501")],
      closed: [{ id: last.id, status: "success", zoho_entity_id: "501" }],
    });
    assertEquals((await attemptOutcomes(sql)).map(({ revision, outcome }) => [revision, outcome]), [
      ["11", "judged"],
      ["12", "refused"],
      ["13", "confirmed"],
    ]);
  }));

Deno.test("a settlement without a record leaves its attempts unknown, and the next claim needs a look", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    assertEquals(change.in_doubt, false);
    await recordAttempts(sql, WORKER, { opened: [stageWrite(contract.id, "11")] });
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "release" }] });

    const again = await claimOne(sql, WORKER);
    assertEquals(again.in_doubt, true);
    await settle(sql, { worker: WORKER, results: [done(again, "501")] });
    await sql`select zoho_enqueue('contract', array[${contract.id}]::uuid[])`;
    assertEquals((await claimOne(sql, WORKER)).in_doubt, false);
  }));

Deno.test("a killed worker leaves its attempt unknown, and the next claim needs a look", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await recordAttempts(sql, WORKER, { opened: [stageWrite(contract.id, "11")] });
    await loseLease(sql);
    assertEquals((await claimOne(sql, OTHER_WORKER)).in_doubt, true);
    assertEquals((await attemptOutcomes(sql)).map(({ outcome }) => outcome), ["unknown"]);
  }));

Deno.test("a settlement resolves no attempt of a record that it could not settle", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await recordAttempts(sql, WORKER, { opened: [stageWrite(contract.id, "11")] });
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${contract.id} for update`;
      await settle(sql, { worker: WORKER, results: [done(change, "501")] });
    });
    assertEquals((await attemptOutcomes(sql)).map(({ outcome }) => outcome), ["unknown"]);
  }));

Deno.test("a claim returns the newest twenty attempts at a record, oldest first, and the one that set its revision", () =>
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
      (await lastAttempts(sql, contract.id, revision)).map((attempt) => attempt.revision);
    const newest = Array.from({ length: 20 }, (_, i) => String(i + 11));
    assertEquals(await told(null), newest);
    assertEquals(await told("15"), newest);
    assertEquals(await told("3"), ["3", ...newest]);
    assertEquals(await told("31"), newest, "another contract's");
    assertEquals((await lastAttempts(sql, contract.id, null)).at(-1), {
      sent: { Amount: 30 },
      status: "active",
      revision: "30",
      outcome: "confirmed",
    });
  }));

Deno.test("a conflict is recorded when the attempt is opened, even if its worker dies then", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    await recordAttempts(sql, WORKER, { opened: [{ ...stageWrite(contract.id, "11"), conflict }] });
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

Deno.test("a worker whose lease ran out records no conflict and opens no attempt", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "501");
    await claimOne(sql, WORKER);
    await loseLease(sql);
    await claimOne(sql, OTHER_WORKER);
    const late = { ...stageWrite(contract.id, "11"), conflict };
    assertEquals(await recordAttempts(sql, WORKER, { opened: [late] }), [contract.id]);
    assertEquals([(await sql`select from zoho_questions`).length, (await attemptRows(sql)).length], [0, 0]);
  }));

Deno.test("an answer stored after the worker's lease ran out replaces INTERRUPTED", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await claimOne(sql, WORKER);
    const attempt = stageWrite(contract.id, "11");
    await recordAttempts(sql, WORKER, { opened: [attempt] });
    await loseLease(sql);
    await claimOne(sql, OTHER_WORKER);
    assert(String((await attemptRows(sql))[0]?.error_message).startsWith("INTERRUPTED"));
    await recordAttempts(sql, WORKER, {
      closed: [{ id: attempt.id, status: "failed", error_message: "no", is_refused: true }],
    });
    const [row] = await attemptRows(sql);
    assertEquals([row?.status, row?.error_message, (await attemptOutcomes(sql))[0]?.outcome], [
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

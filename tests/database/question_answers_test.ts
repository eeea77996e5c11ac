import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertQuote } from "../support/fixtures.ts";
import { holdTransaction, lockedSessions } from "./locks.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import {
  claim,
  claimOne,
  DEAL,
  done,
  emptyQueue,
  insertContracts,
  onlyChange,
  queueRows,
  settle,
  takeIn,
  WORKER,
} from "./steps.ts";
import {
  answerAsked,
  answerFully,
  conflict,
  currentStatus,
  insertActive,
  lookWith,
  storedQuestions,
  unsigned,
} from "./question_steps.ts";

// An answer to a question is kept until the next look carries it out.

Deno.test("an answer marks its entity with a look, rings, and comes with each claim until it is carried out", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    await forgetRings(sql);
    const [asked] = await storedQuestions(sql);
    assertEquals(await answerAsked(sql, [asked?.id ?? ""], "zoho"), {
      answered: 1,
      closed: 0,
      unknown: 0,
    });
    const { look: isLook, cause, lane } = await onlyChange(sql);
    assertEquals({ isLook, cause, lane }, { isLook: true, cause: "question answered", lane: 1 });
    assertEquals((await rings(sql)).length, 1);
    assertEquals(await currentStatus(sql, id), "active", "an answer by itself changes no contract");

    const change = await claimOne(sql, WORKER);
    assertEquals(change.answers, [{
      kind: "unsigned",
      field: "Stage",
      choice: "zoho",
      shown: unsigned().shown,
    }]);
    await settle(sql, { worker: WORKER, results: [{ ...done(change, DEAL), questions: [] }] });
    const [over] = await storedQuestions(sql);
    assertEquals([over?.answer, over?.answered_by, over?.closed_because], [
      "zoho",
      "admin@circletel",
      "answered",
    ]);
    await sql`select zoho_enqueue('contract', array[${id}]::uuid[])`;
    assertEquals((await claimOne(sql, WORKER)).answers, []);
  }));

Deno.test("an answer whose status was not taken in, since the row had changed, stays for the next look", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    const [asked] = await storedQuestions(sql);
    await answerAsked(sql, [asked?.id ?? ""], "zoho");
    const change = await claimOne(sql, WORKER);
    await sql`update contracts set total_contract_value = 7 where id = ${id}`;
    const results = [{ ...done(change, DEAL), take_in: takeIn(change, "draft"), questions: [] }];
    assertEquals((await settle(sql, { worker: WORKER, results })).left, [id]);
    const [kept] = await storedQuestions(sql);
    assertEquals([kept?.id, kept?.answer, kept?.closed_because], [asked?.id, "zoho", null]);
    assertEquals((await claimOne(sql, WORKER)).answers.length, 1);
  }));

Deno.test("an answer that the question does not offer is refused, and a later answer replaces an earlier one", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    const [asked] = await storedQuestions(sql);
    const ids = [asked?.id ?? ""];
    assertEquals(await answerAsked(sql, ids, "unlink"), { answered: 0, closed: 1, unknown: 0 });
    assertEquals(await queueRows(sql), []);
    await answerAsked(sql, ids, "zoho");
    assertEquals(await answerAsked(sql, ids, "circletel"), { answered: 1, closed: 0, unknown: 0 });
    assertEquals((await storedQuestions(sql))[0]?.answer, "circletel");
  }));

Deno.test("a bulk answer takes open questions and reports closed ones and unknown ids", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    const ids = await insertContracts(sql, quote.id, 60);
    await sql`
      insert into zoho_questions (kind, entity_type, entity_id, field, answers, shown)
      select 'unknown_write', 'contract', id, 'Stage', '{circletel,zoho}', '{"status": "draft"}' from contracts`;
    await sql`update zoho_questions set closed_at = now(), closed_because = 'over' where entity_id = any (${
      ids.slice(0, 10)
    })`;
    await emptyQueue(sql);
    const all = (await storedQuestions(sql)).map(({ id }) => id);
    assertEquals(await answerAsked(sql, [...all, crypto.randomUUID()], "circletel"), {
      answered: 50,
      closed: 10,
      unknown: 1,
    });
    const rows = await queueRows(sql);
    assertEquals([rows.length, rows.every((row) => row.look)], [50, true]);
    const { changes } = await claim(sql, { worker: WORKER });
    assert(changes.every(({ answers }) => answers[0]?.choice === "circletel"));
  }));

Deno.test("a conflict stays open, though no later look raises it, until a person has seen it", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [conflict()]);
    await lookWith(sql, id, []);
    const [asked] = await storedQuestions(sql);
    assertEquals(asked?.closed_because, null);
    await answerAsked(sql, [asked?.id ?? ""], "keep");
    assertEquals((await storedQuestions(sql))[0]?.closed_because, "answered");
    assertEquals([await currentStatus(sql, id), await queueRows(sql)], ["active", []]);
  }));

Deno.test("taking Zoho's side of a conflict sets the status that its stage asks for, as a change by CircleTel", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [conflict()]);
    const [asked] = await storedQuestions(sql);
    assertEquals(await answerAsked(sql, [asked?.id ?? ""], "zoho"), {
      answered: 1,
      closed: 0,
      unknown: 0,
    });
    assertEquals([await currentStatus(sql, id), (await storedQuestions(sql))[0]?.closed_because], [
      "terminated",
      "answered",
    ]);
    const { entity_id, cause } = await onlyChange(sql);
    assertEquals({ entity_id, cause }, { entity_id: id, cause: "contracts update" });
  }));

Deno.test("taking Zoho's side of a conflict sets nothing once the contract has another status", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [conflict()]);
    await sql`update contracts set status = 'expired' where id = ${id}`;
    const [asked] = await storedQuestions(sql);
    await answerAsked(sql, [asked?.id ?? ""], "zoho");
    assertEquals([await currentStatus(sql, id), (await storedQuestions(sql))[0]?.closed_because], [
      "expired",
      "answered",
    ]);
  }));

const refusing = {
  "a business trigger":
    "create trigger refuse before update on contracts for each row execute function refuse()",
  "a constraint trigger at the end of its transaction":
    "create constraint trigger refuse after update on contracts initially deferred for each row execute function refuse()",
};
for (const [what, trigger] of Object.entries(refusing)) {
  Deno.test(`a conflict whose status ${what} refuses stays open with the reason; the others are answered`, () =>
    withDatabase("plain", async (sql) => {
      const quote = await insertQuote(sql);
      const ids = await insertContracts(sql, quote.id, 3);
      await sql`
        insert into zoho_questions (kind, entity_type, entity_id, field, asks, answers, shown)
        select 'conflict', 'contract', id, 'Stage', 'terminated', '{keep,zoho}', '{"status": "draft"}' from contracts`;
      await sql.unsafe(`
        create function refuse() returns trigger language plpgsql as $$ begin
          if new.id = '${ids[1]}' and new.status = 'terminated' then raise 'an order is still open'; end if;
          return new;
        end $$;
        ${trigger}`);
      const asked = await sql<{ id: string; entity_id: string }[]>`select id, entity_id from zoho_questions`;
      const kept = asked.find(({ entity_id }) => entity_id === ids[1])?.id ?? "";
      const result = await answerFully(sql, asked.map(({ id }) => id), "zoho");
      assertEquals([result.answered, result.closed, result.unknown], [2, 0, 0]);
      assertEquals(result.refused, [{ id: kept, code: "P0001", message: "an order is still open" }]);
      assertEquals(await Promise.all(ids.map((id) => currentStatus(sql, id))), [
        "terminated",
        "draft",
        "terminated",
      ]);
      const open = (await storedQuestions(sql)).filter(({ closed_because }) => closed_because === null);
      assertEquals(open.map(({ id, answer }) => [id, answer]), [[kept, null]]);

      await sql`drop trigger refuse on contracts`;
      assertEquals(await answerAsked(sql, [kept], "zoho"), { answered: 1, closed: 0, unknown: 0 });
      assertEquals(await currentStatus(sql, ids[1] ?? ""), "terminated");
    }));
}

Deno.test("an answered conflict is not answered twice", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [conflict()]);
    const [asked] = await storedQuestions(sql);
    await answerAsked(sql, [asked?.id ?? ""], "keep");
    assertEquals(await answerAsked(sql, [asked?.id ?? ""], "zoho"), {
      answered: 0,
      closed: 1,
      unknown: 0,
    });
    assertEquals(await currentStatus(sql, id), "active");
  }));

async function twoInFlight(sql: postgres.Sql) {
  const quote = await insertQuote(sql);
  await insertContracts(sql, quote.id, 2);
  await sql`
    insert into zoho_questions (kind, entity_type, entity_id, field, asks, answers, shown)
    select k, 'contract', id, 'Stage', 'active', '{keep,zoho}', '{"status": "draft"}'
    from contracts, unnest(array['conflict', 'unsigned']) k`;
  const { changes } = await claim(sql, { worker: WORKER });
  const results = changes.map((change, i) => ({
    ...done(change, `50${i}`),
    questions: [
      unsigned({
        ours: null,
        theirs: null,
        asks: "active",
        answers: ["keep", "zoho"],
        shown: { status: "draft" },
      }),
    ],
  }));
  const ids = (await storedQuestions(sql)).map(({ id }) => id);
  return { changes, results, ids };
}

Deno.test("an answer given while a settlement holds the rows waits and is kept, without a deadlock", () =>
  withDatabase("plain", async (sql) => {
    const { results, ids } = await twoInFlight(sql);
    const release = await holdTransaction(
      sql,
      (tx) => tx`select public.zoho_settle_changes(${WORKER}, ${JSON.stringify(results)}::text::jsonb)`,
    );
    const answered = sql`select zoho_answer_questions(${ids}::uuid[], 'zoho', 'admin') as answer`.execute();
    await lockedSessions(sql, 1);
    await release();
    const [row] = await answered;
    assertEquals([row?.answer.answered, row?.answer.refused], [4, []]);
    const rows = await queueRows(sql);
    assertEquals([rows.length, rows.every((each) => each.status === "pending" && each.look)], [2, true]);
  }));

Deno.test("a settlement beside an uncommitted answer waits for nothing and reports the rows as busy", () =>
  withDatabase("plain", async (sql) => {
    const { changes, results, ids } = await twoInFlight(sql);
    const release = await holdTransaction(
      sql,
      (tx) => tx`select zoho_answer_questions(${ids}::uuid[], 'zoho', 'admin')`,
    );
    const { busy } = await settle(sql, { worker: WORKER, results });
    assertEquals(busy.toSorted(), changes.map(({ entity_id }) => entity_id).toSorted());
    await release();
    await settle(sql, { worker: WORKER, results });
    const rows = await queueRows(sql);
    assertEquals([rows.length, rows.every((each) => each.status === "pending" && each.look)], [2, true]);
  }));

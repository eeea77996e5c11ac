import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import { holdTransaction, lockedSessions } from "./locks.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import {
  claim,
  type ClaimedChange,
  claimOne,
  done,
  emptyQueue,
  insertContracts,
  linkContract,
  onlyChange,
  type QuestionInput,
  queueRows,
  rpc,
  settle,
  takeIn,
} from "./steps.ts";

// What only a person can decide: asked once, kept, and answered by an answer that acts at the next look.

const WORKER = crypto.randomUUID();
const DEAL = "5000000000001";

function unsigned(values: Partial<QuestionInput> = {}): QuestionInput {
  return {
    kind: "unsigned",
    field: "Stage",
    ours: "active",
    theirs: "Proposal/Price Quote",
    asks: "draft",
    answers: ["zoho", "circletel"],
    shown: { status: "active", stage: "Proposal/Price Quote", revision: null },
    changed_by: "7",
    changed_at: "2026-11-20T08:00:00+02:00",
    ...values,
  };
}

function conflict(values: Partial<QuestionInput> = {}): QuestionInput {
  return unsigned({
    kind: "conflict",
    theirs: "Closed Lost",
    asks: "terminated",
    answers: ["keep", "zoho"],
    shown: { status: "active", stage: "Closed Lost", revision: null },
    ...values,
  });
}

/** Looks at the contract once more, with these questions as the outcome; undefined when nothing was decided. */
async function look(
  sql: postgres.Sql,
  id: string,
  questions: QuestionInput[] | undefined,
): Promise<ClaimedChange> {
  await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
  const change = await claimOne(sql, WORKER);
  await settle(sql, {
    worker: WORKER,
    results: [{ ...done(change, DEAL, { Stage: "Closed Won" }), ...(questions ? { questions } : {}) }],
  });
  return change;
}

async function active(sql: postgres.Sql): Promise<string> {
  const { contract } = await insertBusiness(sql, { contract: { status: "active" } });
  await emptyQueue(sql);
  return contract.id;
}

interface Asked {
  id: string;
  kind: string;
  field: string;
  theirs: unknown;
  answer: string | null;
  answered_by: string | null;
  closed_because: string | null;
  asked: string;
}

async function questions(sql: postgres.Sql): Promise<Asked[]> {
  const rows = await sql<Asked[]>`
    select id, kind, field, theirs, answer, answered_by, closed_because, asked_at::text as asked
    from zoho_questions order by asked_at, id`;
  return rows.map((row) => ({ ...row }));
}

interface Counts {
  answered: number;
  closed: number;
  unknown: number;
}
type Answered = Counts & { woken: number; refused: { id: string; code: string; message: string }[] };

function answerFully(sql: postgres.Sql, ids: string[], choice: string): Promise<Answered> {
  return rpc(
    sql,
    (tx) => tx`select zoho_answer_questions(${ids}::uuid[], ${choice}, 'admin@circletel') as answer`,
  );
}

async function answer(sql: postgres.Sql, ids: string[], choice: string): Promise<Counts> {
  const { answered, closed, unknown } = await answerFully(sql, ids, choice);
  return { answered, closed, unknown };
}

async function statusOf(sql: postgres.Sql, id: string): Promise<unknown> {
  const [row] = await sql`select status from contracts where id = ${id}`;
  return row?.status;
}

Deno.test("a question is asked once, however often the same look asks it", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    const first = await questions(sql);
    assertEquals(
      first.map((
        { kind, field, theirs, answer, closed_because },
      ) => [kind, field, theirs, answer, closed_because]),
      [
        ["unsigned", "Stage", "Proposal/Price Quote", null, null],
      ],
    );
    await look(sql, id, [unsigned({ changed_at: "2026-11-20T09:00:00+02:00" })]);
    assertEquals(await questions(sql), first);
  }));

Deno.test("a look that finds its question open with the same values writes no log row; other values write one", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    const logged = async (asked: QuestionInput, outcome: string) => {
      await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
      const change = await claimOne(sql, WORKER);
      const seen = { outcome, reason: `QUESTION: ${asked.kind}`, details: {} };
      await settle(sql, { worker: WORKER, results: [{ ...done(change, DEAL), questions: [asked], seen }] });
      return (await sql`select from zoho_sync_logs where entity_id = ${id}`).length;
    };
    const gone = unsigned({ kind: "record_gone", field: null, answers: ["make_again", "unlink"], shown: {} });
    const counts: number[] = [];
    counts.push(await logged(unsigned(), "question"), await logged(unsigned(), "question"));
    counts.push(await logged(unsigned({ theirs: "Negotiation/Review" }), "question"));
    counts.push(await logged(gone, "gone"), await logged(gone, "gone"));
    assertEquals(counts, [1, 1, 2, 3, 3]);
  }));

Deno.test("a question about the record and one about each field stand beside each other", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    const contested = (field: string) =>
      unsigned({ kind: "contested", field, answers: ["try_again", "leave_to_zoho"] });
    await look(sql, id, [unsigned(), contested("Amount"), contested("Risk_Tier")]);
    assertEquals((await questions(sql)).map(({ kind, field }) => `${kind} ${field}`).sort(), [
      "contested Amount",
      "contested Risk_Tier",
      "unsigned Stage",
    ]);
  }));

Deno.test("a question whose values changed is another one, without the answer to what was shown before", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    const [first] = await questions(sql);
    await answer(sql, [first?.id ?? ""], "zoho");
    const shown = { status: "active", stage: "Negotiation/Review", revision: null };
    await look(sql, id, [unsigned({ theirs: "Negotiation/Review", shown })]);
    const [before, anew, ...others] = await questions(sql);
    assertEquals([before?.id, before?.answer, before?.closed_because], [first?.id, "zoho", "over"]);
    assertEquals([anew?.answer, anew?.closed_because, anew?.theirs], [null, null, "Negotiation/Review"]);
    assertEquals(others, []);
    const late = await answer(sql, [first?.id ?? ""], "zoho");
    assertEquals([late.answered, late.closed], [0, 1], "what was shown is not asked any more");
  }));

Deno.test("a question that the merge asks no more is over, and may be asked again as another one", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    await look(sql, id, []);
    await look(sql, id, [unsigned()]);
    assertEquals((await questions(sql)).map(({ closed_because }) => closed_because), ["over", null]);
  }));

Deno.test("a question stays while nothing was decided: without a look, and while its change is tried again", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    await look(sql, id, undefined);
    assertEquals((await questions(sql)).map(({ closed_because }) => closed_because), [null]);
  }));

Deno.test("an answer marks its entity with a look, rings, and comes with the claim until it is carried out", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    await forgetRings(sql);
    const [asked] = await questions(sql);
    assertEquals(await answer(sql, [asked?.id ?? ""], "zoho"), { answered: 1, closed: 0, unknown: 0 });
    const { look: isLook, cause, lane } = await onlyChange(sql);
    assertEquals({ isLook, cause, lane }, { isLook: true, cause: "question answered", lane: 1 });
    assertEquals((await rings(sql)).length, 1);
    assertEquals(await statusOf(sql, id), "active", "an answer by itself changes no contract");

    const change = await claimOne(sql, WORKER);
    assertEquals(change.answers, [{
      kind: "unsigned",
      field: "Stage",
      choice: "zoho",
      shown: unsigned().shown,
    }]);
    await settle(sql, { worker: WORKER, results: [{ ...done(change, DEAL), questions: [] }] });
    const [over] = await questions(sql);
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
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    const [asked] = await questions(sql);
    await answer(sql, [asked?.id ?? ""], "zoho");
    const change = await claimOne(sql, WORKER);
    await sql`update contracts set total_contract_value = 7 where id = ${id}`;
    const results = [{ ...done(change, DEAL), take_in: takeIn(change, "draft"), questions: [] }];
    assertEquals((await settle(sql, { worker: WORKER, results })).left, [id]);
    const [kept] = await questions(sql);
    assertEquals([kept?.id, kept?.answer, kept?.closed_because], [asked?.id, "zoho", null]);
    assertEquals((await claimOne(sql, WORKER)).answers.length, 1);
  }));

/** A create that met another contract's record: nothing was learned but the question. */
async function lookAtTaken(sql: postgres.Sql, id: string, theirs: unknown): Promise<void> {
  await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
  const asked: QuestionInput = { ...unsigned(), kind: "record_taken", field: null, theirs, asks: null };
  const questions = [{ ...asked, answers: ["try_again"], shown: {} }];
  await settle(sql, { worker: WORKER, results: [{ ...done(await claimOne(sql, WORKER)), questions }] });
}

Deno.test("a taken record is asked about once, is not tried again by itself, and is over once it is mended", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    assertEquals((await questions(sql)).map(({ kind }) => kind), ["record_taken"]);
    assertEquals(await queueRows(sql), []);
    await look(sql, id, []);
    assertEquals((await questions(sql)).map(({ closed_because }) => closed_because), ["over"]);
  }));

Deno.test("a taken record that is taken still when it was looked at again is asked about anew", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    const [first] = await questions(sql);
    const ids = [first?.id ?? ""];
    assertEquals(
      await answer(sql, ids, "link"),
      { answered: 0, closed: 1, unknown: 0 },
      "it is never linked",
    );
    assertEquals(await answer(sql, ids, "try_again"), { answered: 1, closed: 0, unknown: 0 });
    assertEquals((await onlyChange(sql)).look, true);
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    assertEquals((await questions(sql)).map(({ answer, closed_because }) => [answer, closed_because]), [
      ["try_again", "answered"],
      [null, null],
    ]);
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("a record is known as its entity's in whatever state the mapping is, and by a contract that names it", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const { contract: naming } = await insertBusiness(sql, { contract: { zoho_deal_id: "502" } });
    await linkContract(sql, contract.id, "501");
    const known = () =>
      rpc<Record<string, unknown>[]>(
        sql,
        (tx) => tx`select zoho_known_records('Deals', '{501,502,503}') as answer`,
      );
    const shown = async () =>
      (await known()).map(({ zoho_id, state, reference }) => [zoho_id, state, reference]);
    assertEquals(await shown(), [
      ["501", "linked", contract.contract_number],
      ["502", "named", naming.contract_number],
    ]);
    await sql`update zoho_entity_mappings set snapshot = '{"Contract_Number": "CT-OLD"}' where zoho_id = '501'`;
    await sql`delete from contracts where id = ${contract.id}`;
    await emptyQueue(sql);
    assertEquals((await shown())[0], ["501", "orphaned", "CT-OLD"]);
  }));

Deno.test("an answer that the question does not have is not taken, and a later one replaces an earlier one", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [unsigned()]);
    const [asked] = await questions(sql);
    const ids = [asked?.id ?? ""];
    assertEquals(await answer(sql, ids, "unlink"), { answered: 0, closed: 1, unknown: 0 });
    assertEquals(await queueRows(sql), []);
    await answer(sql, ids, "zoho");
    assertEquals(await answer(sql, ids, "circletel"), { answered: 1, closed: 0, unknown: 0 });
    assertEquals((await questions(sql))[0]?.answer, "circletel");
  }));

Deno.test("many questions are answered at once, beside some that are over and ids that are none", () =>
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
    const all = (await questions(sql)).map(({ id }) => id);
    assertEquals(await answer(sql, [...all, crypto.randomUUID()], "circletel"), {
      answered: 50,
      closed: 10,
      unknown: 1,
    });
    const rows = await queueRows(sql);
    assertEquals([rows.length, rows.every((row) => row.look)], [50, true]);
    const { changes } = await claim(sql, { worker: WORKER });
    assert(changes.every(({ answers }) => answers[0]?.choice === "circletel"));
  }));

Deno.test("a conflict stays, though no later look asks it, until a person has seen it", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [conflict()]);
    await look(sql, id, []);
    const [asked] = await questions(sql);
    assertEquals(asked?.closed_because, null);
    await answer(sql, [asked?.id ?? ""], "keep");
    assertEquals((await questions(sql))[0]?.closed_because, "answered");
    assertEquals([await statusOf(sql, id), await queueRows(sql)], ["active", []]);
  }));

Deno.test("taking Zoho's side of a conflict sets the status that its stage asked for, as a change of CircleTel's", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [conflict()]);
    const [asked] = await questions(sql);
    assertEquals(await answer(sql, [asked?.id ?? ""], "zoho"), { answered: 1, closed: 0, unknown: 0 });
    assertEquals([await statusOf(sql, id), (await questions(sql))[0]?.closed_because], [
      "terminated",
      "answered",
    ]);
    const { entity_id, cause } = await onlyChange(sql);
    assertEquals({ entity_id, cause }, { entity_id: id, cause: "contracts update" });
  }));

Deno.test("taking Zoho's side of a conflict sets nothing once the contract has another status", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [conflict()]);
    await sql`update contracts set status = 'expired' where id = ${id}`;
    const [asked] = await questions(sql);
    await answer(sql, [asked?.id ?? ""], "zoho");
    assertEquals([await statusOf(sql, id), (await questions(sql))[0]?.closed_because], [
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
      assertEquals(await Promise.all(ids.map((id) => statusOf(sql, id))), [
        "terminated",
        "draft",
        "terminated",
      ]);
      const open = (await questions(sql)).filter(({ closed_because }) => closed_because === null);
      assertEquals(open.map(({ id, answer }) => [id, answer]), [[kept, null]]);

      await sql`drop trigger refuse on contracts`;
      assertEquals(await answer(sql, [kept], "zoho"), { answered: 1, closed: 0, unknown: 0 });
      assertEquals(await statusOf(sql, ids[1] ?? ""), "terminated");
    }));
}

Deno.test("an answered conflict is not answered twice", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [conflict()]);
    const [asked] = await questions(sql);
    await answer(sql, [asked?.id ?? ""], "keep");
    assertEquals(await answer(sql, [asked?.id ?? ""], "zoho"), { answered: 0, closed: 1, unknown: 0 });
    assertEquals(await statusOf(sql, id), "active");
  }));

Deno.test("a question about a contract that was deleted is over", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await look(sql, id, [unsigned(), conflict()]);
    await sql`delete from contracts where id = ${id}`;
    await queueRows(sql);
    assertEquals((await questions(sql)).map(({ closed_because }) => closed_because), ["over", "over"]);
  }));

Deno.test("a question of a settlement that a business transaction makes wait is not asked yet", () =>
  withDatabase("plain", async (sql) => {
    const id = await active(sql);
    await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
    const change = await claimOne(sql, WORKER);
    const results = [{ ...done(change, DEAL), questions: [unsigned()] }];
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${id} for update`;
      await settle(sql, { worker: WORKER, results });
    });
    assertEquals(await questions(sql), []);
    await settle(sql, { worker: WORKER, results });
    assertEquals((await questions(sql)).length, 1);
  }));

/** Both kinds of question of two contracts, whose changes are in flight; what a settlement of both says. */
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
  const ids = (await questions(sql)).map(({ id }) => id);
  return { changes, results, ids };
}

Deno.test("an answer given while a settlement holds the rows waits for it and is kept: no deadlock", () =>
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

Deno.test("a settlement beside an answer that is not committed yet waits for nothing and leaves the rows as busy", () =>
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

Deno.test("a question names its entity when it is read, a page at a time", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 5);
    await sql`
      insert into zoho_questions (kind, entity_type, entity_id, answers)
      select 'record_gone', 'contract', id, '{make_again,unlink}' from contracts`;
    const read = async (
      after: string | null,
    ): Promise<{ items: { number: string; cursor: string }[]; next: string | null }> => {
      const page = await rpc<Record<string, unknown>>(
        sql,
        (tx) => tx`select zoho_open_questions(p_after => ${after}, p_limit => 2) as answer`,
      );
      return page as never;
    };
    const first = await read(null);
    assertEquals(first.items.length, 2);
    const numbers: string[] = [];
    for (let page = first;; page = await read(page.next)) {
      numbers.push(...page.items.map(({ number }) => number));
      if (page.next === null) break;
    }
    assertEquals(numbers.toSorted(), ["CT-2026-M1", "CT-2026-M2", "CT-2026-M3", "CT-2026-M4", "CT-2026-M5"]);
  }));

/** Of customers: which Contact is theirs. */
function contactMatch(...ids: string[]): Record<string, unknown> {
  return {
    ...unsigned({ kind: "contact_match", field: null, asks: null, answers: ["link", "make_new"], shown: {} }),
    reason: ids.length > 1 ? "several_contacts" : "name_differs",
    ours: "T… N… t…@e…",
    theirs: ids.map((id) => ({ id, name: "R…", agrees: ["email"], differs: ["last_name"] })),
  };
}

async function askAbout(sql: postgres.Sql, customerId: string, ...ids: string[]): Promise<void> {
  await settle(sql, {
    worker: WORKER,
    results: [],
    asked: [{ entity_id: customerId, questions: [contactMatch(...ids)] }],
  });
}

const contactOf = (customerId: string, zohoId: string) => ({
  circletel_type: "customer",
  circletel_id: customerId,
  zoho_type: "Contacts",
  zoho_id: zohoId,
  fields: {},
});

Deno.test("a question about a Contact is asked once, its answer wakes all that shows the customer and comes with them", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await insertBusiness(sql);
    await emptyQueue(sql);
    await askAbout(sql, customer.id, "700");
    await askAbout(sql, customer.id, "700");
    const [asked, ...others] = await questions(sql);
    assertEquals([asked?.kind, others.length], ["contact_match", 0]);
    assertEquals((await answerFully(sql, [asked?.id ?? ""], "link")).woken, 1);
    const { entity_id, source } = await claimOne(sql, WORKER);
    assertEquals(entity_id, contract.id);
    assertEquals(Object(source).contact_answer, {
      choice: "link",
      chosen_id: "700",
      candidates: contactMatch("700").theirs,
    });
  }));

Deno.test("a Contact that is found closes its question, and one who has a Contact is not asked about", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql);
    await emptyQueue(sql);
    await askAbout(sql, customer.id, "700", "701");
    await settle(sql, { worker: WORKER, results: [], links: [contactOf(customer.id, "702")] });
    assertEquals((await questions(sql)).map(({ closed_because }) => closed_because), ["over"]);
    await askAbout(sql, customer.id, "700");
    assertEquals((await questions(sql)).length, 1);
  }));

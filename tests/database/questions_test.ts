import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import {
  claimOne,
  DEAL,
  done,
  emptyQueue,
  insertContracts,
  linkContract,
  onlyChange,
  type QuestionInput,
  queueRows,
  rpc,
  settle,
  WORKER,
} from "./steps.ts";
import {
  answerAsked,
  answerFully,
  conflict,
  insertActive,
  lookAtTaken,
  lookWith,
  storedQuestions,
  unsigned,
} from "./question_steps.ts";

// What only a person can decide: stored once, kept open, and closed when it no longer applies.

Deno.test("a question is stored once, however often the same look raises it", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    const first = await storedQuestions(sql);
    assertEquals(
      first.map((
        { kind, field, theirs, answer, closed_because },
      ) => [kind, field, theirs, answer, closed_because]),
      [
        ["unsigned", "Stage", "Proposal/Price Quote", null, null],
      ],
    );
    await lookWith(sql, id, [unsigned({ changed_at: "2026-11-20T09:00:00+02:00" })]);
    assertEquals(await storedQuestions(sql), first);
  }));

Deno.test("a look whose question is already open with the same values writes no log row; other values write one", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
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

Deno.test("a question about the record and one about each field are separate", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    const contested = (field: string) =>
      unsigned({ kind: "contested", field, answers: ["try_again", "leave_to_zoho"] });
    await lookWith(sql, id, [unsigned(), contested("Amount"), contested("Risk_Tier")]);
    assertEquals((await storedQuestions(sql)).map(({ kind, field }) => `${kind} ${field}`).sort(), [
      "contested Amount",
      "contested Risk_Tier",
      "unsigned Stage",
    ]);
  }));

Deno.test("a question whose values changed becomes a new one, without the old answer", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    const [first] = await storedQuestions(sql);
    await answerAsked(sql, [first?.id ?? ""], "zoho");
    const shown = { status: "active", stage: "Negotiation/Review", revision: null };
    await lookWith(sql, id, [unsigned({ theirs: "Negotiation/Review", shown })]);
    const [before, anew, ...others] = await storedQuestions(sql);
    assertEquals([before?.id, before?.answer, before?.closed_because], [first?.id, "zoho", "over"]);
    assertEquals([anew?.answer, anew?.closed_because, anew?.theirs], [null, null, "Negotiation/Review"]);
    assertEquals(others, []);
    const late = await answerAsked(sql, [first?.id ?? ""], "zoho");
    assertEquals([late.answered, late.closed], [0, 1], "what was shown is not asked any more");
  }));

Deno.test("a question that the merge no longer raises is closed, and may be raised again as a new one", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    await lookWith(sql, id, []);
    await lookWith(sql, id, [unsigned()]);
    assertEquals((await storedQuestions(sql)).map(({ closed_because }) => closed_because), ["over", null]);
  }));

Deno.test("a question stays open without a look, and while its change is retried", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned()]);
    await lookWith(sql, id, undefined);
    assertEquals((await storedQuestions(sql)).map(({ closed_because }) => closed_because), [null]);
  }));

Deno.test("a taken record raises one question, is not retried by itself, and is over once fixed", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    assertEquals((await storedQuestions(sql)).map(({ kind }) => kind), ["record_taken"]);
    assertEquals(await queueRows(sql), []);
    await lookWith(sql, id, []);
    assertEquals((await storedQuestions(sql)).map(({ closed_because }) => closed_because), ["over"]);
  }));

Deno.test("a taken record that is still taken at the next look raises a new question", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    const [first] = await storedQuestions(sql);
    const ids = [first?.id ?? ""];
    assertEquals(
      await answerAsked(sql, ids, "link"),
      { answered: 0, closed: 1, unknown: 0 },
      "it is never linked",
    );
    assertEquals(await answerAsked(sql, ids, "try_again"), { answered: 1, closed: 0, unknown: 0 });
    assertEquals((await onlyChange(sql)).look, true);
    await lookAtTaken(sql, id, { id: DEAL, linked_to: "contract CT-1" });
    assertEquals((await storedQuestions(sql)).map(({ answer, closed_because }) => [answer, closed_because]), [
      ["try_again", "answered"],
      [null, null],
    ]);
    assertEquals(await queueRows(sql), []);
  }));

Deno.test("a record is recognised as its entity's in any mapping state, and by a contract that names it", () =>
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

Deno.test("a question about a deleted contract is closed", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await lookWith(sql, id, [unsigned(), conflict()]);
    await sql`delete from contracts where id = ${id}`;
    await queueRows(sql);
    assertEquals((await storedQuestions(sql)).map(({ closed_because }) => closed_because), ["over", "over"]);
  }));

Deno.test("a question of a settlement that finds its rows locked is not raised yet", () =>
  withDatabase("plain", async (sql) => {
    const id = await insertActive(sql);
    await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
    const change = await claimOne(sql, WORKER);
    const results = [{ ...done(change, DEAL), questions: [unsigned()] }];
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${id} for update`;
      await settle(sql, { worker: WORKER, results });
    });
    assertEquals(await storedQuestions(sql), []);
    await settle(sql, { worker: WORKER, results });
    assertEquals((await storedQuestions(sql)).length, 1);
  }));

/** Both kinds of question of two contracts, whose changes are in flight; what a settlement of both says. */

Deno.test("a question names its entity in the list, page by page", () =>
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

Deno.test("a question about a Contact is stored once, and its answer wakes every record that shows the customer", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await insertBusiness(sql);
    await emptyQueue(sql);
    await askAbout(sql, customer.id, "700");
    await askAbout(sql, customer.id, "700");
    const [asked, ...others] = await storedQuestions(sql);
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

Deno.test("a Contact that is found closes its question, and a customer who has a Contact raises none", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql);
    await emptyQueue(sql);
    await askAbout(sql, customer.id, "700", "701");
    await settle(sql, { worker: WORKER, results: [], links: [contactOf(customer.id, "702")] });
    assertEquals((await storedQuestions(sql)).map(({ closed_because }) => closed_because), ["over"]);
    await askAbout(sql, customer.id, "700");
    assertEquals((await storedQuestions(sql)).length, 1);
  }));

import { assert, assertEquals } from "@std/assert";
import type { Confirmed } from "../../supabase/functions/_shared/sync/settle/settlement.ts";
import { settlementOf } from "../../supabase/functions/_shared/sync/settle/settlement.ts";
import { dealId, type Decided, goodDecision, goodMapping } from "./decision_samples.ts";
import { baseRevision, foreignRevision, ownedFields, plannedRevision, seller } from "./merge_samples.ts";

const modifiedAt = "2026-11-20T12:00:06+02:00";
const inStep = { ...ownedFields, Stage: "Negotiation/Review" };

/** Everything that was sent, confirmed; or those fields of it. */
function settled(values: Decided, confirmed: "all" | "nothing" | string[] = "all") {
  const decision = goodDecision(values);
  const names = confirmed === "all" ? Object.keys(decision.send) : confirmed === "nothing" ? [] : confirmed;
  const fields = Object.fromEntries(names.map((name) => [name, decision.send[name] ?? null]));
  const answer: Confirmed | null = names.length === 0 ? null : { id: dealId, fields, modifiedAt };
  return settlementOf(decision, answer);
}

Deno.test("a record in step settles its base, no question, and the outcome nothing_new", () => {
  const settlement = settled({});
  assertEquals(settlement, {
    entity_type: "contract",
    entity_id: settlement.entity_id,
    version: 3,
    outcome: "done",
    record: {
      zoho_type: "Deals",
      zoho_id: dealId,
      fields: inStep,
      agreed_status: "pending_signature",
      revision: baseRevision,
      loops: {},
      modified_at: seller.at,
    },
    questions: [],
    seen: {
      outcome: "nothing_new",
      reason: "Zoho already has CircleTel's values",
      details: { by: seller.by, modified_at: seller.at },
    },
  });
});

Deno.test("a record that was not read settles only what was written, and keeps its questions", () => {
  const change = { look: false };
  const nothing = settled({ kind: "not_read", change });
  assertEquals([nothing.record, nothing.questions, nothing.seen], [undefined, undefined, undefined]);
  const written = settled({ kind: "not_read", change, fields: { ...ownedFields, Amount: 5 } });
  // Of the rest the mapping knows more by then.
  assertEquals(written.record?.fields, { Stage: inStep.Stage, Amount: 5 });
  assertEquals([written.record?.revision, written.record?.modified_at], [baseRevision, modifiedAt]);
});

Deno.test("a stage that was sent is agreed with its status and revision, all three together", () => {
  const { record } = settled({ status: "active" });
  assertEquals([record?.fields.Stage, record?.agreed_status, record?.revision], [
    "Closed Won",
    "active",
    plannedRevision,
  ]);
  assert(!Object.hasOwn(record?.fields ?? {}, "CircleTel_Revision"));
});

Deno.test("a stage whose write was not confirmed leaves the agreement as it was", () => {
  const { record } = settled({ status: "active", fields: { ...ownedFields, Amount: 5 } }, ["Amount"]);
  assertEquals(record?.fields, { ...inStep, Amount: 5 });
  assertEquals([record?.agreed_status, record?.revision], ["pending_signature", baseRevision]);
});

Deno.test("a status to be taken in carries the row's version and its own agreement; base covers the other case", () => {
  const { record, take_in, seen } = settled({ stage: "Closed Won", status: "pending_signature" });
  assertEquals([record?.fields.Stage, record?.agreed_status], ["Negotiation/Review", "pending_signature"]);
  assertEquals(take_in, {
    status: "active",
    row_version: "885",
    fields: { ...ownedFields, Stage: "Closed Won" },
    agreed_status: "active",
    revision: baseRevision,
  });
  assertEquals([seen?.outcome, seen?.reason], ["applied", "pending_signature → active"]);
  assertEquals(seen?.details, {
    by: seller.by,
    modified_at: seller.at,
    from: "pending_signature",
    to: "active",
    stage: "Closed Won",
  });
});

Deno.test("a change without a row version takes no status in", () => {
  assertEquals(settled({ stage: "Closed Won", change: { row_version: null } }).take_in, undefined);
});

Deno.test("a conflict is a question with both sides, which takes Zoho's side only where its stage asks for a status", () => {
  const { questions, seen } = settled({ status: "active", stage: "Closed Lost" });
  assertEquals(
    questions?.map(({ kind, ours, theirs, asks, answers, shown }) => ({
      kind,
      ours,
      theirs,
      asks,
      answers,
      shown,
    })),
    [{
      kind: "conflict",
      ours: "active",
      theirs: "Closed Lost",
      asks: "terminated",
      answers: ["keep", "zoho"],
      shown: { status: "active", stage: "Closed Lost", revision: plannedRevision },
    }],
  );
  assertEquals(seen?.outcome, "conflict");
  const [silent] = settled({ status: "active", stage: "Needs Analysis" }).questions ?? [];
  assertEquals([silent?.kind, silent?.asks, silent?.answers], ["conflict", null, ["keep"]]);
});

Deno.test("a move that would un-sign is a question, with who moved it when", () => {
  const change = {
    mapping: goodMapping({ snapshot: { ...ownedFields, Stage: "Closed Won" }, agreed_status: "active" }),
  };
  const { questions, seen, take_in } = settled({ status: "active", stage: "Proposal/Price Quote", change });
  assertEquals(
    questions?.map(({ kind, asks, changed_by, changed_at }) => [kind, asks, changed_by, changed_at]),
    [
      ["unsigned", "draft", seller.by, seller.at],
    ],
  );
  assertEquals([seen?.outcome, seen?.reason, take_in], ["question", "QUESTION: unsigned (Stage)", undefined]);
});

Deno.test("a record that carries an unknown write settles no base for its stage", () => {
  const { questions, record } = settled({ stage: "Closed Lost", record: { revision: foreignRevision } });
  assertEquals(questions?.map(({ kind }) => kind), ["unknown_write"]);
  assert(
    record === undefined || record.agreed_status === "pending_signature" || record.agreed_status === null,
  );
});

Deno.test("an owned field edited in Zoho is put back, and logged with both values", () => {
  const record = { fields: { ...ownedFields, Amount: 9 } };
  const { seen } = settled({ record });
  assertEquals(seen?.outcome, "put_back");
  assertEquals(seen?.reason, "DRIFT: Amount edited in Zoho; CircleTel's value is put back");
  assertEquals(seen?.details.drift, { Amount: { zoho: 9, circletel: ownedFields.Amount } });
});

Deno.test("a value that names a person is masked before it is logged or asked about", () => {
  const fields = { ...ownedFields, Email: "thandi@example.co.za" };
  const record = { fields: { ...ownedFields, Email: "sipho@example.co.za" } };
  const change = { mapping: goodMapping({ snapshot: { ...fields, Stage: "Negotiation/Review" } }) };
  const { seen } = settled({ fields, record, change });
  assertEquals(seen?.details.drift, { Email: { zoho: "s…@e…", circletel: "t…@e…" } });
  const loops = { Email: { value: "thandi@example.co.za", correctedAtMs: [], state: "contested" as const } };
  const contested = settled({
    fields,
    record,
    change: { mapping: goodMapping({ snapshot: { ...fields, Stage: "Negotiation/Review" }, loops }) },
  });
  const [question] = contested.questions ?? [];
  assertEquals([question?.kind, question?.ours, question?.theirs, question?.shown], [
    "contested",
    "t…@e…",
    "s…@e…",
    {},
  ]);
});

Deno.test("a deleted record is marked, raises a question, and keeps its base", () => {
  const { state, record, questions, seen } = settled({ kind: "gone" });
  assertEquals([state, record, seen?.outcome], ["deleted_in_zoho", undefined, "gone"]);
  assertEquals(questions?.map(({ kind, answers, shown }) => ({ kind, answers, shown })), [
    { kind: "record_gone", answers: ["make_again", "unlink"], shown: {} },
  ]);
});

Deno.test("a created record settles under the id that Zoho gave it", () => {
  const { record, questions } = settled({ kind: "absent", status: "draft" });
  assertEquals([record?.zoho_id, record?.agreed_status, record?.revision], [
    dealId,
    "draft",
    plannedRevision,
  ]);
  assertEquals(record?.fields, { ...ownedFields, Stage: "Proposal/Price Quote" });
  assertEquals(questions, []);
});

Deno.test("a correction is counted in the loops, with the value that was confirmed", () => {
  const { record } = settled({ record: { fields: { ...ownedFields, Amount: 9 } } });
  assertEquals(record?.loops.Amount, {
    value: ownedFields.Amount ?? null,
    correctedAtMs: record?.loops.Amount?.correctedAtMs ?? [],
    state: "watched",
  });
  assertEquals(record?.loops.Amount?.correctedAtMs.length, 1);
});

Deno.test("a stage that implies no status is left, and the hint says so", () => {
  assertEquals(
    settled({ stage: "Needs Analysis" }).seen?.reason,
    "The stage has no matching contract status",
  );
});

Deno.test("a record that is made again forgets which fields of the deleted one were left to Zoho", () => {
  const left = { Amount: { value: 1, correctedAtMs: [], state: "left" as const } };
  const mapping = { ...goodMapping(), state: "deleted_in_zoho" as const, loops: left };
  const { record } = settled({ kind: "absent", change: { mapping } });
  assertEquals([record?.fields.Amount, record?.loops], [ownedFields.Amount, {}]);
});

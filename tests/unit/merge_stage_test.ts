import { assertEquals } from "@std/assert";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import type { MergeInput, StageAnswer } from "../../supabase/functions/_shared/merge/types.ts";
import {
  aheadRevision,
  attemptRevision,
  baseRevision,
  foreignRevision,
  goodAttempt,
  goodBase,
  goodInput,
  goodRecord,
  oursWith,
  ownedFields,
  plannedRevision,
  seller,
  summary,
  summaryOf,
  typedRevision,
} from "./merge_samples.ts";

// The tables of moved and changed, and of the write revision (docs/merge.md).

type Row = [title: string, values: Partial<MergeInput>, summary: string];

const movedAndChanged: Row[] = [
  ["neither moved nor changed does nothing", {}, "unchanged"],
  ["a stage that asks for nothing and has not moved does nothing", {
    base: goodBase("Needs Analysis", "pending_signature"),
    theirs: goodRecord("Needs Analysis"),
  }, "unchanged"],
  ["a changed status sends its stage", { ours: oursWith("active") }, "sent, send Closed Won"],
  ["a changed status that agrees with the stage already is remembered", {
    ours: oursWith("partially_signed"),
  }, "agreed"],
  ["a contract that expired sends no stage", { ours: oursWith("expired") }, "left"],
  ["a move that agrees with the status is remembered", {
    ours: oursWith("draft"),
    base: goodBase("Proposal/Price Quote", "draft"),
  }, "agreed"],
  ["a move to Closed Won is taken in", { theirs: goodRecord("Closed Won") }, "taken_in, take in active"],
  ["a move to a renewal's Closed Won is taken in", {
    theirs: goodRecord("Closed Won - Renewal"),
  }, "taken_in, take in active"],
  ["a move to Closed Lost is taken in", {
    theirs: goodRecord("Closed Lost"),
  }, "taken_in, take in terminated"],
  ["a move back to Proposal of an unsigned contract is taken in", {
    theirs: goodRecord("Proposal/Price Quote"),
  }, "taken_in, take in draft"],
  ["a move that would un-sign a contract is a question", {
    ours: oursWith("active"),
    base: goodBase("Closed Won", "active"),
  }, "question, ask unsigned"],
  ["a move to a stage that asks for nothing is left", { theirs: goodRecord("Needs Analysis") }, "left"],
  ["a stage that was emptied is left", { theirs: goodRecord(null) }, "left"],
  ["a move of an expired contract is taken in", {
    ours: oursWith("expired"),
    base: goodBase("Closed Won", "expired"),
    theirs: goodRecord("Closed Lost"),
  }, "taken_in, take in terminated"],
  ["both sides at one result are remembered", {
    ours: oursWith("active"),
    theirs: goodRecord("Closed Won"),
  }, "agreed"],
  ["both sides at different results are a conflict, and CircleTel's is sent", {
    ours: oursWith("terminated"),
    theirs: goodRecord("Closed Won"),
  }, "conflict, send Closed Lost, conflict with Closed Won"],
  ["a changed status is sent over a move to a stage that asks for nothing, with a conflict", {
    ours: oursWith("active"),
    theirs: goodRecord("Needs Analysis"),
  }, "conflict, send Closed Won, conflict with Needs Analysis"],
  ["a contract that expired while its Deal was moved keeps its status, with a conflict", {
    ours: oursWith("expired"),
    theirs: goodRecord("Closed Won"),
  }, "conflict, conflict with Closed Won"],
  ["a displayed value is no move from its actual one", {
    ours: oursWith("active"),
    base: goodBase("Closed Won", "active"),
    theirs: goodRecord("Won"),
  }, "unchanged"],
];

const byRevision: Row[] = [
  ["base's revision: a stage that moved was moved in Zoho", {
    theirs: goodRecord("Closed Won", { revision: baseRevision }),
  }, "taken_in, take in active"],
  ["an attempt's revision: its stage and status are the base, so its own arrival is no move", {
    ours: oursWith("active"),
    attempts: [goodAttempt("Closed Won", "active")],
    theirs: goodRecord("Closed Won", { revision: attemptRevision }),
  }, "unchanged"],
  ["an attempt's revision: what was moved after it was moved in Zoho", {
    ours: oursWith("active"),
    attempts: [goodAttempt("Closed Won", "active")],
    theirs: goodRecord("Closed Lost", { revision: attemptRevision }),
  }, "taken_in, take in terminated"],
  ["an attempt's revision: a status that changed after it is sent", {
    ours: oursWith("terminated"),
    attempts: [goodAttempt("Closed Won", "active")],
    theirs: goodRecord("Closed Won", { revision: attemptRevision }),
  }, "sent, send Closed Lost"],
  ["an attempt that did not arrive is made again", {
    ours: oursWith("active"),
    attempts: [goodAttempt("Closed Won", "active")],
  }, "sent, send Closed Won"],
  ["a write without a stage is no evidence of one", {
    attempts: [{ ...goodAttempt("", "active"), sent: { Amount: 1 } }],
    theirs: goodRecord("Closed Won", { revision: attemptRevision }),
  }, "question, ask unknown_write"],
  ["a record that was adopted and never written by us: its stage is the seller's, and a question", {
    base: null,
    theirs: goodRecord("Closed Won", { revision: null }),
  }, "question, ask adopted_stage"],
  ["a record that was adopted in a stage that asks for nothing gets ours", {
    base: null,
    theirs: goodRecord("Needs Analysis", { revision: null }),
  }, "conflict, send Negotiation/Review, conflict with Needs Analysis"],
  ["a record that was adopted in an agreeing stage is remembered", {
    base: null,
    theirs: goodRecord("Negotiation/Review", { revision: null }),
  }, "agreed"],
  ["a record that a lost create made is ours, and a later move is taken in", {
    base: null,
    attempts: [goodAttempt("Negotiation/Review", "pending_signature")],
    theirs: goodRecord("Closed Won", { revision: attemptRevision }),
  }, "taken_in, take in active"],
  ["an emptied revision is an unknown write", {
    theirs: goodRecord("Closed Won", { revision: null }),
  }, "question, ask unknown_write"],
  ...([["restored", aheadRevision], ["foreign", foreignRevision], ["typed", typedRevision]] as const).flatMap(
    ([what, revision]): Row[] => [
      [`a ${what} revision with an agreeing stage is remembered`, {
        theirs: goodRecord("Negotiation/Review", { revision }),
      }, "agreed"],
      [`a ${what} revision with another stage is never taken in`, {
        theirs: goodRecord("Closed Won", { revision }),
      }, "question, ask unknown_write"],
      [`a ${what} revision with another stage is never overwritten`, {
        ours: oursWith("terminated"),
        theirs: goodRecord("Closed Won", { revision }),
      }, "question, ask unknown_write"],
      [`a ${what} revision of a record that was adopted is a question`, {
        base: null,
        theirs: goodRecord("Closed Won", { revision }),
      }, "question, ask unknown_write"],
    ],
  ),
];

const evidenced = { revision: null, sent: { Stage: "Closed Won", KYC_Status: "Completed" } };
const beforeKyc = goodBase("Negotiation/Review", "pending_signature", {
  revision: null,
  fields: { ...ownedFields, KYC_Status: "In Progress" },
});
const withoutKyc = { revision: null, fields: { ...ownedFields, KYC_Status: "In Progress" } };
const lostWrite = { revisions: null, plannedRevision: null, ours: oursWith("active"), base: beforeKyc };

const byEvidence: Row[] = [
  ["without revisions a write that shows in the other fields arrived, so a later move is taken in", {
    ...lostWrite,
    attempts: [goodAttempt("Closed Won", "active", evidenced)],
    theirs: goodRecord("Closed Lost", { revision: null }),
  }, "taken_in, take in terminated"],
  ["without revisions a write that shows in no field did not arrive, and is made again", {
    ...lostWrite,
    attempts: [goodAttempt("Closed Won", "active", evidenced)],
    theirs: goodRecord("Negotiation/Review", withoutKyc),
  }, "sent, send Closed Won"],
  ["without revisions a write of the stage alone leaves a conflict", {
    ...lostWrite,
    attempts: [goodAttempt("Closed Won", "active", { revision: null })],
    theirs: goodRecord("Closed Lost", { revision: null }),
  }, "conflict, send Closed Won, conflict with Closed Lost"],
  ["without revisions a write whose stage shows arrived", {
    ...lostWrite,
    ours: oursWith("terminated"),
    attempts: [goodAttempt("Closed Won", "active", { revision: null })],
    theirs: goodRecord("Closed Won", { revision: null }),
  }, "sent, send Closed Lost"],
  ["without revisions a move is taken in as ever", {
    ...lostWrite,
    ours: oursWith("pending_signature"),
    theirs: goodRecord("Closed Won", withoutKyc),
  }, "taken_in, take in active"],
];

for (const [title, values, expected] of [...movedAndChanged, ...byRevision, ...byEvidence]) {
  Deno.test(title, () => assertEquals(summaryOf(values), expected));
}

Deno.test("a stage is sent with the planned revision, which becomes base's", () => {
  const { send, baseNow, nextBase } = merge(goodInput({ ours: oursWith("active") }));
  assertEquals(send, { Stage: "Closed Won", CircleTel_Revision: plannedRevision });
  assertEquals(baseNow, goodBase("Negotiation/Review", "pending_signature"));
  assertEquals(nextBase, goodBase("Closed Won", "active", { revision: plannedRevision }));
});

Deno.test("a write without a stage carries no revision", () => {
  const { send } = merge(goodInput({ ours: oursWith("pending_signature", { ...ownedFields, Amount: 9 }) }));
  assertEquals(send, { Amount: 9 });
});

Deno.test("a conflict names both values, who and when, and the status of Zoho's side", () => {
  const values = { ours: oursWith("terminated"), theirs: goodRecord("Closed Won") };
  assertEquals(merge(goodInput(values)).conflict, {
    status: "terminated",
    theirStage: "Closed Won",
    asks: "active",
    lastChange: seller,
  });
  assertEquals(merge(goodInput({ ...values, theirs: goodRecord("Needs Analysis") })).conflict?.asks, null);
});

const unsigned: Partial<MergeInput> = { ours: oursWith("active"), base: goodBase("Closed Won", "active") };
const unknown: Partial<MergeInput> = {
  ours: oursWith("active"),
  theirs: goodRecord("Closed Lost", { revision: aheadRevision }),
};

function answerTo(values: Partial<MergeInput>, choice: StageAnswer["choice"]): StageAnswer {
  const [question] = merge(goodInput(values)).questions;
  if (
    question?.kind !== "unsigned" && question?.kind !== "unknown_write" && question?.kind !== "adopted_stage"
  ) {
    throw new Error("no question about the stage");
  }
  return { kind: question.kind, choice, shown: question.shown };
}

const adopted: Partial<MergeInput> = { base: null, theirs: goodRecord("Closed Won", { revision: null }) };

const answered: [string, Partial<MergeInput>, StageAnswer["choice"], string][] = [
  ["un-signing answered with Zoho's side", unsigned, "zoho", "taken_in, take in draft"],
  ["un-signing answered with CircleTel's side", unsigned, "circletel", "sent, send Closed Won"],
  ["an unknown write answered with Zoho's side", unknown, "zoho", "taken_in, take in terminated"],
  ["an unknown write answered with CircleTel's side", unknown, "circletel", "sent, send Closed Won"],
  ["an adopted stage answered with Zoho's side", adopted, "zoho", "taken_in, take in active"],
  ["an adopted stage answered with CircleTel's side", adopted, "circletel", "sent, send Negotiation/Review"],
];

for (const [title, values, choice, expected] of answered) {
  Deno.test(`${title} is carried out`, () => {
    assertEquals(summaryOf({ ...values, answer: answerTo(values, choice) }), expected);
  });
}

Deno.test("an answer does nothing once the record, its revision or the status differs from what was shown", () => {
  const answer = answerTo(unknown, "zoho");
  const others: Partial<MergeInput>[] = [
    { theirs: goodRecord("Proposal/Price Quote", { revision: aheadRevision }) },
    { theirs: goodRecord("Closed Lost", { revision: foreignRevision }) },
    { ours: oursWith("fully_signed") },
  ];
  for (const other of others) {
    assertEquals(summaryOf({ ...unknown, ...other, answer }), "question, ask unknown_write");
  }
});

Deno.test("an answer to one kind of question does not answer another", () => {
  assertEquals(
    summaryOf({ ...unknown, answer: { ...answerTo(unknown, "zoho"), kind: "unsigned" } }),
    "question, ask unknown_write",
  );
});

Deno.test("the first answer to an un-signing move does what the original service did", () => {
  assertEquals(merge(goodInput(unsigned)).questions[0]?.answers[0], "zoho");
});

Deno.test("a stage left to Zoho is not sent, and its moves are still taken in", () => {
  const loops = { Stage: { value: "Closed Won", correctedAtMs: [], state: "left" } } as const;
  assertEquals(summaryOf({ loops, ours: oursWith("active") }), "left");
  assertEquals(summaryOf({ loops, theirs: goodRecord("Closed Won") }), "taken_in, take in active");
});

const notRead: Row[] = [
  ["a record that was not read shows nothing of its stage", { theirs: { kind: "not_read" } }, "none"],
  ["a record that was not read gets no stage, whatever the status", {
    theirs: { kind: "not_read" },
    ours: oursWith("active"),
  }, "none"],
];
for (const [title, values, expected] of notRead) {
  Deno.test(title, () => assertEquals(summaryOf(values), expected));
}

const looks: [string, Partial<MergeInput>, boolean][] = [
  [
    "owned fields alone need no look",
    { ours: oursWith("pending_signature", { KYC_Status: "Declined" }) },
    false,
  ],
  ["a changed status needs a look", { ours: oursWith("active") }, true],
  ["a record without a base needs a look", { base: null }, true],
  [
    "a record whose stage was never agreed needs a look",
    { base: { fields: ownedFields, agreed: null } },
    true,
  ],
  ["an attempt of unknown outcome needs a look", { attempts: [goodAttempt("Closed Won", "active")] }, true],
  ["a record without a shared stage needs none", {
    ours: oursWith(null),
    base: { fields: ownedFields, agreed: null },
  }, false],
];
for (const [title, values, expected] of looks) {
  Deno.test(title, () => {
    assertEquals(merge(goodInput({ ...values, theirs: { kind: "not_read" } })).needsLook, expected);
    assertEquals(merge(goodInput(values)).needsLook, false);
  });
}

Deno.test("a deleted record raises a question, and nothing is sent or forgotten", () => {
  const input = goodInput({ theirs: { kind: "gone" }, ours: oursWith("active", { Amount: 9 }) });
  const result = merge(input);
  assertEquals(summary(result), "none, ask record_gone");
  assertEquals([result.send, result.takeIn, result.baseNow, result.nextBase], [
    {},
    null,
    input.base,
    input.base,
  ]);
  assertEquals(result.questions[0]?.answers, ["make_again", "unlink"]);
});

Deno.test("a new record gets every non-empty field, its stage and the revision", () => {
  const fields = { ...ownedFields, Risk_Tier: null };
  const result = merge(
    goodInput({ base: null, theirs: { kind: "absent" }, ours: oursWith("draft", fields) }),
  );
  assertEquals(result.send, {
    ...ownedFields,
    Stage: "Proposal/Price Quote",
    CircleTel_Revision: plannedRevision,
  });
  assertEquals(result.baseNow, null);
  assertEquals(
    result.nextBase,
    goodBase("Proposal/Price Quote", "draft", { revision: plannedRevision, fields }),
  );
});

Deno.test("a new record of an expired contract gets the stage that was chosen for it", () => {
  const ours = { fields: ownedFields, status: "expired", firstStage: "Closed Won" } as const;
  assertEquals(merge(goodInput({ base: null, theirs: { kind: "absent" }, ours })).send.Stage, "Closed Won");
});

Deno.test("a new record without a shared stage carries neither stage nor revision", () => {
  const result = merge(goodInput({ base: null, theirs: { kind: "absent" }, ours: oursWith(null) }));
  assertEquals([result.send, result.nextBase?.agreed], [ownedFields, null]);
});

Deno.test("a record with an unknown write is not written at all before it is ours", () => {
  const result = merge(
    goodInput({
      base: null,
      theirs: goodRecord("Closed Won", { revision: aheadRevision, fields: { Amount: 1 } }),
    }),
  );
  assertEquals([result.send, result.nextBase], [{}, null]);
});

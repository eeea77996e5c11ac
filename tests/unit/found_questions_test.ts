import { assertEquals } from "@std/assert";
import { sentenceOfQuestion } from "../../supabase/functions/_shared/sync/records/question_sentence.ts";
import {
  foundQuestion,
  seenQuestion,
  takenQuestion,
} from "../../supabase/functions/_shared/sync/records/found_questions.ts";
import type { SeenRecord } from "../../supabase/functions/_shared/sync/records/look.ts";
import type { Prepared } from "../../supabase/functions/_shared/sync/records/prepare.ts";
import { goodChange, goodEntity } from "./decision_samples.ts";
import { goodRecord, ownedFields } from "./merge_samples.ts";

// A create met a record that is not simply its own: what a person is shown, and what may be answered.

const prepared: Prepared = {
  entity: goodEntity(goodChange({ mapping: null })),
  ours: {
    fields: { ...ownedFields, Contract_Number: "CT-2026-001", Account_Name: { id: "11" } },
    status: "draft",
    firstStage: "Proposal/Price Quote",
  },
};
const seen = goodRecord("Closed Won") as SeenRecord;
const candidate = { id: "501", reference: "CT-2026-001", accountId: "11", revision: null, linkedTo: "other" };
const owner = { entityId: "other", name: "contract CT-2025-117" };

Deno.test("a taken record is shown with both numbers and its owner, and offers no link", () => {
  const question = takenQuestion(prepared, candidate, owner, seen);
  assertEquals([question.kind, question.answers, question.asks], ["record_taken", ["try_again"], null]);
  assertEquals(question.ours, { id: null, Contract_Number: "CT-2026-001" });
  assertEquals(question.theirs, {
    id: "501",
    Contract_Number: "CT-2026-001",
    linked_to: "contract CT-2025-117",
  });
  assertEquals([question.changed_by, question.changed_at], [seen.lastChange.by, seen.lastChange.at]);
});

Deno.test("a record whose number differs in case has no owner, and is shown with its own spelling", () => {
  const { theirs } = takenQuestion(prepared, { ...candidate, reference: "ct-2026-001" }, null, seen);
  assertEquals(theirs, { id: "501", Contract_Number: "ct-2026-001", linked_to: null });
});

Deno.test("a record that may be another company's offers the link, with the Accounts of both", () => {
  const question = foundQuestion(prepared, { ...candidate, linkedTo: null, accountId: "12" }, {
    ...seen,
    fields: { ...seen.fields, Account_Name: { id: "12" } },
  }, { kind: "ask", because: "other_account" });
  assertEquals([question.kind, question.answers], ["record_found", ["link"]]);
  assertEquals([question.ours, question.theirs], [
    { id: null, Account_Name: { id: "11" } },
    { id: "501", Account_Name: { id: "12" } },
  ]);
  assertEquals(question.shown, { zoho_id: "501", reference: "CT-2026-001", account_id: "12" });
});

Deno.test("a question about a found record is written to its hints and to the log", () => {
  const question = takenQuestion(prepared, candidate, owner, seen);
  assertEquals(seenQuestion(question).seen, {
    outcome: "question",
    reason: "QUESTION: record_taken",
    details: { by: seen.lastChange.by, modified_at: seen.lastChange.at },
  });
});

Deno.test("a taken record's question is one sentence", () => {
  assertEquals(
    sentenceOfQuestion({ kind: "record_taken", field: null }),
    "the record in Zoho that carries this number is another entity's. A person decides it under Problems.",
  );
});

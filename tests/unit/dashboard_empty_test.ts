import { assertEquals } from "@std/assert";
import type { ReconcileAnswer } from "../../supabase/functions/_shared/admin/answers.ts";
import { recordActs } from "../../dashboard/src/pages/contract/act_table.ts";
import { droppedText } from "../../dashboard/src/say/dropped.ts";
import { noProblemText } from "../../dashboard/src/say/no_problem.ts";
import { emptyQueueText } from "../../dashboard/src/say/queue_empty.ts";
import { emptyReportText } from "../../dashboard/src/say/reconcile_empty.ts";
import { retriedText } from "../../dashboard/src/say/retried.ts";
import { ago, goodStatus, identityOf, pausedBy, queueOf } from "../support/samples/status.ts";

// What an empty list says, and an act that did less than was asked.

Deno.test("Problems without a problem does not say that all was sent", () => {
  const says = (broken: Parameters<typeof goodStatus>[0]) => noProblemText(goodStatus(broken));
  assertEquals(noProblemText(undefined), null);
  assertEquals(says({}), "No change waits to be sent to Zoho.");
  assertEquals(says(queueOf({ waiting: 1, held: 1 })), "What waits is under Queue.");
  assertEquals(says({ questions: { open: 1, oldestAt: null } }), "The questions below are still open.");
  assertEquals(
    says(identityOf({ observingSince: ago(5) })),
    "Observe mode: changes wait, and nothing is sent.",
  );
  assertEquals(says(identityOf({ isOwn: false })), "Nothing is sent until a person adopts this database.");
  assertEquals(says(pausedBy("X", null)), "What waits is sent when the sync goes on.");
});

Deno.test("only a full comparison that came to its end says that every record matches", () => {
  const says = (status: ReconcileAnswer["run"]["status"], kind: ReconcileAnswer["run"]["kind"] = "full") =>
    emptyReportText({ status, kind } as ReconcileAnswer["run"], false);
  assertEquals(says("finished"), "Every record matches");
  assertEquals(
    says("finished", "incremental"),
    "Every record that changed since the last comparison matches",
  );
  assertEquals(says("running"), "No difference found so far");
  assertEquals(says("failed"), "No difference was found before the comparison failed");
  assertEquals(emptyReportText(undefined, false), "No difference found so far");
  assertEquals(
    emptyReportText({ status: "finished", kind: "full" } as ReconcileAnswer["run"], true),
    "None of these",
  );
});

Deno.test("a drop says what stayed", () => {
  assertEquals(droppedText({ dropped: 3, busy: 0 }, 3), "3 changes were dropped.");
  assertEquals(
    droppedText({ dropped: 1, busy: 1 }, 4),
    "1 change was dropped; 1 is being sent at this moment and stays; 2 were no longer in the queue.",
  );
  const drop = recordActs.find(({ name }) => name === "drop");
  assertEquals(drop?.undone?.({ dropped: 1, busy: 0 }), null);
  assertEquals(
    drop?.undone?.({ dropped: 0, busy: 1 }),
    "0 changes were dropped; 1 is being sent at this moment and stays.",
  );
});

Deno.test("a retry that reached its limit says so, also of one cause", () => {
  assertEquals(retriedText({ retried: 1, more: false }), "1 change is due again.");
  assertEquals(
    retriedText({ retried: 10_000, more: true }),
    "10,000 changes are due again; more are left, retry again.",
  );
});

Deno.test("an empty queue says that nothing waits only without failures and open questions", () => {
  const { queue, questions, accountQuestions } = goodStatus();
  const facts = { queue, questions, accountQuestions };
  assertEquals(emptyQueueText(facts, false).more, "No change waits to be sent to Zoho.");
  assertEquals(emptyQueueText(facts, true).more, null);
  const noted = { ...facts, queue: { ...queue, waiting: 5_000, noted: 5_000 } };
  assertEquals(emptyQueueText(noted, false).more, "5,000 changed rows are about to be put into it.");
  assertEquals(emptyQueueText({ ...facts, queue: { ...queue, waiting: 1 } }, false).more, null);
  assertEquals(emptyQueueText(undefined, false).more, null);
  for (
    const broken of [{ queue: { ...queue, dead: 1 } }, { questions: { open: 1, oldestAt: null } }, {
      accountQuestions: { open: 1 },
    }]
  ) {
    assertEquals(
      emptyQueueText({ ...facts, ...broken }, false).more,
      "What failed or waits for an answer is under Problems.",
    );
  }
});

import { assertEquals } from "@std/assert";
import {
  isAgreement,
  isSameStage,
  stageAskedBy,
  statusAskedBy,
  transition,
} from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import { rules } from "./merge_samples.ts";

const statuses: Record<ContractStatus, string | null> = {
  draft: "Proposal/Price Quote",
  pending_signature: "Negotiation/Review",
  partially_signed: "Negotiation/Review",
  fully_signed: "Closed Won",
  active: "Closed Won",
  terminated: "Closed Lost",
  expired: null,
};
const allStatuses = Object.keys(statuses).filter((status): status is ContractStatus => status in statuses);

/** Each stage with the status it asks for and the statuses that it agrees with. */
const stages: [stage: string, asks: ContractStatus | null, agrees: ContractStatus[]][] = [
  ["Proposal/Price Quote", "draft", ["draft"]],
  ["Revised Proposal", "draft", ["draft"]],
  ["Negotiation/Review", "draft", ["draft", "pending_signature", "partially_signed"]],
  ["Negotiation - Legal", "draft", ["draft", "pending_signature", "partially_signed"]],
  ["Closed Won", "active", ["fully_signed", "active"]],
  ["Closed Won - Renewal", "active", ["fully_signed", "active"]],
  ["Won", "active", ["fully_signed", "active"]],
  ["Closed Lost", "terminated", ["terminated"]],
  ["Closed-Lost to Competition", "terminated", ["terminated"]],
  ["Lost", "terminated", ["terminated"]],
  ["Qualification", null, ["expired"]],
  ["Needs Analysis", null, ["expired"]],
  ["Value Proposition", null, ["expired"]],
  ["Id. Decision Makers", null, ["expired"]],
  ["Won back", null, ["expired"]],
  ["Closed", null, ["expired"]],
  ["constructor", null, ["expired"]],
];

const spellings = (stage: string): string[] => [
  stage,
  stage.toUpperCase(),
  `  ${stage}\t`,
  stage.replaceAll(" ", ""),
  stage.replaceAll(" ", "_"),
  stage.replaceAll(" ", "\u00a0"),
  stage.replaceAll("-", "\u2011"),
  stage.replaceAll("/", " / "),
];

for (const [stage, asks, agrees] of stages) {
  Deno.test(`${stage} implies ${asks ?? "no status"} and agrees with ${agrees.join(", ")}, however it is spelled`, () => {
    for (const spelling of spellings(stage)) {
      assertEquals(statusAskedBy(spelling, rules), asks, spelling);
      const agreeing = allStatuses.filter((status) => isAgreement(status, spelling, rules));
      assertEquals(agreeing.toSorted(), agrees.toSorted(), spelling);
    }
  });
}

Deno.test("an empty stage implies no status and equals only an empty one", () => {
  assertEquals(statusAskedBy(null, rules), null);
  assertEquals([isSameStage(null, null, rules), isSameStage(null, "Closed Won", rules)], [true, false]);
});

for (const status of allStatuses) {
  Deno.test(`a contract that is ${status} implies ${statuses[status] ?? "no stage"}, which agrees when it is read back`, () => {
    const stage = stageAskedBy(status);
    assertEquals(stage, statuses[status]);
    if (stage !== null) assertEquals(isAgreement(status, stage, rules), true);
  });
}

const renamed = {
  ...rules,
  options: {
    Stage: [
      { actual: "Stage 7", displayed: "Closed Won" },
      { actual: "Negotiation/Review", displayed: "Closed Won - on paper" },
    ],
  },
};

Deno.test("a stage's displayed value counts where its actual value implies nothing, whichever Zoho returns", () => {
  assertEquals(statusAskedBy("Stage 7", renamed), "active");
  assertEquals(statusAskedBy("Closed Won", renamed), "active");
  assertEquals(isSameStage("Stage 7", "closed won", renamed), true);
});

Deno.test("a stage's actual value decides where both imply something", () => {
  assertEquals(statusAskedBy("Closed Won - on paper", renamed), "draft");
  assertEquals(isAgreement("pending_signature", "Closed Won - on paper", renamed), true);
});

Deno.test("a move that would un-sign a contract is a question, every other is allowed", () => {
  const asked = ["active", "terminated", "draft"] as const;
  const questions = asked.flatMap((to) =>
    allStatuses.filter((from) => transition(from, to) === "question").map((from) => `${from} → ${to}`)
  );
  assertEquals(questions, ["partially_signed → draft", "fully_signed → draft", "active → draft"]);
});

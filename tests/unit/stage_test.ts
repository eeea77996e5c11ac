import { assert, assertEquals } from "@std/assert";
import {
  mapContractStatusToDealStage,
  mapDealStageToContractStatus,
  stageAgrees,
  stageToPush,
} from "../../supabase/functions/_shared/mapping/stage.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";

/** Stages of Zoho's default pipeline, by actual value, and the status each asks for. */
const stages: Record<string, ContractStatus | null> = {
  "Qualification": null,
  "Needs Analysis": null,
  "Value Proposition": null,
  "Id. Decision Makers": null,
  "Identify Decision Makers": null,
  "Proposal/Price Quote": "draft",
  "Negotiation/Review": "draft",
  "Closed Won": "active",
  "Closed Lost": "terminated",
  "Closed Lost to Competition": "terminated",
  "Closed-Lost to Competition": "terminated",
};

const statuses: Record<ContractStatus, string | null> = {
  draft: "Proposal/Price Quote",
  pending_signature: "Negotiation/Review",
  partially_signed: "Negotiation/Review",
  fully_signed: "Closed Won",
  active: "Closed Won",
  terminated: "Closed Lost",
  expired: null,
};

/** Which stages a status agrees with; every other one is pushed over. */
const agreements: Record<ContractStatus, string[]> = {
  draft: ["Proposal/Price Quote", "Negotiation/Review"],
  pending_signature: ["Negotiation/Review"],
  partially_signed: ["Negotiation/Review"],
  fully_signed: ["Closed Won"],
  active: ["Closed Won"],
  terminated: ["Closed Lost", "Closed Lost to Competition", "Closed-Lost to Competition"],
  expired: Object.keys(stages),
};

const allStatuses = Object.keys(statuses).filter((status): status is ContractStatus => status in agreements);

const spellings = (stage: string): string[] => [
  stage,
  stage.toUpperCase(),
  stage.toLowerCase(),
  `  ${stage}\t`,
  stage.replaceAll(" ", ""),
  stage.replaceAll(" ", "-"),
  stage.replaceAll(" ", "_"),
  stage.replaceAll(" ", "\u00a0"),
  stage.replaceAll(" ", " \u2013 "),
  stage.replaceAll("-", "\u2011"),
  stage.replaceAll("/", " / "),
];

const strangers = ["", " ", "Won", "Closed", "constructor", "__proto__", "toString", "hasOwnProperty"];

for (const [stage, status] of Object.entries(stages)) {
  Deno.test(`${stage} asks for ${status ?? "no status"}, however it is spelled`, () => {
    for (const spelling of spellings(stage)) {
      assertEquals(mapDealStageToContractStatus(spelling), status, `spelled "${spelling}"`);
    }
  });
}

Deno.test("a stage nobody knows changes nothing, even one named like a part of every object", () => {
  for (const stage of strangers) assertEquals(mapDealStageToContractStatus(stage), null, `"${stage}"`);
});

for (const status of allStatuses) {
  Deno.test(`a contract that is ${status} asks for ${statuses[status] ?? "no stage"}`, () => {
    assertEquals(mapContractStatusToDealStage(status), statuses[status]);
    assertEquals(stageToPush(status, null), statuses[status]);
  });

  Deno.test(`a contract that is ${status} agrees with its row of the table and with nothing else`, () => {
    for (const stage of Object.keys(stages)) {
      const agrees = agreements[status].includes(stage);
      for (const spelling of spellings(stage)) {
        assertEquals(stageAgrees(status, spelling), agrees, `${status} and "${spelling}"`);
        assertEquals(stageToPush(status, spelling), agrees ? null : statuses[status], `"${spelling}"`);
      }
    }
  });
}

Deno.test("a seller's move of a draft from Proposal to Negotiation is not pushed back", () => {
  assertEquals(stageToPush("draft", "Negotiation/Review"), null);
});

Deno.test("an expired contract never pushes a stage", () => {
  for (const stage of [...Object.keys(stages), ...strangers]) {
    assertEquals(stageToPush("expired", stage), null);
  }
});

Deno.test("whatever Zoho holds, one push is enough: afterwards status and stage agree", () => {
  for (const status of allStatuses) {
    for (const stage of [...Object.keys(stages).flatMap(spellings), ...strangers]) {
      const held = stageToPush(status, stage) ?? stage;
      assert(stageAgrees(status, held), `${status} and "${stage}"`);
      assertEquals(stageToPush(status, held), null, `${status} pushes twice over "${stage}"`);
    }
  }
});

Deno.test("every stage that a status asks for is one of Zoho's and agrees when it comes back", () => {
  for (const status of allStatuses) {
    const stage = mapContractStatusToDealStage(status);
    if (stage === null) continue;
    assert(Object.hasOwn(stages, stage), stage);
    assert(stageAgrees(status, stage), stage);
  }
});

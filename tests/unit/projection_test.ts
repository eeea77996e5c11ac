import { assertEquals } from "@std/assert";
import { projectEntity } from "../../supabase/functions/_shared/sync/records/projection.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import { plainRules } from "../support/agreement.ts";
import { goodContract } from "../support/samples/source.ts";

const options = { Stage: [{ actual: "Stage 7", displayed: "Closed Won" }] };

/** The stage that a contract's Deal should get where Zoho holds this one; undefined where it stays. */
function stageOver(held: string | null, status: ContractStatus) {
  const { fields } = projectEntity("contract", {
    source: goodContract({ status }),
    snapshot: held === null ? {} : { Stage: held },
    productIds: new Map(),
    rules: { ...plainRules, options },
  });
  return fields?.Stage;
}

Deno.test("a stage that agrees with the status stays, under either of its names", () => {
  assertEquals(stageOver("Negotiation - Legal", "pending_signature"), undefined);
  assertEquals(stageOver("Negotiation/Review", "draft"), undefined);
  assertEquals(stageOver("Stage 7", "active"), undefined);
});

Deno.test("a stage that does not agree with the status is shown with the one that replaces it", () => {
  assertEquals(stageOver("Negotiation/Review", "active"), "Closed Won");
  assertEquals(stageOver("Qualification", "draft"), "Proposal/Price Quote");
});

Deno.test("an expired contract leaves every stage of its Deal, and a new Deal has one all the same", () => {
  for (const held of ["Qualification", "Closed Won", "Negotiation/Review"]) {
    assertEquals(stageOver(held, "expired"), undefined, held);
  }
  assertEquals(stageOver(null, "expired"), "Closed Lost");
  assertEquals(stageOver(null, "draft"), "Proposal/Price Quote");
});

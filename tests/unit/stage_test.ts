import { assertEquals } from "@std/assert";
import { firstStageOf, statusOfContract } from "../../supabase/functions/_shared/mapping/stage.ts";
import type { ContractSource } from "../../supabase/functions/_shared/mapping/deal.ts";
import { goodContract } from "../support/samples/source.ts";

const firstStage = (values: Partial<ContractSource["contract"]>) =>
  firstStageOf(goodContract(values).contract);

Deno.test("a contract without a status is a draft", () => {
  assertEquals(statusOfContract({ status: null }), "draft");
  assertEquals(firstStage({ status: null }), "Proposal/Price Quote");
});

Deno.test("a new Deal has the stage of the contract's status", () => {
  assertEquals(firstStage({ status: "partially_signed" }), "Negotiation/Review");
  assertEquals(firstStage({ status: "active" }), "Closed Won");
  assertEquals(firstStage({ status: "terminated" }), "Closed Lost");
});

Deno.test("a Deal first made for an expired contract was won if it was ever signed, and lost otherwise", () => {
  const signed = { status: "expired", fully_signed_date: "2026-11-20T10:00:00+00:00" } as const;
  assertEquals(firstStage(signed), "Closed Won");
  assertEquals(firstStage({ ...signed, fully_signed_date: null }), "Closed Lost");
});

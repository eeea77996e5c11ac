import { assertEquals } from "@std/assert";
import { dealProjection } from "../../supabase/functions/_shared/mapping/deal.ts";
import { dealOwners } from "../../supabase/functions/_shared/mapping/owners.ts";
import { businessTimeZone, goodSource } from "../support/samples/source.ts";

/** The stage is not projected: the merge decides it. */
const fields = [
  ...Object.keys(dealProjection(goodSource(), { accountId: "1", contactId: "2" }, businessTimeZone)),
  "Stage",
];

Deno.test("every field of a Deal's projection has, like its stage, an owner, and no other field has one", () => {
  assertEquals(Object.keys(dealOwners).sort(), fields.toSorted());
});

Deno.test("compliance and contract facts belong to CircleTel; only the stage is shared", () => {
  for (const field of fields) {
    assertEquals(dealOwners[field], field === "Stage" ? "shared" : "circletel", field);
  }
});

import { assertEquals, assertNotEquals } from "@std/assert";
import { kycStatus, ricaStatus, riskTier } from "../../supabase/functions/_shared/mapping/picklists.ts";
import { goodKyc } from "../support/samples/source.ts";

type KycSession = ReturnType<typeof goodKyc>;
type Status = NonNullable<KycSession["status"]>;
type Result = KycSession["verification_result"];

const results: Result[] = ["approved", "declined", "pending_review", null];

/** Design §5, row "kyc status + verification_result": all of its twenty cases. */
const kycRows: Record<Status, Record<string, string>> = {
  not_started: {
    approved: "Not Started",
    declined: "Not Started",
    pending_review: "Not Started",
    null: "Not Started",
  },
  abandoned: {
    approved: "Not Started",
    declined: "Not Started",
    pending_review: "Not Started",
    null: "Not Started",
  },
  in_progress: {
    approved: "In Progress",
    declined: "In Progress",
    pending_review: "In Progress",
    null: "In Progress",
  },
  completed: {
    approved: "Completed",
    declined: "Declined",
    pending_review: "In Progress",
    null: "Completed",
  },
  declined: { approved: "Declined", declined: "Declined", pending_review: "Declined", null: "Declined" },
};
const statuses: Status[] = ["not_started", "abandoned", "in_progress", "completed", "declined"];

for (const status of statuses) {
  Deno.test(`a KYC session that is ${status} shows its row of the table, whatever its result`, () => {
    for (const result of results) {
      const said = kycStatus(goodKyc({ status, verification_result: result }));
      assertEquals(said, kycRows[status][String(result)], `${status} with ${result}`);
    }
  });
}

Deno.test("a missing KYC session is Not Started, and so is one without a status, whatever its result", () => {
  assertEquals(kycStatus(null), "Not Started");
  for (const result of results) {
    assertEquals(kycStatus(goodKyc({ status: null, verification_result: result })), "Not Started");
  }
});

Deno.test("Completed is never shown without a completed session", () => {
  for (const status of statuses.filter((each) => each !== "completed")) {
    for (const result of results) {
      assertNotEquals(kycStatus(goodKyc({ status, verification_result: result })), "Completed");
    }
  }
});

Deno.test("a risk tier is shown as it is", () => {
  assertEquals(riskTier(goodKyc({ risk_tier: "low" })), "Low");
  assertEquals(riskTier(goodKyc({ risk_tier: "medium" })), "Medium");
  assertEquals(riskTier(goodKyc({ risk_tier: "high" })), "High");
});

Deno.test("a risk tier is never invented", () => {
  assertEquals(riskTier(goodKyc({ risk_tier: null })), null);
  assertEquals(riskTier(null), null);
});

Deno.test("a RICA submission's status is shown as it is", () => {
  assertEquals(ricaStatus({ status: "pending" }), "Pending");
  assertEquals(ricaStatus({ status: "submitted" }), "Submitted");
  assertEquals(ricaStatus({ status: "approved" }), "Approved");
  assertEquals(ricaStatus({ status: "rejected" }), "Rejected");
});

Deno.test("a RICA submission without a status leaves the field empty", () => {
  assertEquals(ricaStatus({ status: null }), null);
});

Deno.test("a missing RICA submission leaves the field empty", () => {
  assertEquals(ricaStatus(null), null);
});

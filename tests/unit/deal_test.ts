import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { deal } from "../../supabase/functions/_shared/mapping/deal.ts";
import { project } from "../../supabase/functions/_shared/mapping/record_type.ts";
import type { ContractSource } from "../../supabase/functions/_shared/mapping/deal.ts";
import { businessTimeZone, goodContract, goodKyc, goodSource } from "../support/samples/source.ts";

const links = { accountId: "4000000000011", contactId: "4000000000022", productIds: new Map() };
const dealOf = (source: ContractSource, timeZone = businessTimeZone) =>
  project(deal, source, { links, timeZone });

Deno.test("a contract's Deal holds what the contract says, and no stage, which the merge decides", () => {
  assertObjectMatch(dealOf(goodSource()), {
    Deal_Name: "Contract CT-2026-001",
    Contract_Number: "CT-2026-001",
    Amount: 47976.5,
    Closing_Date: "2026-12-01",
    Type: "New Business",
    Account_Name: { id: "4000000000011" },
    Contact_Name: { id: "4000000000022" },
    KYC_Status: "Not Started",
    KYC_Verified_Date: null,
    Risk_Tier: null,
    RICA_Status: null,
    Contract_Signed_Date: null,
  });
  assertEquals("Stage" in dealOf(goodSource()), false);
});

Deno.test("the same rows always give the same Deal", () => {
  assertEquals(dealOf(goodSource()), dealOf(goodSource()));
});

Deno.test("a contract without a value leaves the amount empty, and a value of zero is sent as zero", () => {
  assertEquals(dealOf(goodContract({ total_contract_value: null })).Amount, null);
  assertEquals(dealOf(goodContract({ total_contract_value: 0 })).Amount, 0);
});

Deno.test("an Account or Contact is linked by its id only, and left empty without one", () => {
  const without = project(deal, goodSource(), {
    links: { ...links, accountId: null, contactId: null },
    timeZone: businessTimeZone,
  });
  assertEquals([without.Account_Name, without.Contact_Name], [null, null]);
  assertEquals(dealOf(goodSource()).Account_Name, { id: links.accountId });
});

Deno.test("a Deal contains no data of the company or the person", () => {
  const text = JSON.stringify(dealOf(goodSource()));
  for (const name of ["Karoo", "Thandi", "Nkosi", "example.co.za"]) assert(!text.includes(name), name);
});

Deno.test("a contract signed after midnight in Johannesburg is signed on that day, not on London's", () => {
  const rows = [
    ["2026-11-20T21:59:59+00:00", "2026-11-20"],
    ["2026-11-20T22:00:00+00:00", "2026-11-21"],
    ["2026-12-31T22:30:00+00:00", "2027-01-01"],
    ["2028-02-28T23:00:00+00:00", "2028-02-29"],
    ["2026-11-21T00:30:00+02:00", "2026-11-21"],
  ] as const;
  for (const [moment, date] of rows) {
    const made = dealOf(goodContract({ fully_signed_date: moment, status: "fully_signed" }));
    assertEquals([made.Contract_Signed_Date, made.Closing_Date], [date, date], moment);
  }
});

Deno.test("another time zone gives another date", () => {
  const signed = goodContract({ fully_signed_date: "2026-11-20T22:30:00+00:00" });
  assertEquals(dealOf(signed, "UTC").Contract_Signed_Date, "2026-11-20");
});

Deno.test("the closing date is the day of signing, else the start, else thirty days after the contract was made", () => {
  const values = {
    created_at: "2026-11-01T08:00:00+00:00",
    start_date: "2026-11-15",
    fully_signed_date: "2026-11-20T10:00:00+00:00",
  };
  assertEquals(dealOf(goodContract(values)).Closing_Date, "2026-11-20");
  assertEquals(dealOf(goodContract({ ...values, fully_signed_date: null })).Closing_Date, "2026-11-15");
  const bare = { ...values, fully_signed_date: null, start_date: null };
  assertEquals(dealOf(goodContract(bare)).Closing_Date, "2026-12-01");
});

Deno.test("a contract without a creation date closes on the day its quote lapses", () => {
  const source = goodContract({ created_at: null, start_date: null, fully_signed_date: null });
  const quote = { ...source.quote, valid_until: "2026-12-31" };
  assertEquals(dealOf({ ...source, quote }).Closing_Date, "2026-12-31");
});

Deno.test("a contract made after midnight in Johannesburg closes thirty days after that day", () => {
  assertEquals(dealOf(goodContract({ created_at: "2026-11-30T22:30:00+00:00" })).Closing_Date, "2026-12-31");
});

Deno.test("a start date is a calendar day and is not moved by a time zone", () => {
  const source = goodContract({ start_date: "2026-11-15" });
  assertEquals(dealOf(source, "America/Los_Angeles").Closing_Date, "2026-11-15");
});

Deno.test("completed KYC is dated in the business's time zone", () => {
  const kyc = goodKyc({ completed_at: "2026-11-20T22:30:00+00:00" });
  const made = dealOf({ ...goodSource(), kyc });
  assertEquals([made.KYC_Status, made.KYC_Verified_Date, made.Risk_Tier], ["Completed", "2026-11-21", "Low"]);
});

Deno.test("KYC that is not completed has no date, though its session was closed", () => {
  const rows = [
    goodKyc({ verification_result: "declined" }),
    goodKyc({ verification_result: "pending_review" }),
    goodKyc({ status: "declined" }),
    goodKyc({ status: "in_progress" }),
    goodKyc({ status: "abandoned" }),
  ];
  for (const kyc of rows) {
    assertEquals(dealOf({ ...goodSource(), kyc }).KYC_Verified_Date, null, JSON.stringify(kyc));
  }
});

Deno.test("completed KYC without a time has no date", () => {
  assertEquals(dealOf({ ...goodSource(), kyc: goodKyc({ completed_at: null }) }).KYC_Verified_Date, null);
});

Deno.test("the newest RICA submission's status is in the Deal", () => {
  assertEquals(dealOf({ ...goodSource(), rica: { status: "approved" } }).RICA_Status, "Approved");
});

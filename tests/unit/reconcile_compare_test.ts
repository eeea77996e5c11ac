import { assertEquals } from "@std/assert";
import { judge, type KnownRecord } from "../../supabase/functions/_shared/reconcile/compare.ts";
import { kinds } from "../../supabase/functions/_shared/sync/claim/kinds.ts";
import { valueRulesOf } from "../../supabase/functions/_shared/fields/value_rules.ts";
import type { FoundRecord } from "../../supabase/functions/_shared/zoho/found_records.ts";
import { businessTimeZone, goodKyc, goodSource } from "../support/samples/source.ts";

const contracts = kinds.contract;

const dealId = "4876876000000451001";

function goodMapping(values: Partial<NonNullable<KnownRecord["mapping"]>> = {}): KnownRecord["mapping"] {
  return {
    zoho_id: dealId,
    state: "linked",
    snapshot: {},
    agreed_status: null,
    revision: null,
    loops: {},
    ...values,
  };
}

/** A contract in step: its Account and Contact are known, KYC is complete. */
function goodKnown(values: Partial<KnownRecord> = {}): KnownRecord {
  return {
    zoho_id: dealId,
    entity_id: goodSource().contract.id,
    exists: true,
    is_internal: false,
    reference: "CT-2026-001",
    mapped_id: dealId,
    mapping: goodMapping(),
    is_busy: false,
    dead_code: null,
    source: {
      ...goodSource(),
      kyc: goodKyc(),
      account_id: "11",
      contact: { zoho_id: "22", snapshot: {} },
    },
    ...values,
  };
}

/** Its Deal as a list answers it: lookups with names, empty picklists as "-None-". */
function goodDeal(values: Record<string, unknown> = {}): FoundRecord {
  return {
    id: dealId,
    Deal_Name: "Contract CT-2026-001",
    Contract_Number: "CT-2026-001",
    Amount: 47976.5,
    Stage: "Negotiation/Review",
    Closing_Date: "2026-12-01",
    Type: "New Business",
    Account_Name: { id: "11", name: "Karoo Traders" },
    Contact_Name: { id: "22", name: "Thandi Nkosi" },
    KYC_Status: "Completed",
    KYC_Verified_Date: "2026-11-20",
    Risk_Tier: "Low",
    RICA_Status: "-None-",
    Contract_Signed_Date: null,
    ...values,
  };
}

/** An org whose fields are all as they should be. */
const rulesOf = (module: "Deals" | "Contacts") =>
  valueRulesOf(module, { due: false, fields: [], picklists: [] }, businessTimeZone);

const verdictOf = (known: KnownRecord | null, record: FoundRecord | null) =>
  judge(contracts, known, record, rulesOf("Deals"));

Deno.test("a Deal that equals its projection is a match", () => {
  assertEquals(verdictOf(goodKnown(), goodDeal()), { verdict: "match", reason: "", fields: {} });
});

const EDITS: [string, unknown, unknown, unknown][] = [
  ["Deal_Name", "Our best deal", "Our best deal", "Contract CT-2026-001"],
  ["Contract_Number", null, null, "CT-2026-001"],
  ["Amount", 47976.51, 47976.51, 47976.5],
  ["Amount", null, null, 47976.5],
  ["Closing_Date", "2026-12-02", "2026-12-02", "2026-12-01"],
  ["Account_Name", { id: "12", name: "Other" }, { id: "12" }, { id: "11" }],
  ["Contact_Name", null, null, { id: "22" }],
  ["KYC_Status", "Declined", "Declined", "Completed"],
  ["Risk_Tier", "-None-", null, "Low"],
  ["RICA_Status", "Approved", "Approved", null],
];

for (const [field, held, zoho, circletel] of EDITS) {
  Deno.test(`${field} edited to ${JSON.stringify(held)} in Zoho differs, with both values`, () => {
    const { verdict, reason, fields } = verdictOf(goodKnown(), goodDeal({ [field]: held }));
    assertEquals([verdict, reason], ["differs", "fields"]);
    assertEquals(fields, { [field]: { zoho, circletel } } as typeof fields);
  });
}

const SAME: [string, unknown][] = [
  ["Amount", 47976.504],
  ["Stage", "negotiation / review"],
  ["RICA_Status", ""],
  ["RICA_Status", undefined],
];

for (const [field, held] of SAME) {
  Deno.test(`${field} read as ${JSON.stringify(held)} is the same`, () => {
    assertEquals(verdictOf(goodKnown(), goodDeal({ [field]: held })).verdict, "match");
  });
}

Deno.test("a stage that agrees with the status is no difference, another is", () => {
  const draft = goodKnown();
  draft.source = { ...Object(draft.source), contract: { ...goodSource().contract, status: "draft" } };
  assertEquals(verdictOf(draft, goodDeal({ Stage: "Negotiation/Review" })).verdict, "match");
  assertEquals(verdictOf(draft, goodDeal({ Stage: "Closed Won" })).fields, {
    Stage: { zoho: "Closed Won", circletel: "Proposal/Price Quote" },
  });
});

Deno.test("an expired contract leaves the stage to the seller", () => {
  const expired = goodKnown();
  expired.source = { ...Object(expired.source), contract: { ...goodSource().contract, status: "expired" } };
  assertEquals(verdictOf(expired, goodDeal({ Stage: "Needs Analysis" })).verdict, "match");
});

Deno.test("a stage that implies no status is left where a seller moved it, until the status changes", () => {
  const moved = goodDeal({ Stage: "Qualification" });
  const verdictAfter = (stage: string, agreed_status: "pending_signature" | "draft") =>
    verdictOf(goodKnown({ mapping: goodMapping({ snapshot: { Stage: stage }, agreed_status }) }), moved);
  assertEquals(verdictAfter("Qualification", "pending_signature").verdict, "match");
  assertEquals(Object.keys(verdictAfter("Qualification", "draft").fields), ["Stage"]);
  assertEquals(Object.keys(verdictAfter("Needs Analysis", "pending_signature").fields), ["Stage"]);
});

Deno.test("an Account that the next drain has to look up is not compared", () => {
  const known = goodKnown();
  known.source = { ...Object(known.source), account_id: null, contact: null };
  assertEquals(
    verdictOf(known, goodDeal({ Account_Name: null, Contact_Name: { id: "9" } })).verdict,
    "match",
  );
});

Deno.test("rows that cannot be read differ without a field", () => {
  const { verdict, reason, fields } = verdictOf(goodKnown({ source: { contract: null } }), goodDeal());
  assertEquals([verdict, reason, fields], ["differs", "bad_source", {}]);
});

const WITHOUT_FIELDS: {
  title: string;
  known: KnownRecord | null;
  record: FoundRecord | null;
  says: string;
}[] = [
  { title: "a record without an owner", known: null, record: goodDeal(), says: "extra unowned" },
  {
    title: "the Deal of a deleted contract",
    known: goodKnown({ exists: false }),
    record: goodDeal(),
    says: "extra orphaned",
  },
  {
    title: "the Deal of a test customer",
    known: goodKnown({ is_internal: true }),
    record: goodDeal(),
    says: "extra internal_test",
  },
  {
    title: "an edited Deal whose contract is queued",
    known: goodKnown({ is_busy: true }),
    record: goodDeal({ Amount: 1 }),
    says: "queued on_its_way",
  },
  {
    title: "a contract that waits for its first Deal",
    known: goodKnown({ is_busy: true, mapped_id: null }),
    record: null,
    says: "queued on_its_way",
  },
  {
    title: "a contract that was never sent",
    known: goodKnown({ mapped_id: null }),
    record: null,
    says: "missing never_synced",
  },
  {
    title: "a contract that Zoho refused",
    known: goodKnown({ mapped_id: null, dead_code: "INVALID_DATA" }),
    record: null,
    says: "missing dead_letter",
  },
  { title: "a contract whose Deal is gone", known: goodKnown(), record: null, says: "missing gone" },
  {
    title: "a contract whose Deal was deleted",
    known: goodKnown({ mapping: goodMapping({ state: "deleted_in_zoho" }) }),
    record: null,
    says: "missing deleted_in_zoho",
  },
];

for (const { title, known, record, says } of WITHOUT_FIELDS) {
  Deno.test(`${title} is reported as ${says}`, () => {
    const { verdict, reason } = verdictOf(known, record);
    assertEquals(`${verdict} ${reason}`, says);
  });
}

Deno.test("a Deal with the number of a contract that is linked to another names both", () => {
  assertEquals(verdictOf(goodKnown({ mapped_id: "1" }), goodDeal()), {
    verdict: "differs",
    reason: "not_linked",
    fields: { id: { zoho: dealId, circletel: "1" } },
  });
});

Deno.test("names and e-mails are masked in both values, and an e-mail's case is no difference", () => {
  const { contract: _, quote: __, kyc: ___, rica: ____, ...party } = goodSource();
  const known = goodKnown({ source: party });
  const reference = party.customer?.id ?? "";
  const contact = { id: dealId, First_Name: "Thandi", Last_Name: "Nkosi", Customer_Reference: reference };
  const verdictOn = (values: Record<string, unknown>) =>
    judge(
      kinds.customer,
      known,
      { ...contact, Email: "thandi@example.co.za", ...values },
      rulesOf("Contacts"),
    );
  assertEquals(verdictOn({ First_Name: "Sipho", Email: "Thandi@Example.co.za" }).fields, {
    First_Name: { zoho: "S…", circletel: "T…" },
  });
  const { fields } = verdictOn({ Email: "b@other.co.za" });
  assertEquals(fields, { Email: { zoho: "b…@o…", circletel: "t…@e…" } });
});

Deno.test("a field left to Zoho is no difference, and one with an open question is", () => {
  const loop = { value: 47976.5, correctedAtMs: [] };
  const verdictIn = (state: "left" | "contested") =>
    verdictOf(
      goodKnown({ mapping: goodMapping({ snapshot: { Amount: 1 }, loops: { Amount: { ...loop, state } } }) }),
      goodDeal({ Amount: 1 }),
    );
  assertEquals(verdictIn("left").verdict, "match");
  assertEquals(verdictIn("contested").fields, { Amount: { zoho: 1, circletel: 47976.5 } });
});

Deno.test("a Deal with equal values and another revision differs: a late write of ours, or another database's", () => {
  const [settled, late] = ["1234560000000010", "1234560000000011"];
  const known = goodKnown({ mapping: goodMapping({ revision: settled }) });
  assertEquals(verdictOf(known, goodDeal({ CircleTel_Revision: settled })).verdict, "match");
  for (const [held, zoho] of [[late, late], [Number(late), late], [null, null]]) {
    assertEquals(verdictOf(known, goodDeal({ CircleTel_Revision: held })), {
      verdict: "differs",
      reason: "fields",
      fields: { CircleTel_Revision: { zoho, circletel: settled } },
    });
  }
  assertEquals(verdictOf(known, goodDeal()).verdict, "match", "an org without the field");
});

Deno.test("an unlinked record is not compared, whatever its values", () => {
  const known = goodKnown({ mapping: goodMapping({ state: "unlinked" }) });
  assertEquals(verdictOf(known, goodDeal({ Amount: 1 })).verdict, "match");
  assertEquals(verdictOf(known, null).verdict, "match");
});

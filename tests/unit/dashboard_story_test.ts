import { assertEquals } from "@std/assert";
import type { HistoryItem } from "../../supabase/functions/_shared/admin/answers.ts";
import { storyOf } from "../../dashboard/src/say/story.ts";
import { whoInZoho, whoWrote } from "../../dashboard/src/say/who.ts";
import { first } from "./first_item.ts";

// A record's story: who did what, when, why, and from which value to which.

const people = { names: { "77": "Sipho Seller", "1": "CircleTel Integration" }, ownId: "1" };
const item = (given: Partial<HistoryItem>): HistoryItem => ({
  at: "2026-11-23T08:00:00Z",
  kind: "attempt",
  id: "1",
  status: "success",
  summary: "",
  actor: null,
  details: {},
  ...given,
});
const attempt = (given: Partial<HistoryItem>, sent: object, cause = "contracts update") =>
  item({ ...given, details: { zohoType: "Deals", cause, sent, ...given.details } });
const look = (status: string, answered: object, given: Partial<HistoryItem> = {}) =>
  item({ kind: "look", status, details: { answered: { by: "77", ...answered } }, ...given });

const stories: [
  what: string,
  item: HistoryItem,
  who: string,
  did: string,
  why: string | null,
  changes: string,
][] = [
  [
    "a write of ours",
    attempt({}, { KYC_Status: "Completed" }, "kyc_sessions update"),
    "CircleTel (KYC changed)",
    "sent a change, and Zoho confirmed it",
    null,
    "KYC_Status=Completed",
  ],
  [
    "a new record",
    attempt({ details: { answered: { action: "insert" } } }, {
      Stage: "Qualification",
      CircleTel_Revision: "8",
    }),
    "CircleTel (the contract changed)",
    "made the record in Zoho (Deals)",
    null,
    "Stage=Qualification",
  ],
  [
    "a write that Zoho refused",
    attempt({ status: "failed", summary: "INVALID_DATA (Risk_Tier): …" }, { Risk_Tier: "High" }),
    "CircleTel (the contract changed)",
    "sent a change that Zoho did not take",
    "INVALID_DATA (Risk_Tier): …",
    "Risk_Tier=High",
  ],
  [
    "a seller's move that counts",
    look("applied", { stage: "Closed Won", from: "draft", to: "active" }),
    "Sipho Seller in Zoho",
    "moved the stage to Closed Won",
    "A stage moved in Zoho counts: CircleTel took it over.",
    "Status in CircleTel:draft→active",
  ],
  [
    "a field that was put back",
    look("put_back", { drift: { Risk_Tier: { zoho: "High", circletel: "Low" } } }),
    "Sipho Seller in Zoho",
    "edited Risk_Tier",
    "CircleTel decides this, so its value was put back.",
    "Risk_Tier:Low→High",
  ],
  [
    "a workflow's edit",
    look("put_back", { by: "1", drift: { Amount: { zoho: 1, circletel: 2 } } }),
    "A workflow in Zoho",
    "edited Amount",
    "CircleTel decides this, so its value was put back.",
    "Amount:2→1",
  ],
  [
    "a conflict",
    look("conflict", { stage: "Closed Lost", status: "active" }),
    "Sipho Seller in Zoho",
    "moved the stage to Closed Lost",
    "CircleTel's status had changed too and was kept: active. You can still take Zoho's side.",
    "",
  ],
  [
    "a deletion",
    look("gone", { by: null }),
    "An unnamed user in Zoho",
    "deleted the record in Zoho",
    "Nothing is made again until a person decides.",
    "",
  ],
  [
    "an event of a user who is not known",
    item({
      kind: "event",
      status: "failed",
      details: { modifiedBy: "5", operation: "update", reason: "STATUS_REFUSED" },
    }),
    "A person in Zoho (user 5)",
    "changed the record",
    "It could not be applied: STATUS_REFUSED.",
    "",
  ],
  [
    "the echo of our own write",
    item({ kind: "event", status: "nothing_new", details: { modifiedBy: "1", operation: "update" } }),
    "Zoho",
    "reported CircleTel's own write",
    null,
    "",
  ],
  [
    "an act",
    item({ kind: "action", summary: "force sync", actor: "Naledi Admin" }),
    "Naledi Admin",
    "sent every field again",
    null,
    "",
  ],
];

for (const [what, given, who, did, why, changes] of stories) {
  Deno.test(`the story of ${what}: ${who} ${did}`, () => {
    const told = first(storyOf([given], people));
    const said = told.changes.map(({ field, to, ...change }) =>
      "from" in change ? `${field}:${change.from}→${to}` : `${field}=${to}`
    );
    assertEquals([told.who, told.did, told.why, said.join()], [who, did, why, changes]);
  });
}

Deno.test("a person's edit in Zoho is never shown as a write of CircleTel or as confirmed", () => {
  for (const status of ["applied", "put_back", "conflict", "question", "gone"]) {
    const [told] = storyOf([look(status, { stage: "Closed Won" })], people);
    assertEquals([told?.side, /confirmed|CircleTel \(/.test(`${told?.who} ${told?.did}`)], ["zoho", false]);
  }
});

Deno.test("the story shows a field's previous value as far as it goes back", () => {
  const told = storyOf([
    attempt({ id: "2", at: "2026-11-23T09:00:00Z" }, { Risk_Tier: "High" }),
    attempt({ id: "1" }, { Risk_Tier: "Low" }),
  ], people);
  assertEquals(told.map(({ changes }) => changes), [
    [{ field: "Risk_Tier", from: "Low", to: "High" }],
    [{ field: "Risk_Tier", to: "Low" }],
  ]);
  const account = attempt({ details: { zohoType: "Accounts" } }, { Account_Name: "Karoo Traders" });
  const deal = attempt({}, { Account_Name: { id: "42" } });
  const [first] = storyOf([deal, account], people);
  assertEquals(
    first?.changes,
    [{ field: "Account_Name", to: { id: "42" } }],
    "an Account's own name is another field",
  );
});

Deno.test("a hint and the outcome of its look are one line, which links to the hint", () => {
  const hint = item({
    kind: "event",
    id: "hint",
    status: "applied",
    details: { appliedAt: "2026-11-23T08:00:00.3Z" },
  });
  const told = storyOf([look("applied", { stage: "Closed Won" }), hint], people);
  assertEquals(told.map(({ item: { kind }, eventId }) => [kind, eventId]), [["look", "hint"]]);
  const another = { ...hint, details: { appliedAt: "2026-11-23T11:00:00Z" } };
  assertEquals(storyOf([look("applied", {}), another], people).length, 2);
});

Deno.test("the author of a write is the cause of the change in words", () => {
  assertEquals(
    ["rica_submissions insert", "business_quotes delete", "backfill 7", "by hand: contract", null, "else"]
      .map(whoWrote),
    [
      "CircleTel (RICA was added)",
      "CircleTel (the quote was removed)",
      "A backfill",
      "An operator",
      "CircleTel",
      "CircleTel (else)",
    ],
  );
  assertEquals(whoInZoho("77", people), "Sipho Seller in Zoho");
});

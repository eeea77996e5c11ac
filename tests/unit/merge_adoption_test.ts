import { assertEquals } from "@std/assert";
import {
  type Adopter,
  decideAdoption,
  decideGone,
  type FoundCandidate,
} from "../../supabase/functions/_shared/merge/adoption.ts";
import type { Attempt } from "../../supabase/functions/_shared/merge/types.ts";
import { aheadRevision, attemptRevision, goodAttempt } from "./merge_samples.ts";

const entityId = "2f0c7f0e-6b51-4c7e-9d39-2a8d5c1a9b01";
const adopter: Adopter = { entityId, reference: "CT-2026-001", accountId: "11", attempts: [] };
const record: FoundCandidate = {
  id: "4876876000000451001",
  reference: "CT-2026-001",
  accountId: "11",
  revision: null,
  linkedTo: null,
};
const tried: Partial<Adopter> = { attempts: [goodAttempt("Proposal/Price Quote", "draft")] };

/** An Estimate's create, which carries no revision. */
const lostCreate: Attempt = {
  sent: { Account_Name: { id: "12" } },
  status: null,
  revision: null,
  outcome: "unknown",
};
const made: Partial<Adopter> = { attempts: [lostCreate] };

const rows: [string, Partial<Adopter>, Partial<FoundCandidate>, string][] = [
  ["a record of our Account", {}, {}, "adopt same_account"],
  ["a record without an Account", {}, { accountId: null }, "adopt no_account"],
  ["a record without a number, as sales made it", {}, { reference: null }, "adopt same_account"],
  ["a number with a space behind it", {}, { reference: "CT-2026-001 " }, "adopt same_account"],
  ["a record that is linked to this entity already", {}, { linkedTo: entityId }, "adopt same_account"],
  ["a record that is linked to another entity", {}, { linkedTo: "another" }, "taken linked"],
  ["a record of our own lost create that another entity took", tried, {
    linkedTo: "another",
    revision: attemptRevision,
  }, "taken linked"],
  ["a record whose number differs in case", {}, { reference: "ct-2026-001" }, "taken other_case"],
  ["a record with another number", {}, { reference: "CT-2025-117" }, "ask other_reference"],
  ["a record of another Account", {}, { accountId: "12" }, "ask other_account"],
  ["a record with an Account where we would link none", { accountId: null }, {}, "ask other_account"],
  ["a record that carries the revision of our attempt", tried, {
    revision: attemptRevision,
    accountId: "12",
  }, "adopt own_write"],
  ["a record with the Account that our own create sent, whose company is another by now", made, {
    accountId: "12",
  }, "adopt own_write"],
  [
    "a record with that Account and no number",
    made,
    { accountId: "12", reference: null },
    "ask other_account",
  ],
  ["a record with another Account than our own create sent", made, { accountId: "13" }, "ask other_account"],
  [
    "a record with the Account of a create that Zoho refused",
    {
      attempts: [{ ...lostCreate, outcome: "refused" }],
    },
    { accountId: "12" },
    "ask other_account",
  ],
  ["a record that carries a revision of no attempt", tried, {
    revision: aheadRevision,
    accountId: "12",
  }, "ask other_account"],
];

for (const [what, ours, theirs, expected] of rows) {
  Deno.test(`${what}: ${expected.replace(" ", ", ")}`, () => {
    const { kind, because } = decideAdoption({ ...adopter, ...ours }, { ...record, ...theirs });
    assertEquals(`${kind} ${because}`, expected);
  });
}

const survivor = { ...record, id: "4876876000000451002" };

const carriers: [string, FoundCandidate[], string][] = [
  ["a gone record whose number another one carries is followed", [survivor], survivor.id],
  ["a gone record whose number no record carries raises a question", [], "ask"],
  ["a gone record whose number two carry is asked about", [survivor, record], "ask"],
  ["a gone record whose survivor belongs to another entity is asked about", [
    { ...survivor, linkedTo: "another" },
  ], "ask"],
  [
    "a gone record whose survivor is linked already is followed",
    [{ ...survivor, linkedTo: entityId }],
    survivor.id,
  ],
  ["a gone record is not followed to a number that differs in case", [
    { ...survivor, reference: "ct-2026-001" },
  ], "ask"],
];

for (const [title, found, expected] of carriers) {
  Deno.test(title, () => {
    const decision = decideGone(adopter, found);
    assertEquals(decision.kind === "follow" ? decision.id : decision.kind, expected);
  });
}

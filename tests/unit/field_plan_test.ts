import { assert, assertEquals } from "@std/assert";
import {
  type FieldOutcome,
  needsPerson,
  planModule,
  type PlannedField,
} from "../../supabase/functions/_shared/fields/plan.ts";
import { requiredFields } from "../../supabase/functions/_shared/mapping/record_types.ts";
import type { RequiredField } from "../../supabase/functions/_shared/mapping/record_type.ts";
import type { ZohoField } from "../../supabase/functions/_shared/zoho/fields.ts";

// Every outcome of the plan, each from the good case with one thing broken.

const number: RequiredField = {
  label: "Contract Number",
  data_type: "text",
  custom: true,
  unique: true,
  length: 100,
};
const tier: RequiredField = {
  label: "Risk Tier",
  data_type: "picklist",
  custom: true,
  values: ["Low", "Medium", "High"],
};
const currency: RequiredField = {
  label: "Currency",
  data_type: "picklist",
  values: ["ZAR"],
  isOptional: true,
};
const stage: RequiredField = { label: "Stage", data_type: "picklist", values: ["Closed Won"] };

const option = (value: string) => ({ id: value, actual: value, display: value });
const good: Record<string, ZohoField> = {
  Contract_Number: field("Contract_Number", "Contract Number", "text", { isUnique: true }),
  Risk_Tier: field("Risk_Tier", "Risk Tier", "picklist", { options: ["Low", "Medium", "High"].map(option) }),
  Stage: field("Stage", "Stage", "picklist", { isCustom: false, options: [option("Closed Won")] }),
};

function field(apiName: string, label: string, dataType: string, more: Partial<ZohoField> = {}): ZohoField {
  return {
    id: `id of ${label}`,
    apiName,
    label,
    dataType,
    isCustom: true,
    isUnique: false,
    isReadOnly: false,
    options: [],
    ...more,
  };
}

/** The plan of one field, with the org's field changed, or gone. */
function plan(
  name: "Contract_Number" | "Risk_Tier" | "Stage",
  change: Partial<ZohoField> | null,
  others: ZohoField[] = [],
  knownIds: Record<string, string> = {},
): PlannedField {
  const required = { Contract_Number: number, Risk_Tier: tier, Stage: stage }[name];
  const existing = change === null ? others : [{ ...good[name], ...change } as ZohoField, ...others];
  const [planned] = planModule("Deals", { [name]: required }, existing, knownIds);
  if (!planned) throw new Error("nothing was planned");
  return planned;
}

const cases: [string, PlannedField, FieldOutcome, "applied" | "for a person" | "nothing"][] = [
  ["a field that is as it should be exists", plan("Contract_Number", {}), "exists", "nothing"],
  ["a field that is not there is made", plan("Risk_Tier", null), "create", "applied"],
  [
    "a field of another api_name and our label is used, not made again",
    plan("Risk_Tier", { apiName: "Risk_Tier1" }),
    "other_name",
    "nothing",
  ],
  [
    "labels are the same whatever their case",
    plan("Risk_Tier", { apiName: "Tier", label: " RISK tier" }),
    "other_name",
    "nothing",
  ],
  [
    "a field that was renamed altogether is found by the id it had",
    plan("Risk_Tier", { apiName: "Tier", label: "Tier" }, [], { Risk_Tier: "id of Risk Tier" }),
    "other_name",
    "nothing",
  ],
  [
    "a field of our name and another type is left alone",
    plan("Contract_Number", { dataType: "integer" }),
    "wrong_type",
    "for a person",
  ],
  [
    "a field of our label, another name and another type is left alone, and no second one is made beside it",
    plan("Risk_Tier", { apiName: "Tier", dataType: "text" }),
    "wrong_type",
    "for a person",
  ],
  [
    "a field that should be unique and is not is for a person",
    plan("Contract_Number", { isUnique: false }),
    "not_unique",
    "for a person",
  ],
  [
    "a field that we may not write is for a person",
    plan("Risk_Tier", { isReadOnly: true }),
    "read_only",
    "for a person",
  ],
  [
    "options that one of our picklists lacks are added",
    plan("Risk_Tier", { options: [option("Low")] }),
    "missing_option",
    "applied",
  ],
  [
    "options that one of Zoho's picklists lacks are for a person",
    plan("Stage", { options: [option("Won")] }),
    "missing_option",
    "for a person",
  ],
  ["a field of Zoho's own that is hidden is not made", plan("Stage", null), "missing", "for a person"],
  [
    "a third unique field is not made",
    plan("Contract_Number", null, [
      field("A", "A", "text", { isUnique: true }),
      field("B", "B", "text", { isUnique: true }),
    ]),
    "no_room",
    "for a person",
  ],
  [
    "a unique field of Zoho's own takes no room",
    plan("Contract_Number", null, [
      field("A", "A", "text", { isUnique: true }),
      field("Email", "Email", "email", { isUnique: true, isCustom: false }),
    ]),
    "create",
    "applied",
  ],
];

for (const [title, planned, outcome, what] of cases) {
  Deno.test(title, () => {
    assertEquals(planned.outcome, outcome);
    assertEquals(planned.action ? "applied" : needsPerson(planned) ? "for a person" : "nothing", what);
    assert(outcome === "exists" || planned.note.length > 0);
  });
}

Deno.test("a module that the org lacks is reported once for each field", () => {
  const planned = planModule("Invoices", requiredFields.Invoices ?? {}, null);
  assertEquals(new Set(planned.map(({ outcome }) => outcome)), new Set(["no_module"]));
  assert(planned.every(needsPerson));
});

Deno.test("the plan makes what is required: type, length, uniqueness and options in their order", () => {
  assertEquals(plan("Contract_Number", null).action, {
    create: { label: "Contract Number", dataType: "text", length: 100, isUnique: true },
  });
  assertEquals(plan("Risk_Tier", null).action, {
    create: { label: "Risk Tier", dataType: "picklist", values: ["Low", "Medium", "High"] },
  });
});

Deno.test("an option exists by its actual or its displayed value", () => {
  const options = [{ id: "1", actual: "Won", display: "Closed Won" }];
  assertEquals(plan("Stage", { options }).outcome, "exists");
});

Deno.test("a field with our own name is preferred to a renamed one", () => {
  const anew = field("Risk_Tier", "Risk Tier", "picklist", {
    id: "new",
    options: good.Risk_Tier?.options ?? [],
  });
  const old = { ...anew, id: "old", apiName: "Old_Tier", label: "Old Tier" };
  const [planned] = planModule("Deals", { Risk_Tier: tier }, [old, anew], { Risk_Tier: "old" });
  assertEquals(planned?.found?.id, "new");
});

const currencyOf = (existing: ZohoField[]) => {
  const [planned] = planModule("Deals", { Currency: currency }, existing);
  return planned && { outcome: planned.outcome, needsPerson: needsPerson(planned), note: planned.note };
};

Deno.test("an optional field is not required, and one that people made under its name is theirs", () => {
  const theirs = field("Currency", "Currency", "picklist", { options: [option("Euro")] });
  for (const existing of [[], [theirs]]) {
    assertEquals(currencyOf(existing), {
      outcome: "not_used",
      needsPerson: false,
      note: "Only some orgs have it.",
    });
  }
});

Deno.test("an existing optional field is checked like any other", () => {
  const zoho = (...codes: string[]) =>
    field("Currency", "Currency", "picklist", { isCustom: false, options: codes.map(option) });
  assertEquals(currencyOf([zoho("USD", "ZAR")])?.outcome, "exists");
  const without = currencyOf([zoho("USD", "EUR")]);
  assertEquals([without?.outcome, without?.needsPerson], ["missing_option", true]);
  assertEquals(without?.note.includes("ZAR"), true);
});

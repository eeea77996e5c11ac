import { assertEquals } from "@std/assert";
import type { FieldRule, FieldRules } from "../../supabase/functions/_shared/fields/rules.ts";
import { keepsRevisions, valueRulesOf } from "../../supabase/functions/_shared/fields/value_rules.ts";
import { isSameValue } from "../../supabase/functions/_shared/merge/values.ts";

const revision: FieldRule = {
  module: "Deals",
  field: "CircleTel_Revision",
  api_name: "CircleTel_Revision",
  problem: null,
  missing_options: [],
};
const orgWith = (values: Partial<FieldRules>): FieldRules => ({
  due: false,
  fields: [],
  picklists: [],
  ...values,
});

Deno.test("an org whose fields are as they should be keeps the revision", () => {
  assertEquals(keepsRevisions(orgWith({})), true);
  assertEquals(keepsRevisions(orgWith({ fields: [{ ...revision, api_name: "Revision_1" }] })), true);
});

for (const problem of ["missing", "read_only", "wrong_type", "no_module"]) {
  Deno.test(`an org whose revision field is ${problem} does not keep the revision`, () => {
    assertEquals(keepsRevisions(orgWith({ fields: [{ ...revision, problem }] })), false);
  });
}

Deno.test("a problem of another field, another module, or one that loses no value keeps the revision", () => {
  for (
    const change of [{ field: "Amount", problem: "missing" }, { module: "Quotes", problem: "missing" }, {
      problem: "not_unique",
    }]
  ) {
    assertEquals(keepsRevisions(orgWith({ fields: [{ ...revision, ...change }] })), true);
  }
});

Deno.test("values are compared by the types of the module's own fields, in the business's time zone", () => {
  const deals = valueRulesOf("Deals", orgWith({}), "Africa/Johannesburg");
  assertEquals([deals.types.Amount, deals.types.Stage, deals.types.CircleTel_Revision, deals.timeZone], [
    "currency",
    "picklist",
    "bigint",
    "Africa/Johannesburg",
  ]);
  assertEquals(valueRulesOf("Contacts", orgWith({}), "UTC").types.Email, "email");
  assertEquals(valueRulesOf("Contacts", orgWith({}), "UTC").types.Amount, undefined);
});

Deno.test("a renamed option equals its actual and its displayed name, within its own module", () => {
  const picklists = [
    {
      module: "Deals",
      field: "Stage",
      options: ["Closed Won", "Closed Lost"],
      displayed: ["Won", "Closed Lost"],
    },
    { module: "Quotes", field: "Quote_Stage", options: ["Draft"], displayed: ["Entwurf"] },
  ];
  const rules = valueRulesOf("Deals", orgWith({ picklists }), "UTC");
  assertEquals(rules.options, {
    Stage: [{ actual: "Closed Won", displayed: "Won" }, { actual: "Closed Lost", displayed: "Closed Lost" }],
  });
  assertEquals(isSameValue("Stage", "Closed Won", "Won", rules), true);
  assertEquals(isSameValue("Stage", "Closed Won", "Closed Lost", rules), false);
});

Deno.test("an option without a displayed name is shown by its actual one", () => {
  const picklists = [{ module: "Deals", field: "Stage", options: ["Closed Won"], displayed: [] }];
  assertEquals(valueRulesOf("Deals", orgWith({ picklists }), "UTC").options.Stage, [
    { actual: "Closed Won", displayed: "Closed Won" },
  ]);
});

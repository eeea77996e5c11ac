import { assertEquals } from "@std/assert";
import { namesOf, splitUnsupported } from "../../supabase/functions/_shared/fields/rules.ts";
import type { FieldRules } from "../../supabase/functions/_shared/fields/rules.ts";
import type { ZohoRequest } from "../../supabase/functions/_shared/zoho/request.ts";
import { inOrgNames, inOurNames, withOurNames } from "../../supabase/functions/_shared/zoho/names.ts";

// A field that the org calls otherwise, on the way out and back; and values that Zoho has no place for.

const names = { Deals: { KYC_Status: "KYC_Status1", Contract_Number: "Contract_No" } };
const asked = (request: Partial<ZohoRequest>): ZohoRequest => ({
  method: "POST",
  path: "/Deals",
  ...request,
});

const requests: [string, Partial<ZohoRequest>, Partial<ZohoRequest>][] = [
  [
    "a write names the org's fields, in its records and in what it is matched by",
    {
      path: "/Deals/upsert",
      body: { data: [{ KYC_Status: "Completed", Amount: 1 }], duplicate_check_fields: ["Contract_Number"] },
    },
    {
      path: "/Deals/upsert",
      body: { data: [{ KYC_Status1: "Completed", Amount: 1 }], duplicate_check_fields: ["Contract_No"] },
    },
  ],
  [
    "a list asks for the org's fields",
    { query: { ids: "1", fields: "id,KYC_Status" } },
    { query: { ids: "1", fields: "id,KYC_Status1" } },
  ],
  [
    "a search looks in the org's field, and a value is left as it is",
    { path: "/Deals/search", query: { criteria: "(Contract_Number:equals:\\(KYC_Status:1\\))" } },
    { path: "/Deals/search", query: { criteria: "(Contract_No:equals:\\(KYC_Status:1\\))" } },
  ],
  [
    "COQL names the org's fields outside of its texts",
    {
      path: "/coql",
      body: { select_query: "select id, KYC_Status from Deals where Contract_Number in ('KYC_Status')" },
    },
    {
      path: "/coql",
      body: { select_query: "select id, KYC_Status1 from Deals where Contract_No in ('KYC_Status')" },
    },
  ],
  [
    "an apostrophe in a COQL text is doubled and ends no text",
    {
      path: "/coql",
      body: {
        select_query:
          "select KYC_Status from Deals where Deal_Name in ('O''KYC_Status', 'x\\') or Contract_Number = 1",
      },
    },
    {
      path: "/coql",
      body: {
        select_query:
          "select KYC_Status1 from Deals where Deal_Name in ('O''KYC_Status', 'x\\') or Contract_No = 1",
      },
    },
  ],
  [
    "another module's field of the same name is another field",
    { path: "/Quotes", body: { data: [{ KYC_Status: "Completed" }] } },
    { path: "/Quotes", body: { data: [{ KYC_Status: "Completed" }] } },
  ],
  [
    "the fields' own metadata is not renamed",
    { path: "/settings/fields", query: { module: "Deals", fields: "KYC_Status" } },
    { path: "/settings/fields", query: { module: "Deals", fields: "KYC_Status" } },
  ],
];

for (const [title, ours, theirs] of requests) {
  Deno.test(title, () => assertEquals(inOrgNames(names, asked(ours)), asked(theirs)));
}

Deno.test("records and the field of a refusal are returned under our names", () => {
  const body = {
    data: [{ id: "1", KYC_Status1: "Completed" }, {
      code: "INVALID_DATA",
      details: { api_name: "Contract_No" },
    }],
    info: { count: 2 },
  };
  assertEquals(inOurNames(names, asked({}), body), {
    data: [{ id: "1", KYC_Status: "Completed" }, {
      code: "INVALID_DATA",
      details: { api_name: "Contract_Number" },
    }],
    info: { count: 2 },
  });
});

Deno.test("the path of a refusal names our field, and only the record's own field is renamed", () => {
  const pathOf = (json_path: string) => {
    const body = { data: [{ code: "INVALID_DATA", details: { api_name: "id", json_path } }] };
    return inOurNames(names, asked({}), body);
  };
  for (
    const [theirs, ours] of [
      ["$.data[3].Contract_No", "$.data[3].Contract_Number"],
      ["$.data[0].Contract_No.id", "$.data[0].Contract_Number.id"],
      ["$.data[0].Other.Contract_No", "$.data[0].Other.Contract_No"],
      ["$.data[0]", "$.data[0]"],
    ] as const
  ) {
    assertEquals(pathOf(theirs), {
      data: [{ code: "INVALID_DATA", details: { api_name: "id", json_path: ours } }],
    });
  }
});

Deno.test("a call and its answer are passed on as the same objects without renamed fields", () => {
  const request = asked({ body: { data: [] } });
  const body = { data: [] };
  assertEquals([inOrgNames({}, request) === request, inOurNames({}, request, body) === body], [true, true]);
});

Deno.test("a field named like an inherited property is not a renamed field", () => {
  assertEquals(withOurNames(names, "Deals", { constructor: 1 }), { constructor: 1 });
  assertEquals(withOurNames(names, "toString", { a: 1 }), { a: 1 });
});

const rule = {
  module: "Deals",
  field: "RICA_Status",
  api_name: "RICA_Status",
  problem: null,
  missing_options: [],
};
const rules = (change: Partial<FieldRules["fields"][number]>): FieldRules => ({
  picklists: [],
  due: false,
  fields: [{ ...rule, ...change }],
});
const deal = { Amount: 1, RICA_Status: "Approved" };

Deno.test("renamed fields are those whose names differ from ours", () => {
  assertEquals(namesOf(rules({})), {});
  assertEquals(namesOf(rules({ api_name: "RICA1" })), { Deals: { RICA_Status: "RICA1" } });
});

for (const problem of ["missing", "read_only"]) {
  Deno.test(`a value for a field that is ${problem} is left out, the others are sent`, () => {
    assertEquals(splitUnsupported(rules({ problem }), "Deals", deal, false), {
      fields: { Amount: 1 },
      unsupported: { code: "FIELD_MISSING", field: "RICA_Status" },
    });
  });
}

for (const problem of ["wrong_type", "not_unique", "hidden", "no_module"]) {
  Deno.test(`a field that is ${problem} is written, and Zoho decides about its value`, () => {
    assertEquals(splitUnsupported(rules({ problem }), "Deals", deal, false), {
      fields: deal,
      unsupported: null,
    });
  });
}

Deno.test("only the value whose option is missing is left out", () => {
  const picky = rules({ problem: "missing_options", missing_options: ["Rejected"] });
  assertEquals(splitUnsupported(picky, "Deals", deal, false).unsupported, null);
  assertEquals(splitUnsupported(picky, "Deals", { ...deal, RICA_Status: "Rejected" }, false), {
    fields: { Amount: 1 },
    unsupported: { code: "PICKLIST_VALUE_MISSING", field: "RICA_Status" },
  });
});

Deno.test("an empty value for a missing field is not reported as lost", () => {
  const { fields, unsupported } = splitUnsupported(rules({ problem: "missing" }), "Deals", {
    ...deal,
    RICA_Status: null,
  }, true);
  assertEquals([fields, unsupported], [{ Amount: 1 }, null]);
});

Deno.test("a record with no remaining fields is not written", () => {
  const { fields, unsupported } = splitUnsupported(
    rules({ problem: "missing" }),
    "Deals",
    { RICA_Status: "Approved" },
    false,
  );
  assertEquals([fields, unsupported?.code], [null, "FIELD_MISSING"]);
});

Deno.test("a record is not made without its unique field, but it is updated", () => {
  const numberless = rules({ field: "Contract_Number", problem: "missing" });
  const fields = { Amount: 1, Contract_Number: "CT-1" };
  assertEquals(splitUnsupported(numberless, "Deals", fields, true).fields, null);
  assertEquals(splitUnsupported(numberless, "Deals", fields, false).fields, { Amount: 1 });
});

Deno.test("a stage that Zoho's picklist lacks takes its write revision with it", () => {
  const pickyStage = rules({ field: "Stage", problem: "missing_options", missing_options: ["Closed Lost"] });
  const move = { Stage: "Closed Lost", CircleTel_Revision: "4711110000000042" };
  assertEquals(splitUnsupported(pickyStage, "Deals", { ...move, Amount: 1 }, false).fields, { Amount: 1 });
  assertEquals(splitUnsupported(pickyStage, "Deals", move, false), {
    fields: null,
    unsupported: { code: "PICKLIST_VALUE_MISSING", field: "Stage" },
  });
});

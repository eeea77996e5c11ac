import { assert, assertEquals, assertThrows } from "@std/assert";
import { seedFields, withFieldTable } from "../../cli/generated_fields.ts";
import { complianceFields } from "../../local/zoho/org/compliance_fields.ts";
import { columnsOf, isColumn, moment, text } from "../../supabase/functions/_shared/mapping/columns.ts";
import { deal } from "../../supabase/functions/_shared/mapping/deal.ts";
import { field, project, recordType } from "../../supabase/functions/_shared/mapping/record_type.ts";
import { recordTypeOf, recordTypes } from "../../supabase/functions/_shared/mapping/record_types.ts";
import { revisionField } from "../../supabase/functions/_shared/merge/revision.ts";
import { stageField } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import { hintedRecord } from "../../supabase/functions/_shared/webhook/told.ts";
import { goodLinks } from "../support/samples/record_sources.ts";
import { businessTimeZone as timeZone, goodSource } from "../support/samples/source.ts";

// What follows from a declaration, for every record type there is.

const entities = Object.values(recordTypes).filter(({ entityType }) => entityType !== null);

for (const { module, fields, owners, reference, lines } of entities) {
  Deno.test(`every field of ${module} belongs to CircleTel and has a value, but for the stage and the revision`, () => {
    for (const [name, { value, owner }] of Object.entries(fields)) {
      const special: Record<string, string> = { [stageField]: "shared", [revisionField]: "engine" };
      assertEquals(owner, special[name] ?? "circletel", name);
      assertEquals(value === undefined, name in special, name);
    }
    assertEquals(Object.keys(owners), Object.keys(fields).filter((name) => name !== revisionField));
  });

  Deno.test(`${module} are found by a unique field of ours, without which none is made`, () => {
    const { custom, unique, isNeeded, data_type } = fields[reference] ?? {};
    assertEquals([custom, unique, isNeeded, data_type], [true, true, true, "text"]);
    assert(lines === null || fields[lines]?.isNeeded, "a record without its line items");
  });

  Deno.test(`every column behind ${module} has one meaning, whichever field reads it`, () => {
    const held = new Map<string, string>();
    for (const { from } of Object.values(fields)) {
      for (const [row, part] of Object.entries(from)) {
        const columns = isColumn(part) ? { "": part } : columnsOf(part);
        for (const [column, what] of Object.entries(columns)) {
          const asText = JSON.stringify(what);
          assertEquals(held.get(`${row}.${column}`) ?? asText, asText, `${row}.${column}`);
          held.set(`${row}.${column}`, asText);
        }
      }
    }
  });
}

Deno.test("a field of a single column is that column, of a moment the day", () => {
  const type = recordType({
    module: "Deals",
    zohoType: "Deals",
    entityType: "contract",
    fields: {
      Number: field({
        label: "Number",
        data_type: "text",
        isReference: true,
        from: { contract: { n: text } },
      }),
      Day: field({ data_type: "date", from: { contract: { at: moment } } }),
    },
  });
  const how = { links: goodLinks(), timeZone };
  assertEquals(project(type, { contract: { n: "1", at: "2026-11-20T22:30:00Z" } }, how), {
    Number: "1",
    Day: "2026-11-21",
  });
  assertEquals(project(type, { contract: { n: null, at: null } }, how), { Number: null, Day: null });
});

Deno.test("a record type without a unique field is refused", () => {
  assertThrows(
    () => recordType({ module: "Deals", zohoType: "Deals", entityType: null, fields: {} }),
    RangeError,
    "Deals",
  );
});

Deno.test("a hint of a Deal is compared in every field that the merge decides", () => {
  const projected = project(deal, goodSource(), { links: goodLinks(), timeZone });
  const told = { ...projected, Stage: "Closed Won", CircleTel_Revision: "1", Next_Step: "call them" };
  assertEquals(hintedRecord("Deals", "1", told).values, { Stage: "Closed Won", ...projected });
});

Deno.test("an unknown module has no record type", () => {
  for (const module of ["Leads", "constructor", "__proto__", ""]) assertEquals(recordTypeOf(module), null);
});

Deno.test("docs/fields.md and the simulated org have every field as it is declared", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/fields.md", import.meta.url));
  const squeezed = (text: string) => text.replace(/[ -]+/g, " ");
  assertEquals(squeezed(page), squeezed(withFieldTable(page)), "run deno task fields");
  assertEquals(complianceFields, seedFields(), "run deno task fields");
});

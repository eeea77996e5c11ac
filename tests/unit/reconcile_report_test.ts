import { assertEquals } from "@std/assert";
import { parse } from "@std/csv";
import { csvHeader, csvLines, type ReportRow } from "../../supabase/functions/_shared/reconcile/csv.ts";
import { firstLine } from "../../supabase/functions/_shared/reconcile/report.ts";

const none = { match: 0, differs: 0, missing: 0, extra: 0, queued: 0 };
const asOf = new Date("2026-11-23T16:00:30Z");
const line = (counts: Partial<typeof none>, now = asOf) =>
  firstLine({ ...none, ...counts }, asOf, now, "Africa/Johannesburg");

Deno.test("the first line says when and how many, in the business's time zone", () => {
  assertEquals(line({ match: 412, differs: 3, missing: 1 }), "As of 18:00: 412 match, 3 differ, 1 missing");
});

Deno.test("extra and queued records are reported when there are any", () => {
  assertEquals(
    line({ match: 1, differs: 1, extra: 2, queued: 4 }),
    "As of 18:00: 1 matches, 1 differs, 0 missing, 2 extra, 4 still on their way",
  );
  assertEquals(line({ queued: 1 }), "As of 18:00: 0 match, 0 differ, 0 missing, 1 still on its way");
});

Deno.test("a report of another day names the day", () => {
  assertEquals(
    line({ match: 2 }, new Date("2026-11-24T06:00:00Z")),
    "As of 2026-11-23 18:00: 2 match, 0 differ, 0 missing",
  );
});

const row: ReportRow = {
  verdict: "differs",
  reason: "fields",
  entity_type: "contract",
  entity_id: "e",
  reference: "CT-2026-001",
  zoho_type: "Deals",
  zoho_id: "4876876000000451001",
  fields: {},
  repaired_at: null,
};
const cellsOf = (value: string | number | null) =>
  csvLines({ ...row, fields: { Deal_Name: { zoho: value, circletel: null } } }).split(",Deal_Name,,")[1];

Deno.test("a row is a line for each field, or one line without", () => {
  const fields = {
    Amount: { zoho: 1.5, circletel: null },
    Account_Name: { zoho: { id: "7" }, circletel: null },
  };
  assertEquals(
    csvHeader + csvLines({ ...row, fields }) +
      csvLines({ ...row, verdict: "extra", reason: "unowned", entity_id: null }),
    [
      "verdict,reason,entity_type,entity_id,reference,zoho_type,zoho_id,field,circletel,zoho,repaired_at",
      "differs,fields,contract,e,CT-2026-001,Deals,4876876000000451001,Amount,,1.5,",
      "differs,fields,contract,e,CT-2026-001,Deals,4876876000000451001,Account_Name,,7,",
      "extra,unowned,contract,,CT-2026-001,Deals,4876876000000451001,,,,",
      "",
    ].join("\r\n"),
  );
});

const CELLS: [string | number, string][] = [
  ["plain", "plain"],
  ['say "hi", now', '"say ""hi"", now"'],
  ["two\nlines", '"two\nlines"'],
  ["=1+1", "'=1+1"],
  ["＝1+1", "'＝1+1"],
  ["+27 82", "'+27 82"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\tx", "'\tx"],
  ["\r=1", '"\'\r=1"'],
  [-1, "-1"],
];

for (const [value, cell] of CELLS) {
  Deno.test(`in the CSV ${JSON.stringify(value)} is ${JSON.stringify(cell)}`, () => {
    assertEquals(cellsOf(value), `${cell},\r\n`);
  });
}

Deno.test("an independent CSV parser reads every cell back", () => {
  const values = CELLS.map(([value]) => value);
  const fields = Object.fromEntries(values.map((zoho, i) => [`Field_${i}`, { zoho, circletel: null }]));
  const rows: Record<string, string>[] = parse(csvHeader + csvLines({ ...row, fields }), {
    skipFirstRow: true,
  });
  const guarded = values.map((value) =>
    typeof value === "string" && /^[=+\-@\t\r＝]/.test(value) ? `'${value}` : value
  );
  assertEquals(rows.map(({ zoho }) => zoho), guarded.map(String));
});

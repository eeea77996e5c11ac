import { assert, assertEquals } from "@std/assert";
import {
  type Installation,
  installationOf,
  installationRows,
  type SizedTable,
  sizedTables,
} from "../support/scale/installation.ts";
import { measuredTables, modelledFrom } from "../support/scale/measured.ts";
import {
  backfillCreditsOf,
  bytesOfRows,
  compareCreditsOf,
  deviation,
  forecast,
  statedError,
} from "../support/scale/model.ts";
import { budgets, withScaleTables } from "../support/scale/page.ts";
import { scalePicture } from "../support/scale/picture.ts";

// The model behind docs/scale.md, beside figures that were measured.

const sizes = Object.entries(measuredTables).map(([contracts, tables]) => ({
  contracts: Number(contracts),
  tables,
}));
const only = (more: Partial<Installation>): Installation => ({
  contracts: 0,
  quotes: 0,
  customers: 0,
  invoices: 0,
  changesADay: 0,
  editsADay: 0,
  ...more,
});

for (const { contracts, tables } of sizes) {
  if (contracts === modelledFrom) continue;
  Deno.test(`the model's bytes of ${contracts} contracts are those measured, within its stated error`, () => {
    const rows = Object.fromEntries(sizedTables.map((table) => [table, tables[table].rows])) as Record<
      SizedTable,
      number
    >;
    const sum = (bytes: (table: SizedTable) => number) =>
      sizedTables.reduce((all, table) => all + bytes(table), 0);
    const modelled = bytesOfRows(rows);
    const off = deviation(
      sum((table) => modelled[table]),
      sum((table) => tables[table].table + tables[table].indexes),
    );
    assert(Math.abs(off) <= statedError.bytes, `off by ${(off * 100).toFixed(1)} %`);
  });
}

Deno.test("the bench filled the rows that the model expects, but for the search of the largest, which was cut off", () => {
  for (const { contracts, tables } of sizes) {
    const expected = installationRows(installationOf(contracts));
    const differing = sizedTables.filter((table) =>
      Math.abs(deviation(expected[table], tables[table].rows)) > 0.01
    );
    assertEquals(differing, contracts === 1_000_000 ? ["search_entries"] : []);
  }
});

const credits: { what: string; modelled: number; measured: number }[] = [
  {
    what: "a comparison of 10,001 contracts",
    modelled: compareCreditsOf(only({ contracts: 10_001 })),
    measured: 57,
  },
  {
    what: "a backfill of 10,000 contracts of 1,000 companies",
    modelled: backfillCreditsOf(only({ contracts: 10_000, customers: 1_000 })),
    measured: 1_350,
  },
  {
    what: "1,000 new contracts of as many companies",
    modelled: backfillCreditsOf(only({ contracts: 1_000, customers: 1_000 })),
    measured: 315,
  },
  {
    what: "1,000 new quotes and 1,000 new invoices",
    modelled: backfillCreditsOf(only({ quotes: 1_000, invoices: 1_000 })),
    measured: 215,
  },
];

for (const { what, modelled, measured } of credits) {
  Deno.test(`the model's credits of ${what} are those measured, within its stated error`, () => {
    const off = deviation(modelled, measured);
    assert(
      Math.abs(off) <= statedError.credits,
      `${modelled} beside ${measured}: ${(off * 100).toFixed(1)} %`,
    );
  });
}

Deno.test("the model's hours of a comparison of 10,001 contracts are those measured, Zoho in 100 ms", () => {
  const { compareHours } = forecast(only({ contracts: 10_001 }), { creditsADay: 50_000, zohoMs: 100 });
  assert(Math.abs(deviation(compareHours * 3_600, 8.9)) <= statedError.hours);
});

Deno.test("the day's credits decide how long a backfill takes, and live changes come first", () => {
  const size = installationOf(1_000_000);
  const [small, large] = [forecast(size, budgets.small), forecast(size, budgets.large)];
  assert(small.backfillHours > large.backfillHours);
  assertEquals(small.backfillCredits, large.backfillCredits);
  const busy = forecast({ ...size, changesADay: 500_000 }, { creditsADay: 50_000, zohoMs: 600 });
  assertEquals(busy.backfillHours, Infinity);
});

Deno.test("docs/scale.md and its picture are what the model says; `deno task scale` writes them", async () => {
  const written = await Deno.readTextFile("docs/scale.md");
  const cells = (page: string) => page.replaceAll(/[ -]*\|[ -]*/g, "|");
  assertEquals(cells(written), cells(withScaleTables(written)));
  const text = (svg: string) => svg.replaceAll(/\s+/g, "");
  assertEquals(text(await Deno.readTextFile("docs/images/scale.svg")), text(scalePicture()));
});

import { assertEquals } from "@std/assert";
import { root, sourceFiles } from "../support/import_graph.ts";

// One idea a file: a longer one is data, generated text, or tests that share a stack.

const limits = [
  { what: "a source file", folders: ["supabase/functions", "cli", "local", "dashboard/src"], most: 250 },
  { what: "a file of tests", folders: ["tests"], most: 400 },
];

/** Longer files, and why. */
const exceptions: Record<string, string> = {
  "supabase/functions/_shared/platform/database.types.ts": "generated",
  "supabase/functions/_shared/zoho/error_table.ts": "data: a row per code of Zoho's",
  "tests/flows/accounts_test.ts": "one stack for all its cases",
  "tests/flows/contacts_test.ts": "one stack for all its cases",
  "tests/flows/mapping_test.ts": "one stack for all its cases",
  "tests/flows/outward_test.ts": "one stack for all its cases",
  "tests/flows/refusals_test.ts": "one stack for all its cases",
  "tests/functions/doctor_test.ts": "one stack for all its cases",
  "tests/functions/zoho_admin_acts_test.ts": "one stack for all its cases",
  "tests/functions/zoho_admin_reads_test.ts": "one stack for all its cases",
  "tests/functions/zoho_alerts_test.ts": "one stack for all its cases",
  "tests/functions/zoho_sync_callers_test.ts": "one stack for all its cases",
  "tests/functions/zoho_webhook_answers_test.ts": "one stack for all its cases",
  "tests/unit/doctor_findings_test.ts": "data: a row per state of a project",
};

const linesOf = (file: string) => Deno.readTextFileSync(new URL(file, root)).split("\n").length - 1;
const longer = ({ folders, most }: typeof limits[number]) =>
  folders.flatMap(sourceFiles).filter((file) => linesOf(file) > most);

for (const limit of limits) {
  Deno.test(`${limit.what} has at most ${limit.most} lines, but for those with a reason`, () => {
    const strays = longer(limit).filter((file) => !Object.hasOwn(exceptions, file));
    assertEquals(strays.map((file) => `${file}: ${linesOf(file)}`), []);
  });
}

Deno.test("every exception from the length of a file is still in use", () => {
  const long = new Set(limits.flatMap(longer));
  assertEquals(Object.keys(exceptions).filter((file) => !long.has(file)), []);
});

import { assertEquals } from "@std/assert";
import { reaches, testsTouchedBy } from "./changed.ts";
import { readReport, slowest } from "./report.ts";

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="1" errors="0" time="2.5">
    <testsuite name="./tests/a_test.ts" tests="2" disabled="1" errors="0" failures="0">
        <testcase name="works" classname="./tests/a_test.ts" time="0.017" line="17" col="6">
        </testcase>
        <testcase name="left out" classname="./tests/a_test.ts" line="19" col="6">
            <skipped/>
        </testcase>
    </testsuite>
    <testsuite name="./tests/b_test.ts" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="one" classname="./tests/b_test.ts" time="1.250" line="1" col="6">
        </testcase>
        <testcase name="two" classname="./tests/b_test.ts" time="1.000" line="2" col="6">
            <failure message="time=&quot;9&quot;">no</failure>
        </testcase>
        <testcase name="three" classname="./tests/b_test.ts" time="0.000" line="3" col="6">
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("a report counts passed and failed tests, skips ignored ones, and adds up the seconds of each file", () => {
  assertEquals(readReport(xml), {
    passed: 3,
    failed: 1,
    files: [
      { file: "tests/a_test.ts", tests: 1, seconds: 0.017 },
      { file: "tests/b_test.ts", tests: 3, seconds: 2.25 },
    ],
  });
});

Deno.test("a run without a report does not count as one without failures", () => {
  assertEquals(readReport(""), null);
});

Deno.test("the slowest files come first", () => {
  const files = readReport(xml)?.files ?? [];
  assertEquals(slowest(files, 1), "    2.3 s    3 tests  tests/b_test.ts");
});

const graph = new Map([
  ["tests/unit/backoff_test.ts", ["supabase/functions/_shared/sync/backoff.ts"]],
  ["tests/database/queue_test.ts", ["tests/support/database.ts"]],
  ["tests/database/docs_sql_test.ts", ["tests/support/database.ts"]],
  ["tests/flows/outward_test.ts", ["tests/support/stack.ts"]],
  ["tests/flows/reconcile_command_test.ts", ["tests/support/stack.ts"]],
  ["tests/functions/zoho_simulator_test.ts", ["local/zoho/mod.ts"]],
  ["tests/browser/live_test.ts", ["tests/support/stack.ts"]],
  ["tests/support/stack.ts", ["local/stack.ts"]],
  ["tests/support/database.ts", ["local/database.ts"]],
  ["local/stack.ts", ["local/database.ts", "local/functions.ts", "local/zoho_process.ts"]],
  ["local/database.ts", []],
  ["local/functions.ts", []],
  ["local/zoho_process.ts", []],
  ["local/zoho/main.ts", ["local/zoho/mod.ts"]],
  ["local/zoho/mod.ts", []],
  ["cli/reconcile.ts", ["cli/support/command.ts"]],
  ["cli/support/command.ts", []],
  ["supabase/functions/zoho-sync/index.ts", ["supabase/functions/_shared/sync/backoff.ts"]],
  ["supabase/functions/_shared/sync/backoff.ts", []],
]);
const unit = "tests/unit/backoff_test.ts";

Deno.test("a file reaches what it imports, itself or through others", () => {
  assertEquals(reaches(graph, "tests/flows/outward_test.ts", "local/database.ts"), true);
  assertEquals(reaches(graph, "tests/flows/outward_test.ts", "tests/support/database.ts"), false);
});

const sql = "tests/database/queue_test.ts";
const docs = "tests/database/docs_sql_test.ts";
const flow = "tests/flows/outward_test.ts";
const command = "tests/flows/reconcile_command_test.ts";
const simulator = "tests/functions/zoho_simulator_test.ts";
const touched: { title: string; changed: string[]; tests: string[] }[] = [
  { title: "nothing", changed: [], tests: [] },
  { title: "a page of the docs", changed: ["docs/fields.md"], tests: [unit, docs] },
  { title: "the page", changed: ["dashboard/src/main.tsx"], tests: [unit] },
  { title: "a helper", changed: ["tests/support/database.ts"], tests: [unit, sql, docs] },
  {
    title: "a function",
    changed: ["supabase/functions/_shared/sync/backoff.ts"],
    tests: [unit, flow, command],
  },
  {
    title: "a function's packages",
    changed: ["supabase/functions/zoho-sync/deno.json"],
    tests: [unit, flow, command],
  },
  { title: "the simulator", changed: ["local/zoho/mod.ts"], tests: [unit, flow, command, simulator] },
  { title: "a command", changed: ["cli/support/command.ts"], tests: [unit, command] },
  { title: "a migration", changed: ["supabase/migrations/1.sql"], tests: [unit, sql, docs, flow, command] },
  { title: "the packages", changed: ["deno.lock"], tests: [unit, sql, docs, flow, command, simulator] },
];

for (const { title, changed, tests } of touched) {
  Deno.test(`a change of ${title} touches ${tests.length} of the tests`, () => {
    assertEquals(testsTouchedBy(changed, graph), tests);
  });
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import { runBackfill } from "../../cli/support/backfill.ts";
import { CommandError, type Terminal } from "../../cli/support/command.ts";
import { progressBar } from "../../cli/support/progress.ts";

Deno.test("the progress bar fills, and estimates from what this watch has seen", () => {
  assertEquals(progressBar(0, 100, { done: 0, ms: 0 }), `[${"░".repeat(24)}]    0 %  0 of 100`);
  assertEquals(
    progressBar(5_000, 10_000, { done: 1_000, ms: 8_000 }),
    `[${"█".repeat(12)}${"░".repeat(12)}]   50 %  5,000 of 10,000  about 40 s left`,
  );
  assert(progressBar(1, 100_000, { done: 1, ms: 100 }).endsWith("about 167 min left") === false);
  assert(progressBar(1, 100_000, { done: 1, ms: 100 }).endsWith("h left"));
  assertEquals(progressBar(0, 0, { done: 0, ms: 5 }), `[${"█".repeat(24)}]  100 %  0 of 0`);
});

const counts = { create: 3, update: 0, skip: 1, link: 0, refuse: 1, reasons: { INTERNAL_TEST: 1 } };
const run = (values: Record<string, unknown>) => ({
  id: "run-1",
  entity: "contract",
  dryRun: false,
  status: "running",
  startedAt: "2026-11-23T08:00:00+00:00",
  progress: { done: 0, total: 5 },
  states: { queued: 5 },
  outcome: null,
  refused: {},
  credits: { estimated: null, used: 0 },
  waitsFor: null,
  error: null,
  ...values,
});

/** A project that gives one answer after the other for each route. */
function project(answers: Record<string, unknown[]>) {
  const asked: string[] = [];
  const printed: string[] = [];
  const terminal: Terminal = {
    env: (name) => ({ SUPABASE_URL: "http://localhost", SUPABASE_SECRET_KEY: "sb_secret_x" })[name],
    print: (text) => printed.push(text),
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input));
      const route = `${init?.method} ${pathname.replace("/functions/v1/zoho-admin", "")}${search}`;
      asked.push(init?.body ? `${route} ${init.body}` : route);
      const left = answers[route] ?? [{ success: true }];
      return Promise.resolve(Response.json(left.length > 1 ? left.shift() : left[0]));
    },
  };
  const shown: string[] = [];
  let nowMs = 0;
  const watch = {
    show: (line: string) => shown.push(line),
    now: () => nowMs += 1_000,
    sleep: () => Promise.resolve(),
  };
  return { asked, printed, shown, terminal, watch };
}

Deno.test("a run is watched to its end: bar, counts, refusals and where they are explained", async () => {
  const { asked, printed, shown, terminal, watch } = project({
    "POST /backfill": [{ success: true, run: run({}) }],
    "GET /backfill?run=run-1": [
      { success: true, run: run({ progress: { done: 3, total: 5 }, states: { queued: 2, done: 3 } }) },
      {
        success: true,
        run: run({ status: "finished", outcome: counts, credits: { estimated: null, used: 4 } }),
      },
    ],
  });
  const code = await runBackfill(["--entity", "contract", "--since", "2026-01-01"], terminal, watch);
  assertEquals(code, 1);
  assertEquals(asked[0], 'POST /backfill {"entity":"contract","dryRun":false,"since":"2026-01-01"}');
  assert(
    shown.some((line) => line.includes("3 of 5") && line.includes("2 queued, 3 done")),
    shown.join("\n"),
  );
  assert(printed.some((line) => line.includes("3 were created") && line.includes("It cost 4 credits")));
  assert(printed.some((line) => line.includes("INTERNAL_TEST  docs/backfill.md")));
});

Deno.test("a waiting run says for what; --resume without a run takes the current one", async () => {
  const { shown, terminal, watch } = project({
    "GET /backfill": [{
      success: true,
      runs: [run({ id: "old", status: "finished" }), run({ waitsFor: "CREDITS" })],
    }],
    "GET /backfill?run=run-1": [{
      success: true,
      run: run({ status: "finished", outcome: { ...counts, refuse: 0 } }),
    }],
  });
  assertEquals(await runBackfill(["--resume"], terminal, watch), 0);
  assert(shown[0]?.includes("waits: CREDITS"));
});

Deno.test("the command without an entity and with nothing to resume says what is missing", async () => {
  const { terminal, watch } = project({ "GET /backfill": [{ success: true, runs: [] }] });
  for (
    const [args, says] of [
      [[], "--entity is missing"],
      [["--resume"], "No backfill is under way"],
    ] as [string[], string][]
  ) {
    const error = await assertRejects(() => runBackfill(args, terminal, watch), CommandError);
    assert(error.message.includes(says), error.message);
  }
});

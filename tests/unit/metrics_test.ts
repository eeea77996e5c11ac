import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { metricsOf } from "../../supabase/functions/_shared/alerts/metrics.ts";
import { health } from "../../supabase/functions/_shared/status/health.ts";
import { goodStatus } from "../support/samples/status.ts";

const pageOf = (change: Partial<ReturnType<typeof goodStatus>> = {}) => {
  const facts = goodStatus(change);
  return metricsOf({ ...facts, health: health(facts) });
};

Deno.test("metrics are in Prometheus's text format: help and type before the samples, no name twice, a line end at the end", () => {
  const lines = pageOf().split("\n");
  assertEquals(lines.pop(), "");
  const types = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2]);
  assertEquals(types.length, new Set(types).size);
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    assertMatch(
      line,
      /^zoho_sync_[a-z0-9_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[0-9.]+(e[+-]?[0-9]+)?$/,
    );
    assert(types.includes(line.split(/[{ ]/)[0]), line);
  }
});

Deno.test("metrics show what waits, what is dead, whether it is paused and which alert is on", () => {
  const page = pageOf({
    queue: {
      counts: [{ lane: 0, status: "pending", count: 3, oldestAt: "2026-11-28T10:00:00Z", ageSeconds: 90 }],
      waiting: 3,
      noted: 0,
      dead: 2,
      held: 1,
      oldestUnsentAt: "2026-11-28T10:00:00Z",
      oldestUnsentSeconds: 90,
    },
    alerts: { on: ["dead_letters"], lastCheckedAt: null, isAnyoneNotified: true },
    lastReconcile: null,
  });
  for (
    const line of [
      'zoho_sync_queue_changes{lane="compliance",status="pending"} 3',
      "zoho_sync_dead_letters 2",
      "zoho_sync_held_entities 1",
      "zoho_sync_oldest_unsent_seconds 90",
      'zoho_sync_paused{code=""} 0',
      'zoho_sync_alert{alert="dead_letters"} 1',
      'zoho_sync_alert{alert="drift"} 0',
    ]
  ) assertStringIncludes(page, `${line}\n`);
  assert(!page.includes("reconcile_differences"), "what is not known has no line");
});

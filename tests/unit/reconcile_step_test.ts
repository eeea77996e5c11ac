import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseError } from "../../supabase/functions/_shared/platform/database.ts";
import { type RunStage, workStep } from "../../supabase/functions/_shared/reconcile/run.ts";
import type { SyncDependencies } from "../../supabase/functions/_shared/sync/drain_session.ts";

const claimed = {
  id: "run",
  kind: "full",
  entity_types: ["contract"],
  since: null,
  cursor: { stage: 0 },
  read_at: "2026-11-28T20:00:00Z",
  poll_since: null,
};

/** Dependencies whose database refuses to store a page with this code. */
function refusingToStore(code: string) {
  const released: Record<string, unknown>[] = [];
  const answers: Record<string, (args: Record<string, unknown>) => unknown> = {
    zoho_reconcile_claim: () => ({ data: claimed, error: null }),
    zoho_reconcile_note: () => ({ data: null, error: { code, message: "Thandi" } }),
    zoho_reconcile_release: (args) => {
      released.push(args);
      return { data: null, error: null };
    },
  };
  const deps = {
    db: { rpc: (name: string, args: Record<string, unknown>) => Promise.resolve(answers[name]?.(args)) },
    zoho: { takeSpent: () => ({ credits: 0, calls: 0 }) },
    now: Date.now,
    log: () => {},
  } as unknown as SyncDependencies;
  return { deps, released };
}

const emptyStage: RunStage = {
  entityType: null,
  work: () => Promise.resolve({ results: [], position: null }),
};

Deno.test("a page that the database does not store counts against the run, so that it ends after the tenth", async () => {
  const { deps, released } = refusingToStore("22P05");
  await assertRejects(() => workStep(deps, () => [emptyStage]), DatabaseError);
  assertEquals(released.map(({ p_run, p_code, p_message, p_final }) => [p_run, p_code, p_message, p_final]), [
    ["run", "22P05", "22P05: the database could not do zoho_reconcile_note", false],
  ]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseError } from "../../supabase/functions/_shared/platform/database.ts";
import {
  type ClosedAttempt,
  DrainSession,
  type SyncDependencies,
} from "../../supabase/functions/_shared/sync/drain_session.ts";

// The finished attempts of a drain, between Zoho's answer and the row that keeps it.

const attempt: ClosedAttempt = { id: "1", status: "success", duration_ms: 12 };

/** A drain whose database refuses the first call. */
function sessionAfterRefusal(): { session: DrainSession; closed: unknown[] } {
  const closed: unknown[] = [];
  let calls = 0;
  const rpc = (_name: string, args: { p_closed: unknown }) => {
    if (calls++ === 0) {
      return Promise.resolve({ data: null, error: { code: "PGRST001", message: "no connection" } });
    }
    closed.push(args.p_closed);
    return Promise.resolve({ data: [], error: null });
  };
  const deps = { db: { rpc }, now: () => 0 } as unknown as SyncDependencies;
  return { session: new DrainSession(deps, 3), closed };
}

Deno.test("finished attempts that the database did not take are stored with the next call", async () => {
  const { session, closed } = sessionAfterRefusal();
  session.close(attempt);
  await assertRejects(() => session.record([]), DatabaseError);
  const later: ClosedAttempt = { ...attempt, id: "2" };
  session.close(later);
  await session.record([]);
  assertEquals(closed, [[attempt, later]]);
  assertEquals(session.takeClosed(), []);
});

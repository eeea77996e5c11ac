import { assertEquals } from "@std/assert";
import { attemptCall } from "../../supabase/functions/_shared/sync/attempts/attempts.ts";
import type { Write } from "../../supabase/functions/_shared/sync/attempts/write_types.ts";
import { DrainSession, type SyncDependencies } from "../../supabase/functions/_shared/sync/drain_session.ts";
import { ZohoCallError, ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { goodChange } from "./decision_samples.ts";

// What is kept of a refused call whose halves end in a fault that is nobody's record.

/** A drain whose log rows are always opened, and whose modules answer. */
class OpenSession extends DrainSession {
  override record(): Promise<Set<string>> {
    return Promise.resolve(new Set());
  }
}

const deps = {
  zoho: { call: () => Promise.resolve({ status: 204, body: null }) },
  fields: { rules: () => Promise.resolve({ fields: [] }) },
  now: () => 0,
  sleep: () => Promise.resolve(),
} as unknown as SyncDependencies;

function writeOf(entityId: string): Write {
  return {
    change: { ...goodChange(), entity_id: entityId },
    entityType: "contract",
    entityId,
    zohoType: "Deals",
    zohoId: null,
    fields: { Amount: 1 },
  };
}

Deno.test("a token that ends while a call is halved keeps the answers of the halves before", async () => {
  const session = new OpenSession(deps, 3);
  const refusal = new ZohoTokenError("TOKEN_UNAVAILABLE", "no token");
  let calls = 0;
  const { written, fault } = await attemptCall(session, ["a", "b", "c", "d"].map(writeOf), (some) => {
    calls++;
    if (calls === 1) return Promise.reject(new ZohoCallError("HTTP_400", "refused", { status: 400 }));
    if (calls > 2) return Promise.reject(refusal);
    return Promise.resolve(some.map(({ entityId }) => ({
      ok: true,
      id: `deal ${entityId}`,
      action: "insert",
      modifiedAt: null,
      modifiedBy: null,
    })));
  });
  assertEquals(written.map(({ result }) => result.ok && result.id), ["deal a", "deal b"]);
  assertEquals(fault, refusal);
  assertEquals(session.takeClosed().map(({ status }) => status), ["success", "success", "failed", "failed"]);
});

import { assertEquals } from "@std/assert";
import type { Module } from "../../supabase/functions/_shared/mapping/record_type.ts";
import { aboutModule } from "../../supabase/functions/_shared/sync/attempts/holds.ts";
import type { ModuleHold } from "../../supabase/functions/_shared/sync/claim/change.ts";
import { DrainSession, type SyncDependencies } from "../../supabase/functions/_shared/sync/drain_session.ts";

// What a drain does about a module that another drain, or this one, has held.

/** A drain that knows of one hold, and what was asked and done in it. */
function drainWith(secondsLeft: number) {
  const did: string[] = [];
  const zoho = {
    call: ({ path }: { path: string }) => {
      did.push(path);
      return Promise.resolve({ status: 204, body: null });
    },
  };
  const deps = { zoho, now: () => 0 } as unknown as SyncDependencies;
  const session = new DrainSession(deps, 3);
  const hold: ModuleHold = {
    module: "Deals",
    code: "NO_PERMISSION",
    message: "x",
    seconds_left: secondsLeft,
  };
  session.holds.set("Deals", hold);
  const work = (module: Module) =>
    aboutModule(session, module, () => {
      did.push(`work on ${module}`);
      return Promise.resolve();
    });
  return { did, hold, session, work };
}

Deno.test("a held module gets no calls, and none of its changes is started", async () => {
  const { did, hold, work } = drainWith(10);
  assertEquals([await work("Deals"), did], [hold, []]);
});

Deno.test("a held module holds back no other", async () => {
  const { did, work } = drainWith(10);
  assertEquals([await work("Quotes"), did], [null, ["work on Quotes"]]);
});

Deno.test("a module is probed first after its hold, and no longer held once its work is done", async () => {
  const { did, session, work } = drainWith(0);
  assertEquals([await work("Deals"), did], [null, ["/Deals", "work on Deals"]]);
  assertEquals(session.holds.has("Deals"), false);
});

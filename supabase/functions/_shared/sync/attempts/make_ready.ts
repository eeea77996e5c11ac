import type { DrainSession } from "../drain_session.ts";
import { aboutModule } from "./holds.ts";

/** Checks everything that must hold before a wave's first write (which may be an Account's); returns the fault, or null. */
export async function makeReady(session: DrainSession, wasPaused: boolean): Promise<unknown> {
  // One probe before 400 records: the reason of the pause may not be over.
  if (wasPaused) {
    const { kind, fault } = await session.whileHeld(session.probes.ask("Deals"));
    if (kind === "silent") return fault;
  }
  try {
    // Before the fields: those of a wrong org must not be stored.
    await session.deps.gate.open();
    await readFieldsWhenDue(session);
    await aboutModule(session, "Deals", () => session.checkRevisions());
    return null;
  } catch (fault) {
    return fault;
  }
}

/** Reads the org's fields once an hour, before a drain's first write, and keeps the leases meanwhile. */
async function readFieldsWhenDue(session: DrainSession): Promise<void> {
  const { fields, zoho } = session.deps;
  if ((await fields.rules()).due) await session.whileHeld(fields.keep(zoho));
}

import type { DrainSession } from "../drain_session.ts";
import { aboutModule } from "./holds.ts";

/** What has to be made sure of before the first write of a wave, which may be an Account's; answers why it could not be. */
export async function makeReady(session: DrainSession, wasPaused: boolean): Promise<unknown> {
  // Zoho is asked before it gets 400 records: it may still be as it was when the pause began.
  if (wasPaused) {
    const { kind, fault } = await session.whileHeld(session.probes.ask("Deals"));
    if (kind === "silent") return fault;
  }
  try {
    // Before the fields: those of another org are not to be stored.
    await session.deps.gate.open();
    await readFieldsWhenDue(session);
    await aboutModule(session, "Deals", () => session.checkRevisions());
    return null;
  } catch (fault) {
    return fault;
  }
}

/** Reads the org's fields once an hour, before the first write of a drain. The changes it has claimed stay its own. */
async function readFieldsWhenDue(session: DrainSession): Promise<void> {
  const { fields, zoho } = session.deps;
  if ((await fields.rules()).due) await session.whileHeld(fields.keep(zoho));
}

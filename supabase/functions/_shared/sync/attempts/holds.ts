import { z } from "zod";
import type { EntityType } from "../../mapping/types.ts";
import { rowOfFault } from "../../zoho/fault_row.ts";
import { describeFault, faultCode } from "../../zoho/faults.ts";
import type { Module } from "../../mapping/record_type.ts";
import type { ModuleHold } from "../claim/change.ts";
import { type Failure, failure } from "./failure.ts";
import type { DrainSession } from "../drain_session.ts";
import { reachByTable, whoseFault } from "./whose_fault.ts";

/** What waits while a module is held, and which kinds a person can switch off to go on without it. */
const resting: Readonly<Record<Module, { what: string; kinds: readonly EntityType[] }>> = {
  Deals: { what: "contracts wait", kinds: ["contract"] },
  Quotes: { what: "quotes wait", kinds: ["quote"] },
  Invoices: { what: "invoices wait", kinds: ["invoice"] },
  Contacts: { what: "customers wait, and other records go without a new Contact", kinds: ["customer"] },
  Products: { what: "quotes and invoices that need a new Product wait", kinds: ["quote", "invoice"] },
  Accounts: { what: "records of companies without a known Account wait", kinds: [] },
};

/**
 * Does the work of one module. A fault of that module alone holds it: what needs it waits, and everything else
 * goes on. During the hold the work is skipped; after it one cheap read checks whether the module answers again.
 *
 * @returns the hold that prevented or ended the work; null when it was done
 * @throws faults that concern all modules
 */
export async function aboutModule(
  session: DrainSession,
  module: Module,
  work: () => Promise<unknown>,
): Promise<ModuleHold | null> {
  const known = session.holds.get(module);
  if (known !== undefined && known.seconds_left > 0) return known;
  try {
    if (known !== undefined) await makeSure(session, module);
    await work();
    session.holds.delete(module);
    return null;
  } catch (fault) {
    if (await whoseFault(session.probes, module, fault) === "everybody") throw fault;
    return await holdModule(session, module, await reasonOf(session, module, fault));
  }
}

/** The module's own refusal, when its query was refused with a less specific code. */
async function reasonOf(session: DrainSession, module: Module, fault: unknown): Promise<unknown> {
  if (reachByTable(fault) === "module") return fault;
  return (await session.probes.ask(module)).fault ?? fault;
}

async function makeSure(session: DrainSession, module: Module): Promise<void> {
  const { kind, fault } = await session.probes.anew(module);
  if (kind !== "well") throw fault;
}

async function holdModule(session: DrainSession, module: Module, fault: unknown): Promise<ModuleHold> {
  const code = faultCode(fault);
  const message = messageOf(module, fault);
  const seconds = z.number().catch(0).parse(
    await session.call("zoho_hold_module", { p_module: module, p_code: code, p_message: message }),
  );
  const held = { module, code, message, seconds_left: seconds };
  session.holds.set(module, held);
  session.deps.log("error", `${module} is held`, { code, message, seconds: Math.round(seconds) });
  return held;
}

function messageOf(module: Module, fault: unknown): string {
  const { what, kinds } = resting[module];
  const off = kinds.length === 0
    ? ""
    : ` To do without: update public.zoho_sync_state set synced_types = ${
      kinds.reduce((types, kind) => `array_remove(${types}, '${kind}')`, "synced_types")
    };`;
  return `Zoho's module ${module} is hidden, forbidden or failing: ${what}, and everything else goes on. ` +
    `${describeFault(fault)}. ${rowOfFault(fault).advice}${off}`;
}

/** Waiting for a held module does not count as a failed round. */
export function heldFailure({ code, message, seconds_left }: ModuleHold): Failure {
  return { ...failure(code), message, heldForSeconds: Math.max(seconds_left, 1) };
}

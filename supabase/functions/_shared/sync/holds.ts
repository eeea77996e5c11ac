import { z } from "zod";
import type { EntityType } from "../mapping/types.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { describeFault, faultCode } from "../zoho/faults.ts";
import type { Module } from "../mapping/record_type.ts";
import type { Hold } from "./change.ts";
import { type Failure, failure } from "./failure.ts";
import type { Run } from "./run.ts";
import { toldWhose, whoseFault } from "./whose_fault.ts";

/** What rests with a module, and what a person switches off to do without it. */
const resting: Readonly<Record<Module, { what: string; kinds: readonly EntityType[] }>> = {
  Deals: { what: "contracts wait", kinds: ["contract"] },
  Quotes: { what: "quotes wait", kinds: ["quote"] },
  Invoices: { what: "invoices wait", kinds: ["invoice"] },
  Contacts: { what: "customers wait, and other records go without a new Contact", kinds: ["customer"] },
  Products: { what: "quotes and invoices that need a new Product wait", kinds: ["quote", "invoice"] },
  Accounts: { what: "records of companies without a known Account wait", kinds: [] },
};

/**
 * Does what is about one module. A fault of that module alone holds it: what needs it rests for as long, and nothing else
 * does. While it rests nothing is done; after that one cheap read tells whether it is over.
 *
 * @returns why it was not done, or not to its end; null when it was
 * @throws what is everybody's fault
 */
export async function aboutModule(
  run: Run,
  module: Module,
  work: () => Promise<unknown>,
): Promise<Hold | null> {
  const known = run.holds.get(module);
  if (known !== undefined && known.seconds_left > 0) return known;
  try {
    if (known !== undefined) await makeSure(run, module);
    await work();
    run.holds.delete(module);
    return null;
  } catch (fault) {
    if (await whoseFault(run.probes, module, fault) === "everybody") throw fault;
    return await holdModule(run, module, await reasonOf(run, module, fault));
  }
}

/** The module's own refusal, where a query of it was refused for another reason at first sight. */
async function reasonOf(run: Run, module: Module, fault: unknown): Promise<unknown> {
  if (toldWhose(fault) === "module") return fault;
  return (await run.probes.ask(module)).fault ?? fault;
}

async function makeSure(run: Run, module: Module): Promise<void> {
  const { kind, fault } = await run.probes.anew(module);
  if (kind !== "well") throw fault;
}

async function holdModule(run: Run, module: Module, fault: unknown): Promise<Hold> {
  const code = faultCode(fault);
  const message = messageOf(module, fault);
  const seconds = z.number().catch(0).parse(
    await run.call("zoho_hold_module", { p_module: module, p_code: code, p_message: message }),
  );
  const held = { module, code, message, seconds_left: seconds };
  run.holds.set(module, held);
  run.with_.log("error", `${module} is held`, { code, message, seconds: Math.round(seconds) });
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

/** What waits for the module burns no round. */
export function heldFailure({ code, message, seconds_left }: Hold): Failure {
  return { ...failure(code), message, heldForSeconds: Math.max(seconds_left, 1) };
}

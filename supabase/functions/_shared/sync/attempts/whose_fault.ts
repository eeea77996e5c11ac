import { type FaultDecision, recordDecision } from "../../zoho/error_table.ts";
import { rowOfFault } from "../../zoho/fault_row.ts";
import { ZohoCallError } from "../../zoho/faults.ts";
import type { Module } from "../../mapping/record_type.ts";
import type { RecordResult } from "../../zoho/records.ts";
import type { Probes } from "../claim/probe.ts";

/**
 * How far the fault of a whole call reaches.
 *
 * | whose | what follows |
 * |---|---|
 * | records | the call is halved until the record at fault is found |
 * | module | the module is held, and the others go on |
 * | everybody | the sync pauses |
 */
export type Whose = "records" | "module" | "everybody";

/** By the error table's decision; "ask": one read of the module decides. */
const byDecision: Readonly<Record<FaultDecision, Whose | "ask">> = {
  hold: "module",
  pause: "everybody",
  refresh: "everybody",
  retry_now: "ask",
  retry_later: "ask",
  link: "ask",
  fix_mapping: "ask",
  ask_person: "ask",
};

/**
 * Codes with a reach of their own; "slow": one read of the module decides, but halving would only repeat the long wait. A limit
 * may be passed by one record, by the lines of a quote for example.
 */
const byCode: Readonly<Record<string, Whose | "ask" | "slow">> = {
  ALREADY_MODIFIED: "records",
  HTTP_412: "records",
  LIMIT_EXCEEDED: "ask",
  TIMEOUT: "slow",
};

/** A fault of the database or of this program concerns all modules. */
export function reachByTable(fault: unknown): Whose | "ask" | "slow" {
  if (!(fault instanceof ZohoCallError)) return "everybody";
  const own = Object.hasOwn(byCode, fault.code) ? byCode[fault.code] : undefined;
  return own ?? byDecision[rowOfFault(fault).decision];
}

export async function whoseFault(probes: Probes, module: Module, fault: unknown): Promise<Whose> {
  const reach = reachByTable(fault);
  if (reach !== "ask" && reach !== "slow") return reach;
  const { kind: own } = await probes.ask(module);
  if (own === "refused") return "module";
  if (own === "well") return reach === "ask" ? "records" : "module";
  const { kind: other } = await probes.ask(module === "Accounts" ? "Deals" : "Accounts");
  return other === "silent" ? "everybody" : "module";
}

/**
 * The refusal of a module that Zoho reports as a refusal of each record of a call. Only a read distinguishes it
 * from the refusal of a record that another user owns.
 */
export async function refusalOfModule(
  probes: Probes,
  module: Module,
  results: RecordResult[],
): Promise<ZohoCallError | null> {
  const [code, ...others] = new Set(results.map((result) => result.ok ? null : result.code));
  if (typeof code !== "string" || others.length > 0 || recordDecision(code).decision !== "hold") return null;
  const { kind } = await probes.ask(module);
  return kind === "refused"
    ? new ZohoCallError(code, `every record of a write of ${module} was refused with ${code}`)
    : null;
}

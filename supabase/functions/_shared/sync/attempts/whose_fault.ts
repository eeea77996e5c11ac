import { type FaultDecision, recordDecision } from "../../zoho/error_table.ts";
import { rowOfFault } from "../../zoho/fault_row.ts";
import { ZohoCallError } from "../../zoho/faults.ts";
import type { Module } from "../../mapping/record_type.ts";
import type { RecordResult } from "../../zoho/records.ts";
import type { Probes } from "../claim/probe.ts";

/**
 * Whom the fault of a whole call holds back.
 *
 * | whose | what follows |
 * |---|---|
 * | records | the call is halved until the record that is refused alone carries the blame |
 * | module | the module's own kind of record rests, and the others go on |
 * | everybody | the sync pauses |
 */
export type Whose = "records" | "module" | "everybody";

/** What the error table says of the call; "ask": a read of the module tells; "slow": the same, but never the records'. */
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

/** These speak of records; and halves of a call that is too slow would be waited for as long as the whole. */
const byCode: Readonly<Record<string, Whose | "slow">> = {
  ALREADY_MODIFIED: "records",
  HTTP_412: "records",
  TIMEOUT: "slow",
};

/** A fault that is not Zoho's but the database's or this program's is everybody's. */
export function toldWhose(fault: unknown): Whose | "ask" | "slow" {
  if (!(fault instanceof ZohoCallError)) return "everybody";
  const told = Object.hasOwn(byCode, fault.code) ? byCode[fault.code] : undefined;
  return told ?? byDecision[rowOfFault(fault).decision];
}

export async function whoseFault(probes: Probes, module: Module, fault: unknown): Promise<Whose> {
  const told = toldWhose(fault);
  if (told !== "ask" && told !== "slow") return told;
  const { kind: own } = await probes.ask(module);
  if (own === "refused") return "module";
  if (own === "well") return told === "ask" ? "records" : "module";
  const { kind: other } = await probes.ask(module === "Accounts" ? "Deals" : "Accounts");
  return other === "silent" ? "everybody" : "module";
}

/**
 * The refusal of a module that comes as the refusal of each record of a call, since Zoho wraps it so. Only a read tells it
 * from that of one record which another user owns.
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

import { SECOND } from "../../platform/duration.ts";
import type { ZohoClient } from "../../zoho/client.ts";
import { rowOfFault } from "../../zoho/fault_row.ts";
import { isZohoFault } from "../../zoho/faults.ts";
import type { Module } from "../../mapping/record_type.ts";

/** The outcome of a read of a module: an answer, a refusal of that module alone, or no usable answer. */
export interface ProbeAnswer {
  kind: "well" | "refused" | "silent";
  /** Null for "well". */
  fault: unknown;
}

/** Calls of a wave that fail together share one probe; one that fails after its tries must not use an older answer. */
const keptMs = SECOND;

/** One cheap read of a module, to check whether Zoho answers after a failed call or a pause. */
export class Probes {
  readonly #asked = new Map<Module, { atMs: number; answer: Promise<ProbeAnswer> }>();

  constructor(private readonly zoho: ZohoClient, private readonly now: () => number) {}

  ask(module: Module): Promise<ProbeAnswer> {
    const known = this.#asked.get(module);
    if (known !== undefined && this.now() - known.atMs < keptMs) return known.answer;
    const answer = probe(this.zoho, module);
    this.#asked.set(module, { atMs: this.now(), answer });
    return answer;
  }

  /** For the end of a hold: ignores answers from before. */
  anew(module: Module): Promise<ProbeAnswer> {
    this.#asked.delete(module);
    return this.ask(module);
  }
}

async function probe(zoho: ZohoClient, module: Module): Promise<ProbeAnswer> {
  try {
    await zoho.call({ method: "GET", path: `/${module}`, query: { fields: "id", per_page: "1" } });
    return { kind: "well", fault: null };
  } catch (fault) {
    if (!isZohoFault(fault)) throw fault;
    return { kind: rowOfFault(fault).decision === "hold" ? "refused" : "silent", fault };
  }
}

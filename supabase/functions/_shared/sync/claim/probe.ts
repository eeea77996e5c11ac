import { SECOND } from "../../platform/duration.ts";
import type { ZohoClient } from "../../zoho/client.ts";
import { rowOfFault } from "../../zoho/fault_row.ts";
import { isZohoFault } from "../../zoho/faults.ts";
import type { Module } from "../../mapping/record_type.ts";

/** What a read of a module came to: an answer, a refusal of that module alone, or neither. */
export interface ProbeAnswer {
  kind: "well" | "refused" | "silent";
  /** Null when it is well. */
  fault: unknown;
}

/** The calls of a wave that fail together ask once; one that fails after its tries must not believe what was before them. */
const keptMs = SECOND;

/** One cheap read of a module, to tell whether Zoho answers when a call of ours has failed, or after a pause. */
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

  /** After a hold: what was answered before it began tells nothing. */
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

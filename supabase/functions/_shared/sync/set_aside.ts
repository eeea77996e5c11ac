import type { Fields } from "../mapping/types.ts";
import { auditFields } from "./attempts.ts";
import type { Write } from "./write_types.ts";
import type { Change } from "./change.ts";

/** A record that a bulk job will make: the drain has made sure of all that it points to. */
export interface SetAside {
  entity_type: string;
  entity_id: string;
  revision: number;
  cause: string;
  /** The value of the unique field that Zoho matches by. */
  key: string;
  fields: Fields;
  logged: Fields;
}

/** By which field an upsert finds the record of each module. */
const uniqueFields: Readonly<Record<string, string>> = { Deals: "Contract_Number" };

/** A backfill that uses bulk write says so in the cause; an edit since then has its own cause and is written at once. */
export function isForBulk(change: Change): boolean {
  return change.cause.startsWith("bulk ");
}

/** Parts the records that a bulk job will make from those that are written now. */
export function partForBulk<W extends Write>(writes: W[]): { now: W[]; aside: SetAside[] } {
  const now: W[] = [];
  const aside: SetAside[] = [];
  for (const write of writes) {
    const key = write.fields[uniqueFields[write.zohoType] ?? ""];
    if (write.zohoId !== null || !isForBulk(write.change) || typeof key !== "string" || key === "") {
      now.push(write);
      continue;
    }
    const { entity_type, entity_id, revision, cause } = write.change;
    aside.push({
      entity_type,
      entity_id,
      revision,
      cause,
      key,
      fields: write.fields,
      logged: auditFields(write),
    });
  }
  return { now, aside };
}

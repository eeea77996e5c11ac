import { isNeededToCreate } from "../../fields/rules.ts";
import { lineTaxField } from "../../mapping/lines.ts";
import type { Fields } from "../../mapping/types.ts";
import { revisionField } from "../../merge/revision.ts";
import { stageField } from "../../merge/stage_rules.ts";
import { attemptCall, type Attempted, type Send } from "./attempts.ts";
import type { Failure } from "./failure.ts";
import type { DrainSession } from "../drain_session.ts";
import { moduleOf, type Write, type Written } from "./write_types.ts";

/** Fields of one record that are refused one after the other; more than that, and it is the record that is refused. */
const mostParts = 6;

/** A stage and the revision that says whose it is go together or not at all. */
const tiedTo: Readonly<Record<string, string>> = {
  [stageField]: revisionField,
  [revisionField]: stageField,
};

/** One call, and what is left of its records that are refused for a field. */
export async function attemptInPart<W extends Write>(
  session: DrainSession,
  writes: W[],
  send: Send<W>,
): Promise<Attempted<W>> {
  const first = await attemptCall(session, writes, send);
  const { written, fault } = await writeTheRest(session, first.written, send, (_write, why) => why);
  return { written, fault: first.fault ?? fault };
}

/**
 * Sends what is left of records of which Zoho refuses one field. The field waits for a person or for time, as its code
 * says; a record of which nothing is taken is refused for the first reason.
 *
 * @param explain the refusal in our own words, once for each field
 */
export async function writeTheRest<W extends Write>(
  session: DrainSession,
  written: Written<W>[],
  send: Send<W>,
  explain: (write: W, failure: Failure) => Failure,
): Promise<Attempted<W>> {
  const done: Written<W>[] = [];
  let open = written;
  for (let round = 0; open.length > 0; round++) {
    const rest: W[] = [];
    for (const { write, result } of open) {
      if (result.ok) {
        done.push({ write, result });
        continue;
      }
      // The first reason stays, whatever is refused after it.
      const reason = round > 0 && write.part !== undefined ? write.part : explain(write, result);
      const left = round === mostParts ? null : withoutPart(write, result);
      if (left === null) done.push({ write, result: reason });
      else rest.push({ ...left, part: reason });
    }
    if (rest.length === 0) break;
    const attempted = await attemptCall(session, rest, send);
    if (attempted.fault !== null) {
      return { written: [...done, ...attempted.written], fault: attempted.fault };
    }
    open = attempted.written;
  }
  return { written: done, fault: null };
}

/** Whether a refusal is about the tax of a line, and not about the line. */
export function isAboutTax({ field, line }: Failure): boolean {
  return field === lineTaxField || line?.field === lineTaxField;
}

function withoutPart<W extends Write>(write: W, refusal: Failure): W | null {
  if (!isAboutTax(refusal)) return withoutField(write, refusal.field);
  return write.leavesTax ? null : { ...write, leavesTax: true };
}

/** What is left to be sent; null when that is nothing, or no record can be made without the field. */
function withoutField<W extends Write>(write: W, field: string | null): W | null {
  const { fields, zohoId, zohoType, opening } = write;
  if (field === null || !Object.hasOwn(fields, field)) return null;
  if (zohoId === null && isNeededToCreate(moduleOf(zohoType), field)) return null;
  const { [field]: _field, [tiedTo[field] ?? ""]: _tied, ...left }: Fields = fields;
  if (Object.keys(left).length === 0) return null;
  const isStage = Object.hasOwn(tiedTo, field);
  return { ...write, fields: left, ...(isStage && opening !== undefined ? { opening: {} } : {}) };
}

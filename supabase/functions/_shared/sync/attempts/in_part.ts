import { isNeededToCreate } from "../../fields/rules.ts";
import { lineTaxField } from "../../mapping/lines.ts";
import type { Fields } from "../../mapping/types.ts";
import { revisionField } from "../../merge/revision.ts";
import { stageField } from "../../merge/stage_rules.ts";
import { attemptCall, type Attempted, type Send } from "./attempts.ts";
import type { Failure } from "./failure.ts";
import type { DrainSession } from "../drain_session.ts";
import { moduleOf, type Write, type Written } from "./write_types.ts";

/** How many fields of one record may be refused one after the other before the record itself counts as refused. */
const mostParts = 6;

/** The stage and its write revision are sent together or not at all. */
const tiedTo: Readonly<Record<string, string>> = {
  [stageField]: revisionField,
  [revisionField]: stageField,
};

/** One call, followed by the rest of each record that was refused for one field. */
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
 * Resends records without the field that Zoho refused. The field waits for a person or for a later round, as its code
 * says. A record that cannot be written at all is refused for the first reason.
 *
 * @param explain translates the first refusal of a record
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
      // Later refusals do not replace the first reason.
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

/** The write without the field; null when nothing is left or the record cannot be created without it. */
function withoutField<W extends Write>(write: W, field: string | null): W | null {
  const { fields, zohoId, zohoType, opening } = write;
  if (field === null || !Object.hasOwn(fields, field)) return null;
  if (zohoId === null && isNeededToCreate(moduleOf(zohoType), field)) return null;
  const { [field]: _field, [tiedTo[field] ?? ""]: _tied, ...left }: Fields = fields;
  if (Object.keys(left).length === 0) return null;
  const isStage = Object.hasOwn(tiedTo, field);
  return { ...write, fields: left, ...(isStage && opening !== undefined ? { opening: {} } : {}) };
}

import { splitUnsupported, type UnsupportedValue } from "../../fields/rules.ts";
import { type Failure, failure } from "./failure.ts";
import { moduleOf, type Write, type Written } from "./write_types.ts";
import type { DrainSession } from "../drain_session.ts";

/**
 * Values that Zoho would drop in spite of its SUCCESS are not sent, so that no snapshot says they arrived. The rest of
 * the record is; one of which nothing is left, or that cannot be made without the value, is refused here.
 */
export async function leaveOutUnsupported<W extends Write>(
  session: DrainSession,
  writes: W[],
): Promise<{ sendable: W[]; refused: Written<W>[] }> {
  const rules = await session.deps.fields.rules();
  if (rules.fields.length === 0) return { sendable: writes, refused: [] };
  const sendable: W[] = [];
  const refused: Written<W>[] = [];
  for (const write of writes) {
    const module = moduleOf(write.zohoType);
    const { fields, unsupported } = splitUnsupported(rules, module, write.fields, write.zohoId === null);
    if (fields) sendable.push({ ...write, fields, ...(unsupported ? { part: refusal(unsupported) } : {}) });
    else refused.push({ write, result: refusal(unsupported) });
  }
  return { sendable, refused };
}

/** The refusal of a record, or of a part of it, for a value that is unsupported. */
function refusal(unsupported: UnsupportedValue | null): Failure {
  return failure(unsupported?.code ?? "FIELD_MISSING", unsupported?.field ?? null);
}

import { losesStage, splitUnsupported, type UnsupportedValue } from "../../fields/rules.ts";
import { type Failure, failure } from "./failure.ts";
import { moduleOf, type Write, type Written } from "./write_types.ts";
import type { DrainSession } from "../drain_session.ts";

/**
 * Leaves out values that Zoho would drop despite answering SUCCESS, so that no snapshot claims they arrived. The rest of
 * the record is sent; a record that is empty without them, or cannot be created without them, is refused here.
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
    if (fields) {
      sendable.push({
        ...write,
        fields,
        ...(unsupported ? { part: refusal(unsupported) } : {}),
        // The row must not say that a stage was written.
        ...(losesStage(write.fields, fields) ? { opening: {} } : {}),
      });
    } else refused.push({ write, result: refusal(unsupported) });
  }
  return { sendable, refused };
}

/** The refusal of a record, or of a part of it, for an unsupported value. */
function refusal(unsupported: UnsupportedValue | null): Failure {
  return failure(unsupported?.code ?? "FIELD_MISSING", unsupported?.field ?? null);
}

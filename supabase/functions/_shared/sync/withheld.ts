import { type Withheld, withhold } from "../fields/rules.ts";
import { type Failure, failure } from "./failure.ts";
import { moduleOf, type Write, type Written } from "./write_types.ts";
import type { Run } from "./run.ts";

/**
 * Values that Zoho would drop in spite of its SUCCESS are not sent, so that no snapshot says they arrived. The rest of
 * the record is; one of which nothing is left, or that cannot be made without the value, is refused here.
 */
export async function withholdValues<W extends Write>(
  run: Run,
  writes: W[],
): Promise<{ sendable: W[]; refused: Written<W>[] }> {
  const rules = await run.with_.fields.rules();
  if (rules.fields.length === 0) return { sendable: writes, refused: [] };
  const sendable: W[] = [];
  const refused: Written<W>[] = [];
  for (const write of writes) {
    const module = moduleOf(write.zohoType);
    const { fields, withheld } = withhold(rules, module, write.fields, write.zohoId === null);
    if (withheld) run.parts.set(write.entityId, refusal(withheld));
    if (fields) sendable.push({ ...write, fields });
    else refused.push({ write, result: refusal(withheld) });
  }
  return { sendable, refused };
}

/** The refusal of a record, or of a part of it, for a value that is withheld. */
function refusal(withheld: Withheld | null): Failure {
  return failure(withheld?.code ?? "FIELD_MISSING", withheld?.field ?? null);
}

import { type Withheld, withhold } from "../fields/rules.ts";
import type { RecordResult } from "../zoho/records.ts";
import type { Write, Written } from "./attempts.ts";
import type { Change } from "./change.ts";
import type { Run } from "./run.ts";
import { settleFailure } from "./verdict.ts";
import type { WaveOutcome } from "./wave.ts";

/** Reads the org's fields once an hour, before the first write of a drain. The changes it has claimed stay its own. */
export async function readFieldsWhenDue(run: Run): Promise<void> {
  const { fields, zoho } = run.with_;
  if ((await fields.rules()).due) await run.whileHeld(fields.keep(zoho));
}

/** CircleTel's Estimates are the records of Zoho's Quotes. */
const moduleOf = (zohoType: string) => zohoType === "Estimates" ? "Quotes" : zohoType;

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
    if (withheld) run.withheld.set(write.change.entity_id, withheld);
    if (fields) sendable.push({ ...write, fields });
    else refused.push({ write, result: refusal(withheld) });
  }
  return { sendable, refused };
}

/** A change that Zoho took in part is a dead letter for the rest: it comes back when the field does. */
export function markWithheld(run: Run, changes: Change[], outcome: WaveOutcome): WaveOutcome {
  if (run.withheld.size === 0) return outcome;
  const settlements = outcome.settlements.map((settlement) => {
    const change = changes.find(({ entity_id }) => entity_id === settlement.entity_id);
    const withheld = run.withheld.get(settlement.entity_id);
    if (settlement.outcome !== "done" || !withheld || !change) return settlement;
    return { ...settlement, ...settleFailure(change, refusal(withheld), run.with_.random()) };
  });
  run.withheld.clear();
  return { ...outcome, settlements };
}

function refusal(withheld: Withheld | null): Extract<RecordResult, { ok: false }> {
  const code = withheld?.code ?? "FIELD_MISSING";
  return { ok: false, code, field: withheld?.field ?? null, message: code, duplicateId: null };
}

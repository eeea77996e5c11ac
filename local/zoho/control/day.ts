import { z } from "zod";
import type { Json, JsonObject } from "../core/json.ts";
import type { OrgModule } from "../org/module.ts";
import type { Org } from "../org/org.ts";
import { mergeInto } from "../records/merge.ts";
import { purgeRecord, restoreRecord } from "../records/restore.ts";
import type { WriteScope } from "../records/scope.ts";
import { deleteRecord, insertRecord, updateRecord, type WriteOutcome } from "../records/write.ts";
import { type Act, type DayEntry, script } from "./day_script.ts";
import type { ControlCall } from "./call.ts";
import { sellerScope } from "./seller.ts";

/** The acts of each organisation; a reset of it starts a new list. */
const days = new WeakMap<Org, { resets: number; entries: DayEntry[] }>();

/** A person's day in the CRM: edits, merges, deletions and restores at given times. */
export function playDay({ org, body }: ControlCall): Json {
  const parsed = script.safeParse(body);
  if (!parsed.success) throw new RangeError(z.prettifyError(parsed.error));
  const entries = entriesOf(org);
  const names = new Map<string, string>();
  const nowMs = org.nowMs();
  for (const planned of parsed.data.acts) {
    const atMs = nowMs + planned.afterMs;
    const { act, module = null, id = null } = planned;
    const entry: DayEntry = { atMs, act, module, id, outcome: "pending", reason: null };
    entries.push(entry);
    org.agenda.add(atMs, () => perform(org, planned, entry, names));
  }
  return { acts: parsed.data.acts.length };
}

export function readDay({ org }: ControlCall): Json {
  return { acts: entriesOf(org).map((entry): JsonObject => ({ ...entry })) };
}

function entriesOf(org: Org): DayEntry[] {
  const { resets } = org;
  const known = days.get(org);
  if (known !== undefined && known.resets === resets) return known.entries;
  const entries: DayEntry[] = [];
  days.set(org, { resets, entries });
  return entries;
}

function perform(org: Org, planned: Act, entry: DayEntry, names: Map<string, string>): void {
  try {
    const reason = run(org, planned, entry, names);
    entry.outcome = reason === null ? "done" : "failed";
    entry.reason = reason;
  } catch (error) {
    entry.outcome = "failed";
    entry.reason = error instanceof Error ? error.message : String(error);
  }
}

/** Null, or why the act could not be done. */
function run(org: Org, planned: Act, entry: DayEntry, names: Map<string, string>): string | null {
  const fields = planned.fields ?? {};
  if (planned.act === "settings") {
    org.changeSettings(fields);
    return null;
  }
  const module = org.module(planned.module ?? "");
  if (module === undefined) return `No module is called ${planned.module}`;
  const idOf = (text = "") => text.startsWith("@") ? names.get(text.slice(1)) ?? "" : text;
  const id = idOf(planned.id);
  const scope = sellerScope(org);
  const outcome = actions[planned.act](scope, module, id, fields, (planned.losers ?? []).map(idOf));
  org.announce(scope.changes);
  if (outcome === null) return null;
  if (!outcome.ok) return JSON.stringify(outcome.item);
  entry.id = outcome.record.id;
  if (planned.as !== undefined) names.set(planned.as, outcome.record.id);
  return null;
}

type Action = (
  scope: WriteScope,
  module: OrgModule,
  id: string,
  fields: JsonObject,
  losers: string[],
) => WriteOutcome | null;

const lock = (locked: boolean): Action => (_scope, module, id) => {
  const record = module.store.get(id);
  if (record === undefined) throw new RangeError(`${module.apiName} has no record ${id}`);
  module.store.put({ ...record, locked });
  return null;
};

const actions: Record<Exclude<Act["act"], "settings">, Action> = {
  create: (scope, module, _id, fields) => insertRecord(scope, module, fields, 0),
  edit: (scope, module, id, fields) => updateRecord(scope, module, id, fields, 0),
  delete: (scope, module, id) => deleteRecord(scope, module, id),
  restore: (scope, module, id) => restoreRecord(scope, module, id),
  purge: (_scope, module, id) => {
    if (!purgeRecord(module, id)) throw new RangeError(`${id} is not in the recycle bin`);
    return null;
  },
  merge: (scope, module, id, _fields, losers) => {
    mergeInto(scope, module, id, losers);
    return null;
  },
  lock: lock(true),
  unlock: lock(false),
};

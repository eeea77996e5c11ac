import { wholeSecond } from "../core/clock.ts";
import { errorItem } from "../http/reply.ts";
import { type OrgModule, uniqueFields } from "../org/module.ts";
import { indexKey, type StoredRecord } from "../org/store.ts";
import type { WriteScope } from "./scope.ts";
import type { WriteOutcome } from "./write.ts";

const refused = (code: string, message: string, id: string): WriteOutcome => ({
  ok: false,
  item: errorItem(code, message, { id }),
  status: 400,
});

/**
 * Takes a record out of the recycle bin: it has its id and its values again, what looked it up finds it again, and it
 * is no longer listed as deleted (facts §11). A unique value that another record took meanwhile keeps it out. Whether
 * its Modified_Time moves and whether channels hear of it is not documented: both are switches.
 */
export function restoreRecord(scope: WriteScope, module: OrgModule, id: string): WriteOutcome {
  const { org } = scope;
  const binned = module.bin.get(id);
  if (binned === undefined) return refused("INVALID_DATA", "the record is not in the recycle bin", id);
  const taken = uniqueFields(module).some(({ apiName }) => {
    const key = indexKey(binned.values[apiName]);
    return key !== undefined && (module.store.idsWith(apiName, key) ?? []).length > 0;
  });
  if (taken) return refused("DUPLICATE_DATA", "duplicate data", id);
  const isTouched = org.settings.restoredTime === "now";
  const record: StoredRecord = isTouched
    ? { ...binned, modifiedMs: wholeSecond(org.nowMs()), modifiedBy: scope.user }
    : binned;
  module.bin.delete(id);
  module.deleted = module.deleted.filter((row) => row.id !== id);
  module.store.put(record);
  const change = {
    module: module.apiName,
    id,
    by: scope.actor,
    before: null,
    after: record,
    triggers: false,
  };
  const { notifyRestore } = org.settings;
  const operation = notifyRestore === "update" ? "update" : "insert";
  const entry = org.changes.append({ ...change, operation });
  if (notifyRestore !== "nothing") scope.changes.push(entry);
  const item = { code: "SUCCESS", details: { id }, message: "record restored", status: "success" };
  return { ok: true, record, item };
}

/** Empties the recycle bin of one record: it is listed as deleted for good and cannot come back. */
export function purgeRecord(module: OrgModule, id: string): boolean {
  if (!module.bin.delete(id)) return false;
  module.deleted = module.deleted.map((row) => row.id === id ? { ...row, type: "permanent" as const } : row);
  return true;
}

import type { Reply } from "../http/reply.ts";
import type { StoredRecord } from "../org/store.ts";
import type { WriteScope } from "./scope.ts";
import { alreadyModified, isNewer } from "./write.ts";

/**
 * The refusal of the whole call by If-Unmodified-Since, which lists the newer records and writes nothing.
 * Whether Zoho judges a batch as a whole or record by record is not documented; here it is a switch.
 */
export function newerAmong(scope: WriteScope, records: (StoredRecord | undefined)[]): Reply | undefined {
  if (scope.org.settings.unmodifiedSince === "each") return undefined;
  const newer = records.filter((record) => record !== undefined && isNewer(scope, record));
  if (newer.length === 0) return undefined;
  return {
    status: 412,
    body: {
      data: newer.flatMap((record) => record === undefined ? [] : alreadyModified(scope, record).item),
    },
  };
}

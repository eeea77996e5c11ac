import { field, picklist } from "./record_type.ts";

/** What CircleTel's amounts are in. Only an org with several currencies has the field (docs/decisions/0026). */
export const currencyField = field({ ...picklist(["ZAR"]), isOptional: true, value: () => "ZAR" });

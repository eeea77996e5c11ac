import type { ZohoClient } from "../zoho/client.ts";
import { addOptions, type FieldResult, fieldsPerCall, makeFields } from "../zoho/fields.ts";
import type { PlannedField } from "./plan.ts";
import type { FieldStore } from "./store.ts";

/** What was done about one field, or why it could not be. */
export interface Applied {
  module: string;
  field: string;
  did: "created" | "options added" | "refused";
  /** Zoho's code of a refusal, and which key of the field it is about. */
  code?: string;
  about?: string;
}

/**
 * Creates what the plan lists as missing, five fields a call, and reads everything back: Zoho's answer does not contain the
 * api_name of a new field. Idempotent.
 *
 * @returns the plan as it is afterwards, and what was done
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function provisionFields(
  zoho: ZohoClient,
  store: FieldStore,
): Promise<{ plan: PlannedField[]; applied: Applied[] }> {
  const plan = await store.read(zoho);
  const applied: Applied[] = [];
  for (const [module, fields] of byModule(plan)) {
    // Parallel calls would conflict over the module's layout.
    for (const some of inFives(fields.filter(isCreation))) {
      const results = await makeFields(zoho, module, some.map(({ action }) => action.create));
      some.forEach((each, index) => applied.push(outcome(each, "created", results[index])));
    }
    for (const each of fields.filter(isAddition)) {
      const result = await addOptions(zoho, module, each.action.to, each.action.addOptions);
      applied.push(outcome(each, "options added", result));
    }
  }
  return { plan: applied.length === 0 ? plan : await store.read(zoho), applied };
}

type Action = NonNullable<PlannedField["action"]>;
type Creation = PlannedField & { action: Extract<Action, { create: unknown }> };
type Addition = PlannedField & { action: Extract<Action, { addOptions: unknown }> };

function isCreation(planned: PlannedField): planned is Creation {
  return planned.action !== null && "create" in planned.action;
}

function isAddition(planned: PlannedField): planned is Addition {
  return planned.action !== null && "addOptions" in planned.action;
}

function byModule(plan: PlannedField[]): Map<string, PlannedField[]> {
  const modules = new Map<string, PlannedField[]>();
  for (const each of plan) modules.set(each.module, [...modules.get(each.module) ?? [], each]);
  return modules;
}

function inFives<T>(items: T[]): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / fieldsPerCall) },
    (_, index) => items.slice(index * fieldsPerCall, (index + 1) * fieldsPerCall),
  );
}

function outcome(
  { module, field }: PlannedField,
  did: Applied["did"],
  result: FieldResult | undefined,
): Applied {
  if (result?.ok) return { module, field, did };
  return {
    module,
    field,
    did: "refused",
    code: result?.code ?? "UNKNOWN",
    ...(result?.about ? { about: result.about } : {}),
  };
}

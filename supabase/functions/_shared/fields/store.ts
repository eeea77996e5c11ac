import type { RequiredField } from "../mapping/record_type.ts";
import { callFunction, DatabaseError, type ServiceClient } from "../platform/database.ts";
import { HOUR, MINUTE, SECOND } from "../platform/duration.ts";
import type { Log } from "../platform/log.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { isZohoFault, ZohoCallError } from "../zoho/faults.ts";
import { fetchFields, type ZohoField } from "../zoho/fields.ts";
import type { FieldNames } from "../zoho/names.ts";
import { planModule, type PlannedField, type RequiredFields } from "./plan.ts";
import { readFieldRules } from "./read_rules.ts";
import { type FieldRules, fieldRules, namesOf } from "./rules.ts";

const readEveryMs = HOUR;
/** Zoho did not answer; the writes report the reason. */
const tryAgainMs = 5 * MINUTE;

/** The org's fields: read from the database once per invocation, and from Zoho once an hour. */
export class FieldStore {
  #rules: Promise<FieldRules> | null = null;

  constructor(
    private readonly db: ServiceClient,
    private readonly required: RequiredFields,
    private readonly log: Log,
  ) {}

  /** @throws DatabaseError */
  rules(): Promise<FieldRules> {
    return this.#rules ??= readFieldRules(this.db);
  }

  /** What the org calls our fields. @throws DatabaseError */
  async names(): Promise<FieldNames> {
    return namesOf(await this.rules());
  }

  /**
   * Reads the fields when they are due. A failure postpones it by five minutes and stops nothing: the
   * writes meet the same fault.
   *
   * @throws DatabaseError
   */
  async keep(zoho: ZohoClient): Promise<void> {
    if (!(await this.rules()).due) return;
    try {
      const plan = await this.read(zoho);
      const problems = plan.filter(({ outcome }) => problemOf(outcome) !== null);
      if (problems.length === 0) return;
      this.log("warn", "fields of Zoho are not as they should be", {
        fields: problems.map(({ module, field, outcome }) => `${module}.${field}: ${outcome}`),
      });
    } catch (error) {
      if (!isZohoFault(error)) throw error;
      this.log("warn", "the fields of Zoho could not be read", { code: error.code });
      await this.#store([], tryAgainMs);
    }
  }

  /**
   * Reads the fields of every module now, and stores what was found.
   * @throws ZohoCallError, ZohoTokenError, DatabaseError
   */
  async read(zoho: ZohoClient): Promise<PlannedField[]> {
    const known = await this.#knownIds();
    const modules = Object.entries<Readonly<Record<string, RequiredField>>>(this.required);
    const plans = await Promise.all(modules.map(async ([module, required]) => {
      const ids = known.get(module) ?? {};
      return planModule(module, required, await fieldsOrNone(zoho, module), ids);
    }));
    const plan = plans.flat();
    await this.#store(plan.map(storedField), readEveryMs);
    return plan;
  }

  async #store(fields: ReturnType<typeof storedField>[], nextMs: number): Promise<void> {
    const answer = await callFunction(this.db, "zoho_store_fields", {
      p_fields: fields,
      p_next_seconds: nextMs / SECOND,
    });
    this.#rules = Promise.resolve({ ...fieldRules.parse(answer), due: false });
  }

  async #knownIds(): Promise<Map<string, Record<string, string>>> {
    const { data, error } = await this.db.from("zoho_fields").select("module, field, zoho_id");
    if (error) throw new DatabaseError(error.code, "zoho_fields", error.message);
    const known = new Map<string, Record<string, string>>();
    for (const { module, field, zoho_id } of data) {
      if (zoho_id !== null) known.set(module, { ...known.get(module), [field]: zoho_id });
    }
    return known;
  }
}

/** Null where the org does not have the module. */
async function fieldsOrNone(zoho: ZohoClient, module: string): Promise<ZohoField[] | null> {
  try {
    return await fetchFields(zoho, module);
  } catch (error) {
    const isUnknown = error instanceof ZohoCallError &&
      ["INVALID_MODULE", "NO_PERMISSION"].includes(error.code);
    if (isUnknown) return null;
    throw error;
  }
}

type Problem =
  | "missing"
  | "hidden"
  | "read_only"
  | "missing_options"
  | "wrong_type"
  | "not_unique"
  | "no_module";

const problems: Readonly<Record<PlannedField["outcome"], Problem | null>> = {
  exists: null,
  other_name: null,
  not_used: null,
  create: "missing",
  no_room: "missing",
  // Zoho's own fields cannot be deleted: it is hidden from us, and may still accept our values.
  missing: "hidden",
  missing_option: "missing_options",
  wrong_type: "wrong_type",
  not_unique: "not_unique",
  read_only: "read_only",
  no_module: "no_module",
};

function problemOf(outcome: PlannedField["outcome"]): Problem | null {
  return problems[outcome];
}

/** A row of zoho_fields, in the form of zoho_store_fields. */
function storedField({ module, field, apiName, outcome, required, found, missingOptions }: PlannedField) {
  // A field of the same label and another type belongs to the org's people: nothing is written there.
  const isStranger = outcome === "wrong_type" && apiName === null;
  return {
    module,
    field,
    api_name: apiName ?? field,
    zoho_id: apiName === null ? null : found?.id ?? null,
    label: found?.label ?? required.label,
    data_type: found?.dataType ?? null,
    is_optional: required.isOptional ?? false,
    is_unique: found?.isUnique ?? false,
    options: found?.options.map(({ actual }) => actual) ?? [],
    displayed: found?.options.map(({ display }) => display) ?? [],
    problem: isStranger ? "missing" : problemOf(outcome),
    missing_options: missingOptions,
  };
}

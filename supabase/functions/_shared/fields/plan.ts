import type { RequiredField } from "../mapping/record_type.ts";
import { type NewField, uniquePerModule, type ZohoField } from "../zoho/fields.ts";

/** The fields that we need in an org, by module and our name of the field. */
export type RequiredFields = Readonly<Record<string, Readonly<Record<string, RequiredField>>>>;

/**
 * - exists          nothing to do
 * - create          will be made
 * - missing_option  values are missing: made for our own picklists, reported for Zoho's
 * - other_name      exists under another api_name, which is used
 * - wrong_type, not_unique, read_only  exists, but a person has to correct it
 * - no_room         the module has two unique fields already
 * - missing         a standard field of Zoho is absent: for a person
 * - not_used        an optional field is absent, which is fine
 * - no_module       the org does not have the module, or hides it
 */
export type FieldOutcome =
  | "exists"
  | "create"
  | "missing_option"
  | "other_name"
  | "wrong_type"
  | "not_unique"
  | "read_only"
  | "no_room"
  | "missing"
  | "not_used"
  | "no_module";

export interface PlannedField {
  module: string;
  /** Our name. */
  field: string;
  /** The org's; null where there is none. */
  apiName: string | null;
  outcome: FieldOutcome;
  /** One sentence: the present state, and what a person can do about it. */
  note: string;
  /** Set when applying the plan changes something. */
  action: { create: NewField } | { addOptions: readonly string[]; to: ZohoField } | null;
  required: RequiredField;
  found: ZohoField | null;
  missingOptions: readonly string[];
}

/** Zoho's own types that store our values equally well. */
const sameTypes: Readonly<Record<string, readonly string[]>> = {
  text: ["text", "website", "autonumber"],
  currency: ["currency", "double"],
};

/**
 * Compares what a module must have with what it has. Pure; nothing that exists is ever planned to be changed, except that
 * one of our own picklists gets more options.
 *
 * @param existing null where the org does not have the module
 * @param knownIds Zoho's ids of fields that were found before, by our name: a field that was renamed is found by it
 */
export function planModule(
  module: string,
  required: Readonly<Record<string, RequiredField>>,
  existing: readonly ZohoField[] | null,
  knownIds: Readonly<Record<string, string>> = {},
): PlannedField[] {
  let unique = (existing ?? []).filter(({ isUnique, isCustom }) => isUnique && isCustom).length;
  return Object.entries(required).map(([field, wanted]) => {
    const base = {
      module,
      field,
      apiName: null,
      action: null,
      required: wanted,
      found: null,
      missingOptions: [],
    };
    if (existing === null) {
      return {
        ...base,
        outcome: "no_module",
        note: `Switch the module ${module} on, and let the integration user see it.`,
      };
    }
    // Optional fields are Zoho's own: a custom field of the same name belongs to the org's people.
    const candidates = wanted.isOptional ? existing.filter(({ isCustom }) => !isCustom) : existing;
    const found = findField(
      candidates,
      field,
      wanted,
      Object.hasOwn(knownIds, field) ? knownIds[field] : undefined,
    );
    if (found) return { ...base, ...judge(field, wanted, found) };
    const sameLabel = candidates.find(({ label }) => isSameLabel(label, wanted.label));
    if (sameLabel) {
      return {
        ...base,
        outcome: "wrong_type",
        found: sameLabel,
        note:
          `A field "${sameLabel.label}" (${sameLabel.apiName}) is a ${sameLabel.dataType}, not a ${wanted.data_type}: ` +
          "rename it or delete it in Zoho, then run this again.",
      };
    }
    if (wanted.isOptional) return { ...base, outcome: "not_used", note: "Only some orgs have it." };
    if (!wanted.custom) {
      return {
        ...base,
        outcome: "missing",
        note: "A field of Zoho's own: let the integration user see it, or give it back its API name.",
      };
    }
    if (wanted.unique && ++unique > uniquePerModule) {
      return {
        ...base,
        outcome: "no_room",
        note:
          `${module} has ${uniquePerModule} unique fields, as many as Zoho allows: make one of them not unique.`,
      };
    }
    return { ...base, outcome: "create", note: describe(wanted), action: { create: newField(wanted) } };
  });
}

/** By our name, by its known id, by its label; the last two only if the type fits too. */
function findField(
  existing: readonly ZohoField[],
  field: string,
  wanted: RequiredField,
  knownId: string | undefined,
): ZohoField | undefined {
  return existing.find(({ apiName }) => apiName === field) ??
    existing.find((each) => each.id === knownId && hasType(each, wanted)) ??
    existing.find((each) => isSameLabel(each.label, wanted.label) && hasType(each, wanted));
}

type Judged = Pick<PlannedField, "apiName" | "outcome" | "note" | "action" | "found" | "missingOptions">;

function judge(field: string, wanted: RequiredField, found: ZohoField): Judged {
  const { apiName } = found;
  const missingOptions = missingOf(wanted, found);
  const judged = (outcome: FieldOutcome, note: string, action: Judged["action"] = null): Judged => ({
    apiName,
    outcome,
    note,
    action,
    found,
    missingOptions,
  });
  if (!hasType(found, wanted)) {
    return judged(
      "wrong_type",
      `It is a ${found.dataType}, not a ${wanted.data_type}: rename it in Zoho, then run this again.`,
    );
  }
  if (wanted.custom && found.isReadOnly) {
    return judged("read_only", "The integration user may not write it: Setup → Security Control → Profiles.");
  }
  if (wanted.unique && !found.isUnique) {
    return judged(
      "not_unique",
      `Tick "Do not allow duplicate values" for ${apiName} in Zoho; it is what keeps records single.`,
    );
  }
  if (missingOptions.length > 0) {
    const missing = missingOptions.join(", ");
    return wanted.custom
      ? judged("missing_option", `Without ${missing}.`, { addOptions: missingOptions, to: found })
      : judged("missing_option", `Without ${missing}: a picklist of Zoho's own, add them in Zoho.`);
  }
  if (apiName !== field) return judged("other_name", `Called ${apiName} here; that name is used.`);
  return judged("exists", "");
}

/** Zoho may accept the actual or the displayed value: one of them is enough. */
function missingOf({ values = [] }: RequiredField, { options }: ZohoField): string[] {
  return values.filter((value) =>
    !options.some(({ actual, display }) => actual === value || display === value)
  );
}

function hasType({ dataType }: ZohoField, { data_type: wanted }: RequiredField): boolean {
  return dataType === wanted ||
    (Object.hasOwn(sameTypes, wanted) && sameTypes[wanted]?.includes(dataType) === true);
}

function isSameLabel(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

function newField({ label, data_type: dataType, length, unique, values }: RequiredField): NewField {
  return {
    label,
    dataType,
    ...(length === undefined ? {} : { length }),
    ...(unique ? { isUnique: true } : {}),
    ...(values === undefined ? {} : { values }),
  };
}

function describe({ data_type, unique, values }: RequiredField): string {
  return [data_type, unique ? "unique" : "", values ? `of ${values.join(", ")}` : ""].filter(Boolean).join(
    ", ",
  );
}

const isWell = new Set<FieldOutcome>(["exists", "other_name", "not_used"]);

/** Whether the plan leaves something for a person to do. */
export function needsPerson({ outcome, action }: PlannedField): boolean {
  return !isWell.has(outcome) && action === null;
}

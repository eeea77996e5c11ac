import { fieldFromSeed, type FieldSeed, type ModuleField } from "./field.ts";
import { RecordStore, type StoredRecord } from "./store.ts";
import { lineFieldsOf } from "./line_fields.ts";
import { standardFields, systemFields } from "./standard_fields.ts";

/** What differs from module to module (facts §4.2 and §7). */
interface ModuleSpec {
  singular: string;
  /** Upsert compares this field when the caller names none. */
  systemCheckField: string;
  /** Shown as `name` wherever a record is looked up. */
  nameField: string;
  linesField: string | null;
  mergeable: boolean;
}

const plain = { linesField: null, mergeable: true };

const specs: Record<string, ModuleSpec> = {
  Deals: { ...plain, singular: "Deal", systemCheckField: "Deal_Name", nameField: "Deal_Name" },
  Accounts: { ...plain, singular: "Account", systemCheckField: "Account_Name", nameField: "Account_Name" },
  Contacts: { ...plain, singular: "Contact", systemCheckField: "Email", nameField: "Full_Name" },
  Products: {
    ...plain,
    singular: "Product",
    systemCheckField: "Product_Name",
    nameField: "Product_Name",
    mergeable: false,
  },
  Quotes: {
    singular: "Quote",
    systemCheckField: "Subject",
    nameField: "Subject",
    linesField: "Quoted_Items",
    mergeable: false,
  },
  Invoices: {
    singular: "Invoice",
    systemCheckField: "Subject",
    nameField: "Subject",
    linesField: "Invoiced_Items",
    mergeable: false,
  },
};

export const moduleNames = Object.keys(specs);

export interface DeletedRow {
  id: string;
  displayName: string;
  deletedMs: number;
  type: "recycle" | "permanent";
  deletedBy: { name: string; id: string };
  createdBy: { name: string; id: string };
}

export interface OrgModule extends ModuleSpec {
  id: string;
  apiName: string;
  layoutId: string;
  fields: Map<string, ModuleField>;
  /** The fields of its lines; none where it has no lines. */
  lines: { id: string; fields: ModuleField[] } | null;
  store: RecordStore;
  deleted: DeletedRow[];
  /** What the recycle bin still holds, by id. */
  bin: Map<string, StoredRecord>;
}

export function createModule(apiName: string, customFields: FieldSeed[], nextId: () => string): OrgModule {
  const spec = specs[apiName];
  if (spec === undefined) throw new RangeError(`No module is called ${apiName}`);
  const seeds = [...(standardFields[apiName] ?? []), ...customFields, ...systemFields];
  const fields = new Map(seeds.map((seed) => [seed.apiName, fieldFromSeed(seed, nextId)]));
  const module: OrgModule = {
    ...spec,
    id: nextId(),
    apiName,
    layoutId: nextId(),
    fields,
    lines: spec.linesField === null ? null : {
      id: nextId(),
      fields: lineFieldsOf(apiName).map((seed) => fieldFromSeed(seed, nextId)),
    },
    store: new RecordStore(),
    deleted: [],
    bin: new Map(),
  };
  reindex(module);
  return module;
}

/** Fields that anything looks records up by: unique, external, check fields, lookups and addresses. */
export function reindex(module: OrgModule): void {
  const wanted = [...module.fields.values()].filter((field) =>
    field.unique !== null || field.external !== null || field.dataType === "lookup" ||
    field.dataType === "email" || field.apiName === module.systemCheckField ||
    field.apiName === module.nameField || field.apiName === "Product_Code"
  );
  module.store.indexOn(wanted.map((field) => field.apiName));
}

/** Fields the API keeps unique, external ones included (facts §4.3). */
export function uniqueFields(module: OrgModule): ModuleField[] {
  return [...module.fields.values()].filter((field) => field.unique !== null || field.external !== null);
}

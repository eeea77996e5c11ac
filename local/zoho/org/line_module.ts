import type { ModuleField } from "./field.ts";
import type { OrgModule } from "./module.ts";
import type { Org } from "./org.ts";
import { RecordStore, type StoredLine, type StoredRecord } from "./store.ts";

/**
 * The module that a record's lines are, Quoted_Items or Invoiced_Items, as it is at this moment: read by queries and
 * lists, written through its records only.
 *
 * @param parentIds the records whose lines matter; all of them unless given
 */
export function lineModule(org: Org, name: string, parentIds?: string[]): OrgModule | undefined {
  const { lineModules, lineColumnsHidden, hiddenModules } = org.settings;
  const wanted = name.toLowerCase();
  const parent = [...org.modules.values()].find(({ linesField }) => linesField?.toLowerCase() === wanted);
  if (lineModules === "hidden" || !parent?.lines || parent.linesField === null) return undefined;
  if (hiddenModules.includes(parent.apiName)) return undefined;
  const fields = parent.lines.fields.filter(({ apiName }) => !lineColumnsHidden.includes(apiName));
  const store = new RecordStore();
  for (const record of parentsOf(org, parent, parentIds)) {
    for (const line of record.lines) store.put(lineRecord(record, line));
  }
  return {
    id: parent.lines.id,
    apiName: parent.linesField,
    singular: parent.linesField,
    systemCheckField: "id",
    nameField: "Product_Name",
    linesField: null,
    mergeable: false,
    layoutId: parent.layoutId,
    fields: new Map(fields.map((field): [string, ModuleField] => [field.apiName, field])),
    lines: null,
    store,
    deleted: [],
    bin: new Map(),
  };
}

/** Who may not touch the records may not touch their lines. */
export function mayRead(org: Org, module: OrgModule): boolean {
  const parent = [...org.modules.values()].find(({ linesField }) => linesField === module.apiName);
  const { noPermission } = org.settings;
  return !noPermission.includes(module.apiName) && !noPermission.includes(parent?.apiName ?? "");
}

/** Lines are as late as their record where COQL reads the search index. */
function parentsOf(org: Org, { store }: OrgModule, ids: string[] | undefined): StoredRecord[] {
  const nowMs = org.nowMs();
  const isLate = org.settings.coqlFreshness === "indexed";
  const all = ids ?? [...[...store.all()].map(({ id }) => id), ...isLate ? store.lateIds(nowMs) : []];
  return [...new Set(all)].flatMap((id) => (isLate ? store.asSearched(id, nowMs) : store.get(id)) ?? []);
}

function lineRecord(parent: StoredRecord, line: StoredLine): StoredRecord {
  return { ...parent, id: line.id, values: { ...line, Parent_Id: { id: parent.id } }, lines: [] };
}

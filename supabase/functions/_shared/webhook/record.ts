import { dealOwners, estimateOwners, invoiceOwners } from "../mapping/owners.ts";
import { foldStage, mapDealStageToContractStatus, statusesAgreeingWith } from "../mapping/stage.ts";
import type { ContractStatus, Fields, FieldValue } from "../mapping/types.ts";
import { BadRequestError } from "../platform/http.ts";
import type { InboundOperation } from "./payload.ts";

/** What an event says of one record, as zoho_apply_event takes it. */
export interface InboundRecord {
  record_id: string;
  operation: InboundOperation;
  modified_at: string | null;
  modified_by: string | null;
  contract_number: string | null;
  /** The contract status that the stage asks for. */
  status: ContractStatus | null;
  /** Every contract status that the stage agrees with. */
  agrees_with: ContractStatus[];
  /** The values of fields that we project; lookups by id only. */
  fields: Fields;
  /** For modules of which we only note what would have changed: the names, never the values. */
  names: string;
}

/** The part of a record that an event keeps: what we read, and nothing personal. */
export type KeptRecord = { id: string } & Record<string, FieldValue>;

/** Fields kept of each module beside id, Modified_Time and Modified_By; of a Contact only that they were there. */
export const keptFields: Readonly<Record<string, readonly string[]>> = {
  Deals: Object.keys(dealOwners),
  Quotes: withoutLines(Object.keys(estimateOwners)),
  Invoices: withoutLines(Object.keys(invoiceOwners)),
  Contacts: [],
};
const notedFields = ["First_Name", "Last_Name", "Email"];
const metaFields = new Set(["id", "Modified_Time", "Modified_By", "$noted"]);

const lookups = new Set(["Account_Name", "Contact_Name"]);

/** Zoho's picklists read "-None-" where nothing is chosen. */
const emptyValues = new Set(["", "-None-"]);

/**
 * Reduces a record as Zoho sends it to what an event keeps.
 * @throws BadRequestError naming a field whose value no database can hold
 */
export function keepRecord(module: string, id: string, data: Record<string, unknown>): KeptRecord {
  const kept: KeptRecord = { id };
  for (const name of Object.hasOwn(keptFields, module) ? keptFields[module] ?? [] : []) {
    if (!Object.hasOwn(data, name)) continue;
    const value = lookups.has(name) ? readLookup(data[name]) : readValue(name, data[name]);
    if (value !== undefined) kept[name] = value;
  }
  const modifiedAt = readMoment(ownValue(data, "Modified_Time"));
  if (modifiedAt !== null) kept.Modified_Time = modifiedAt;
  const modifiedBy = readId(ownValue(data, "Modified_By"));
  if (modifiedBy !== null) kept.Modified_By = modifiedBy;
  const noted = notedFields.filter((name) => Object.hasOwn(data, name));
  if (module === "Contacts" && noted.length > 0) kept.$noted = noted.join(", ");
  return kept;
}

/** Reads a kept record for the gates; pure, so that a replay reads the same. */
export function inboundRecord(operation: InboundOperation, kept: KeptRecord): InboundRecord {
  const fields: Fields = Object.fromEntries(Object.entries(kept).filter(([name]) => !metaFields.has(name)));
  const { Stage: stage, Contract_Number: number, Modified_Time: modifiedAt, Modified_By: modifiedBy } = kept;
  // A Deal always has a stage: an empty one was left out by the sender.
  if (typeof stage !== "string" || foldStage(stage) === "") delete fields.Stage;
  return {
    record_id: kept.id,
    operation,
    modified_at: typeof modifiedAt === "string" ? modifiedAt : null,
    modified_by: typeof modifiedBy === "string" ? modifiedBy : null,
    contract_number: typeof number === "string" ? number : null,
    status: typeof stage === "string" ? mapDealStageToContractStatus(stage) : null,
    agrees_with: typeof stage === "string" ? statusesAgreeingWith(stage) : [],
    fields,
    names: typeof kept.$noted === "string" ? kept.$noted : "",
  };
}

/** Events do not carry line items (notification page). */
function withoutLines(names: string[]): string[] {
  return names.filter((name) => !name.endsWith("_Items"));
}

function ownValue(data: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

/** A lookup by its id, given alone or with the name; a name without an id says nothing we could compare. */
function readLookup(value: unknown): FieldValue | undefined {
  if (value === null || value === "") return null;
  const id = readId(value);
  return id === null ? undefined : { id };
}

function readValue(name: string, value: unknown): FieldValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (value.length > 2000 || !isStorable(value)) throw unreadable(name);
    return emptyValues.has(value) ? null : readNumberField(name, value);
  }
  throw unreadable(name);
}

/** A Deluge map turned to text may quote its numbers. */
function readNumberField(name: string, value: string): FieldValue {
  return name === "Amount" && /^-?\d{1,16}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
}

/** The id of a lookup or user: `{id, name}`, or the id itself. */
function readId(value: unknown): string | null {
  const id = typeof value === "object" && value !== null && Object.hasOwn(value, "id")
    ? (value as { id: unknown }).id
    : value;
  return typeof id === "string" && /^\d{1,30}$/.test(id) ? id : null;
}

/** ISO-8601 with an offset, as Zoho writes it; anything else counts as not given. */
function readMoment(value: unknown): string | null {
  if (
    typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(value)
  ) {
    return null;
  }
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** Postgres keeps neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}

function unreadable(name: string): BadRequestError {
  return new BadRequestError(400, {
    code: "INVALID_PAYLOAD",
    message: `record_data.${name} has a value that no field can hold`,
    field: `record_data.${name}`,
  });
}

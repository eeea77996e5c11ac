import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";

/** Most fields of one create call (custom-fields page). */
export const fieldsPerCall = 5;
/** Most unique fields that a module may have, in every edition (custom-fields page). */
export const uniquePerModule = 2;

/** A field as the org describes it (fields-metadata page). */
export interface ZohoField {
  id: string;
  apiName: string;
  label: string;
  dataType: string;
  isCustom: boolean;
  isUnique: boolean;
  /** The API cannot write it, whatever Zoho answers. */
  isReadOnly: boolean;
  options: FieldOption[];
}

export interface FieldOption {
  /** Null for a new option. */
  id: string | null;
  /** The value that the API uses. */
  actual: string;
  /** The value that people see. */
  display: string;
}

/** A field to be made. */
export interface NewField {
  label: string;
  dataType: string;
  length?: number;
  isUnique?: boolean;
  values?: readonly string[];
}

/** The outcome of one field of a call. */
export type FieldResult =
  | { ok: true; id: string }
  | { ok: false; code: string; about: string | null; limit: number | null };

/**
 * Every field of a module; one credit.
 * @throws ZohoCallError (INVALID_MODULE where the org has no such module), ZohoTokenError
 */
export async function fetchFields(client: ZohoClient, module: string): Promise<ZohoField[]> {
  const { body } = await client.call({
    method: "GET",
    path: "/settings/fields",
    // `include` is required by the newer API description and optional by the older one.
    query: { module, include: "allowed_permissions_to_update" },
  });
  if (body === null) return [];
  if (!isRecord(body) || !Array.isArray(body.fields)) {
    throw new ZohoCallError("UNREADABLE", `the fields of ${module} are not a list`);
  }
  return body.fields.map((item) => {
    if (isRecord(item) && typeof item.api_name === "string") return readField(item);
    throw new ZohoCallError("UNREADABLE", `the fields of ${module} have an item that is no field`);
  });
}

/**
 * Makes up to five fields. Zoho's answer has no api_names: read them back with fetchFields.
 * @returns one result per field, in their order
 * @throws ZohoCallError, ZohoTokenError
 */
export async function makeFields(
  client: ZohoClient,
  module: string,
  fields: readonly NewField[],
): Promise<FieldResult[]> {
  if (fields.length > fieldsPerCall) {
    throw new RangeError(`a call makes ${fieldsPerCall} fields, not ${fields.length}`);
  }
  const { body } = await client.call({
    method: "POST",
    path: "/settings/fields",
    query: { module },
    body: { fields: fields.map(describe) },
  });
  return readResults(body, fields.length);
}

/**
 * Gives a picklist more options; those it has keep their ids.
 * @throws ZohoCallError, ZohoTokenError
 */
export async function addOptions(
  client: ZohoClient,
  module: string,
  field: ZohoField,
  values: readonly string[],
): Promise<FieldResult> {
  const options = [...field.options, ...values.map((value) => ({ id: null, actual: value, display: value }))];
  const { body } = await client.call({
    method: "PATCH",
    path: `/settings/fields/${field.id}`,
    query: { module },
    body: {
      fields: [{
        pick_list_values: options.map(({ id, actual, display }) => ({
          ...(id === null ? {} : { id }),
          actual_value: actual,
          display_value: display,
        })),
      }],
    },
  });
  const [result] = readResults(body, 1);
  if (!result) throw new ZohoCallError("UNREADABLE", "no result for the field", { outcomeUnknown: true });
  return result;
}

function describe({ label, dataType, length, isUnique, values }: NewField): Record<string, unknown> {
  return {
    field_label: label,
    data_type: dataType,
    ...(length === undefined ? {} : { length }),
    ...(isUnique ? { unique: { case_sensitive: false } } : {}),
    ...(values === undefined ? {} : {
      pick_list_values: values.map((value) => ({ display_value: value, actual_value: value })),
    }),
  };
}

function readField(it: Record<string, unknown>): ZohoField {
  const unique = it.unique;
  return {
    id: String(it.id ?? ""),
    apiName: String(it.api_name ?? ""),
    label: String(it.field_label ?? it.display_label ?? ""),
    dataType: String(it.data_type ?? ""),
    isCustom: it.custom_field === true,
    // {} is Zoho's "not unique".
    isUnique: isRecord(unique) && Object.keys(unique).length > 0,
    isReadOnly: it.read_only === true || it.field_read_only === true || isNotWritable(it.operation_type),
    options: Array.isArray(it.pick_list_values) ? it.pick_list_values.filter(isRecord).map(readOption) : [],
  };
}

function isNotWritable(operations: unknown): boolean {
  return isRecord(operations) && operations.api_create === false && operations.api_update === false;
}

function readOption(it: Record<string, unknown>): FieldOption {
  return {
    id: typeof it.id === "string" ? it.id : null,
    actual: String(it.actual_value ?? it.display_value ?? ""),
    display: String(it.display_value ?? it.actual_value ?? ""),
  };
}

function readResults(body: unknown, count: number): FieldResult[] {
  const items = isRecord(body) && Array.isArray(body.fields) ? body.fields.filter(isRecord) : [];
  if (items.length !== count) {
    throw new ZohoCallError("UNREADABLE", `${count} fields got ${items.length} results`, {
      outcomeUnknown: true,
    });
  }
  return items.map((item) => {
    const details = isRecord(item.details) ? item.details : {};
    const { code, status } = item;
    if (code === "SUCCESS" && status !== "error" && typeof details.id === "string" && details.id !== "") {
      return { ok: true, id: details.id };
    }
    return {
      ok: false,
      code: code === "SUCCESS" ? "UNREADABLE" : typeof code === "string" ? code : "UNKNOWN",
      about: typeof details.api_name === "string" ? details.api_name : limitedBy(details),
      limit: typeof details.limit === "number" ? details.limit : null,
    };
  });
}

function limitedBy(details: Record<string, unknown>): string | null {
  const [first] = Array.isArray(details.limit_due_to) ? details.limit_due_to : [];
  return isRecord(first) && typeof first.api_name === "string" ? first.api_name : null;
}

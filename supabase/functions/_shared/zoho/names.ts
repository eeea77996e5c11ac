import { isRecord } from "../platform/is_record.ts";
import type { ZohoRequest } from "./request.ts";

/** By module, the org's names of fields that differ from ours. A field that is not listed has our name. */
export type FieldNames = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const ownNames: FieldNames = {};

/** A record with the org's field names replaced by ours. */
export function withOurNames<T extends Record<string, unknown>>(
  names: FieldNames,
  module: string,
  record: T,
): T {
  const renamed = own(names, module);
  return renamed ? renameKeys(record, invert(renamed)) : record;
}

/** A request with our field names replaced by the org's: bodies of writes, lists, searches, COQL. */
export function inOrgNames(names: FieldNames, request: ZohoRequest): ZohoRequest {
  if (Object.keys(names).length === 0) return request;
  const renamed = own(names, moduleOf(request) ?? "");
  if (!renamed) return request;
  return {
    ...request,
    ...(request.query ? { query: renameQuery(request.query, renamed) } : {}),
    ...(isRecord(request.body) ? { body: renameBody(request.body, renamed) } : {}),
  };
}

/** An answer with the org's field names replaced by ours: in records, and in the field that a refusal names. */
export function inOurNames(names: FieldNames, request: ZohoRequest, body: unknown): unknown {
  const renamed = own(names, moduleOf(request) ?? "");
  if (!renamed || !isRecord(body) || !Array.isArray(body.data)) return body;
  const back = invert(renamed);
  return { ...body, data: body.data.map((item) => isRecord(item) ? renameItem(item, back) : item) };
}

/** The module of a call, from its path or its query. */
function moduleOf({ path, body }: ZohoRequest): string | null {
  const query = isRecord(body) ? body.select_query : undefined;
  if (typeof query === "string") return /\bfrom\s+(\w+)/i.exec(query)?.[1] ?? null;
  return path.split("/")[1] ?? null;
}

type Renamed = Readonly<Record<string, string>>;

function renameQuery(query: Record<string, string>, renamed: Renamed): Record<string, string> {
  const { fields, criteria, sort_by } = query;
  return {
    ...query,
    ...(fields === undefined
      ? {}
      : { fields: fields.split(",").map((name) => word(name, renamed)).join(",") }),
    ...(criteria === undefined ? {} : { criteria: renameCriteria(criteria, renamed) }),
    ...(sort_by === undefined ? {} : { sort_by: word(sort_by, renamed) }),
  };
}

function renameBody(body: Record<string, unknown>, renamed: Renamed): Record<string, unknown> {
  const { data, duplicate_check_fields: checked, select_query: query } = body;
  return {
    ...body,
    ...(Array.isArray(data)
      ? { data: data.map((each) => isRecord(each) ? renameKeys(each, renamed) : each) }
      : {}),
    ...(Array.isArray(checked)
      ? { duplicate_check_fields: checked.map((name) => word(String(name), renamed)) }
      : {}),
    ...(typeof query === "string" ? { select_query: renameQueryText(query, renamed) } : {}),
  };
}

function renameItem(item: Record<string, unknown>, back: Renamed): Record<string, unknown> {
  const { details } = item;
  if (!isRecord(details)) return renameKeys(item, back);
  const { api_name: name, json_path: path, errors } = details;
  return {
    ...item,
    details: {
      ...details,
      // Of a record that is refused for several fields.
      ...(Array.isArray(errors)
        ? { errors: errors.map((each) => isRecord(each) ? renameItem(each, back) : each) }
        : {}),
      ...(typeof name === "string" ? { api_name: word(name, back) } : {}),
      ...(typeof path === "string" ? { json_path: renamePath(path, back) } : {}),
    },
  };
}

/** `$.data[0].Name.id`: only the record's own field is translated. */
function renamePath(path: string, back: Renamed): string {
  return path.replace(
    /^(\$\.data\[\d+\]\.)(\w+)/,
    (_, start: string, name: string) => start + word(name, back),
  );
}

/** Values are in quotes and stay as they are. */
function renameQueryText(query: string, renamed: Renamed): string {
  return query.replaceAll(/'(?:''|[^'])*'|\w+/g, (part) => word(part, renamed));
}

/** `(Name:equals:value)`: a value's own brackets are escaped. */
function renameCriteria(criteria: string, renamed: Renamed): string {
  return criteria.replaceAll(
    /(?<!\\)\((\w+):/g,
    (_, name: string) => `(${word(name, renamed)}:`,
  );
}

function renameKeys<T extends Record<string, unknown>>(record: T, renamed: Renamed): T {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [word(name, renamed), value])) as T;
}

function word(name: string, renamed: Renamed): string {
  return own(renamed, name) ?? name;
}

function invert(renamed: Renamed): Renamed {
  return Object.fromEntries(Object.entries(renamed).map(([ours, theirs]) => [theirs, ours]));
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

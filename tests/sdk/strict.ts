import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import type { HeardAnswer } from "./client.ts";

/** One key of a class in the SDK's json_details. */
interface Detail {
  name?: string;
  type?: string;
  structure_name?: string;
  spec_type?: string;
  values?: unknown[];
  picklist?: boolean;
  keys?: Detail[];
  module?: string;
}

/** A class with its members, or the classes that may stand there. */
interface Description {
  members: Record<string, Detail>;
  classes: string[] | null;
}

type Json = Record<string, unknown>;

const record = "core/com/zoho/crm/api/record/record";
/** In Zoho's OpenAPI documents and not in the SDK, which drops them. */
const newerThanTheSdk = ["range", "public"];
/** A line's discount is a text for the SDK, since "10%" may be written; Zoho's samples answer a number. */
const numbersToo = ["Discount"];
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What the SDK would have bent into shape without a word, or dropped. Its converter turns `false` into "false" and 5
 * into "5" where it expects a text; here the JSON itself must have the type that the SDK's description gives.
 *
 * @param fieldsOf what the SDK has learned of a module's fields from `settings/fields`
 */
export function mismatchesOf(
  heard: HeardAnswer,
  fieldsOf: (module: string) => Record<string, Detail>,
): string[] {
  const found: string[] = [];
  const report = (path: string, problem: string): void => void found.push(`${path} ${problem}`);

  const checkClass = (name: string, json: unknown, object: unknown, path: string): void => {
    if (!isObject(json)) return report(path, `is no object but ${JSON.stringify(json)}`);
    const { members, classes } = descriptionOf(name);
    if (classes !== null) {
      const chosen = classFor(classes, json);
      if (chosen === undefined) return report(path, `fits no class of ${name}`);
      const told = object?.constructor.name ?? "nothing";
      if (camel(chosen) !== told) report(path, `is ${camel(chosen)}, and the SDK takes it for ${told}`);
      return checkClass(chosen, json, object, path);
    }
    if (name === record) return checkRecord(json, {}, path);
    const byName = new Map(
      Object.entries(members).map(([member, detail]) => [detail.name, { member, detail }]),
    );
    for (const [key, value] of Object.entries(json)) {
      const known = byName.get(key);
      if (known === undefined) {
        if (!newerThanTheSdk.includes(key)) report(`${path}.${key}`, "is unknown to the SDK");
        continue;
      }
      // The SDK's lists of error codes and texts are shorter than those of Zoho's OpenAPI documents.
      if (name.endsWith("/api_exception") && ["code", "message"].includes(key)) {
        if (typeof value !== "string") report(`${path}.${key}`, "is no text");
        continue;
      }
      checkValue(known.detail, value, isObject(object) ? object[known.member] : undefined, `${path}.${key}`);
    }
  };

  const checkRecord = (json: Json, fields: Record<string, Detail>, path: string): void => {
    const common = new Map(
      Object.values(descriptionOf(record).members).map((detail) => [detail.name, detail]),
    );
    for (const [key, value] of Object.entries(json)) {
      const detail = fields[key] ?? common.get(key);
      // The options are what people see, the value may be the other one: the SDK does not look when it reads.
      if (detail !== undefined) {
        checkValue({ ...detail, values: undefined }, value, undefined, `${path}.${key}`);
      }
    }
  };

  const checkValue = (detail: Detail, value: unknown, object: unknown, path: string): void => {
    if (value === null) return;
    const type = detail.type ?? "Object";
    if (type.toLowerCase() === "list") {
      if (!Array.isArray(value)) return report(path, `is no list but ${JSON.stringify(value)}`);
      const objects = Array.isArray(object) ? object : [];
      for (const [index, each] of value.entries()) {
        checkStructure(detail, each, objects[index], `${path}[${index}]`);
      }
      return;
    }
    if (type.toLowerCase() === "map") {
      if (!isObject(value)) return report(path, `is no object but ${JSON.stringify(value)}`);
      const keys = new Map((detail.keys ?? []).map((key) => [key.name, key]));
      for (const [key, inner] of Object.entries(value)) {
        checkValue(keys.get(key) ?? {}, inner, undefined, `${path}.${key}`);
      }
      return;
    }
    if (detail.structure_name !== undefined || type.startsWith("core/")) {
      return checkStructure(detail, value, object, path);
    }
    if (typeof value === "number" && numbersToo.includes(detail.name ?? "")) return;
    const problem = scalarProblem(detail, value);
    if (problem !== undefined) report(path, `is no ${problem} but ${JSON.stringify(value)}`);
  };

  const checkStructure = (detail: Detail, value: unknown, object: unknown, path: string): void => {
    const name = detail.structure_name ?? (detail.type?.startsWith("core/") ? detail.type : undefined);
    if (name === undefined || name === "utils/util/choice") return;
    if (name !== record) return checkClass(name, value, object, path);
    if (!isObject(value)) return report(path, `is no object but ${JSON.stringify(value)}`);
    const module = detail.module ?? (path.startsWith("$.data[") ? heard.module : null);
    checkRecord(value, module === null ? {} : fieldsOf(module), path);
  };

  if (heard.json !== null && heard.json !== undefined) {
    checkClass(heard.description, heard.json, heard.object, "$");
  }
  return found;
}

const scalars: Record<string, (value: unknown, detail: Detail) => boolean> = {
  String: (value) => typeof value === "string",
  Boolean: (value) => typeof value === "boolean",
  Integer: (value) => Number.isInteger(value),
  Double: (value) => typeof value === "number",
  Float: (value) => typeof value === "number",
  Long: (value, { spec_type }) =>
    typeof value === "string" ? /^-?\d+$/.test(value) : spec_type?.endsWith("TLong") === true,
  DateTime: (value) =>
    typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)$/.test(value),
  Date: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value),
  TimeZone: (value) => typeof value === "string" && Intl.supportedValuesOf("timeZone").includes(value),
  "utils/util/choice": (value, { values }) =>
    values === undefined ? typeof value !== "object" : values.includes(value),
};

function scalarProblem(detail: Detail, value: unknown): string | undefined {
  const type = detail.type ?? "Object";
  const fits = scalars[type];
  if (fits === undefined || fits(value, detail)) return undefined;
  return type === "utils/util/choice" ? `value of ${JSON.stringify(detail.values).slice(0, 200)}` : type;
}

function descriptionOf(name: string): Description {
  const { interface: isInterface = false, classes = [], ...members } = sdk.Initializer.jsonDetails[name] ??
    {};
  return isInterface ? { members: {}, classes } : { members, classes: null };
}

/** An error is recognised by its status; the rest belongs to the class that knows the keys. */
function classFor(classes: string[], json: Json): string | undefined {
  if (json.status === "error") return classes.find((name) => name.endsWith("/api_exception"));
  return classes.find((name) => {
    if (name.endsWith("/api_exception")) return false;
    const keys = Object.values(descriptionOf(name).members).map((detail) => detail.name);
    return Object.keys(json).every((key) => keys.includes(key));
  });
}

function camel(name: string): string {
  const words = (name.split("/").at(-1) ?? "").split("_");
  const capital = (word: string) => word === "api" ? "API" : word.charAt(0).toUpperCase() + word.slice(1);
  return words.map(capital).join("");
}

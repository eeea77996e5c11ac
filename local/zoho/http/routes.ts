import { runCoql } from "../coql/run.ts";
import { runComposite } from "../composite/composite.ts";
import { changeField, deleteField } from "../metadata/change_field.ts";
import { createFields } from "../metadata/create_field.ts";
import {
  getModule,
  getOrg,
  listCurrencies,
  listLayouts,
  listModules,
  listPipelines,
  listUsers,
} from "../metadata/org.ts";
import {
  disableChannels,
  enableChannels,
  listChannels,
  patchChannels,
  replaceChannels,
} from "../notify/watch.ts";
import { mergeRecords } from "../records/merge.ts";
import { getField, listFields } from "../metadata/fields.ts";
import { deleteMany, insertMany, updateMany, updateSingle, upsertMany } from "../records/batch.ts";
import { getDeleted, getList, getSingle } from "../records/read.ts";
import { searchRecords } from "../search/search.ts";
import type { ApiCall, Handler } from "./call.ts";

export interface Route {
  method: string;
  /** Segments after the version; `:name` takes any one segment. */
  path: string[];
  /** Scopes the token must carry; `{module}` is the module in lower case. */
  scopes: string[];
  /** Counts against the sub-concurrency of ten (facts §6). */
  heavy: (call: ApiCall) => boolean;
  /** Places taken of the concurrency ceiling. */
  weight: number;
  handle: Handler;
}

const always = () => true;
const never = () => false;
const manyRecords = (call: ApiCall) => recordCount(call) > 10;

function route(
  text: string,
  scopes: string[],
  handle: Handler,
  more: Partial<Pick<Route, "heavy" | "weight">> = {},
): Route {
  const [method = "", path = ""] = text.split(" ");
  return { method, path: path.split("/"), scopes, handle, heavy: never, weight: 1, ...more };
}

const records = (operation: string) => `ZohoCRM.modules.{module}.${operation}`;

/** Every call the API answers. Fixed words stand before the routes that take any module. */
export const routes: Route[] = [
  route("POST coql", ["ZohoCRM.coql.READ"], runCoql),
  route("GET settings/fields", ["ZohoCRM.settings.fields.READ"], listFields),
  route("GET settings/fields/:id", ["ZohoCRM.settings.fields.READ"], getField),
  route("POST settings/fields", ["ZohoCRM.settings.fields.CREATE"], createFields),
  route("PATCH settings/fields/:id", ["ZohoCRM.settings.fields.UPDATE"], changeField),
  route("DELETE settings/fields/:id", ["ZohoCRM.settings.fields.DELETE"], deleteField),
  route("GET settings/modules", ["ZohoCRM.settings.modules.READ"], listModules),
  route("GET settings/modules/:module", ["ZohoCRM.settings.modules.READ"], getModule),
  route("GET settings/layouts", ["ZohoCRM.settings.layouts.READ"], listLayouts),
  route("GET settings/pipeline", ["ZohoCRM.settings.pipeline.READ"], listPipelines),
  route("GET org", ["ZohoCRM.org.READ"], getOrg),
  route("GET org/currencies", ["ZohoCRM.settings.currencies.READ"], listCurrencies),
  route("GET users", ["ZohoCRM.users.READ"], listUsers),
  route("POST actions/watch", ["ZohoCRM.notifications.CREATE"], enableChannels),
  route("PUT actions/watch", ["ZohoCRM.notifications.UPDATE"], replaceChannels),
  route("PATCH actions/watch", ["ZohoCRM.notifications.UPDATE"], patchChannels),
  route("GET actions/watch", ["ZohoCRM.notifications.READ"], listChannels),
  route("DELETE actions/watch", ["ZohoCRM.notifications.DELETE"], disableChannels),
  route("POST __composite_requests", ["ZohoCRM.composite_requests.CUSTOM"], runComposite, {
    weight: 5,
    heavy: always,
  }),
  route("POST :module/:id/actions/merge", [records("UPDATE"), records("DELETE")], mergeRecords),
  route("GET :module/search", [records("READ"), "ZohoSearch.securesearch.READ"], searchRecords, {
    heavy: always,
  }),
  route("GET :module/deleted", [records("READ")], getDeleted),
  route("POST :module/upsert", [records("CREATE"), records("UPDATE")], upsertMany, { heavy: manyRecords }),
  route("POST :module", [records("CREATE")], insertMany, { heavy: manyRecords }),
  route("PUT :module", [records("UPDATE")], updateMany, { heavy: manyRecords }),
  route("DELETE :module", [records("DELETE")], deleteMany, { heavy: manyRecords }),
  route("GET :module", [records("READ")], getList),
  route("GET :module/:id", [records("READ")], getSingle),
  route("PUT :module/:id", [records("UPDATE")], updateSingle),
  route("DELETE :module/:id", [records("DELETE")], deleteMany),
];

function recordCount(call: ApiCall): number {
  const data = typeof call.body === "object" && call.body !== null && "data" in call.body
    ? call.body.data
    : undefined;
  return Array.isArray(data) ? data.length : call.query.get("ids")?.split(",").length ?? 0;
}

export function matchPath(pattern: string[], segments: string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

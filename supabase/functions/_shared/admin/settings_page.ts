import { z } from "zod";
import { columnNames } from "../mapping/columns.ts";
import { recordTypes } from "../mapping/record_types.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { deployment, variables } from "../platform/settings.ts";
import type { SettingsAnswer } from "./answers.ts";
import type { AdminCall } from "./router.ts";
import { noArguments, queryOf } from "./validate.ts";

/** Every field that is written, module by module. */
const mapping: SettingsAnswer["mapping"] = Object.values(recordTypes).map(
  ({ entityType, zohoType, module, fields, owners }) => ({
    entityType,
    zohoType,
    module,
    fields: Object.entries(fields).map(([field, { data_type, custom, values, from }]) => ({
      field,
      label: null,
      dataType: data_type,
      owner: owners[field] ?? "circletel",
      isCustom: custom ?? false,
      values: [...values ?? []],
      columns: columnNames(from),
    })),
  }),
);

const reads = z.object({
  channels: z.array(z.unknown()),
  migration: z.string().nullable(),
  dailyCredits: z.number(),
  concurrency: z.number(),
  syncedTypes: z.array(z.string()),
  fieldMetadata: z.array(
    z.looseObject({
      module: z.string(),
      field: z.string(),
      label: z.string(),
      problem: z.string().nullable(),
      data_type: z.string().nullable(),
      is_optional: z.boolean(),
    }),
  ),
});

/** With the org's own labels: ours are what a new field would be called, and say nothing of the org. */
function withLabels(metadata: z.infer<typeof reads>["fieldMetadata"]): SettingsAnswer["mapping"] {
  const labels = new Map(
    metadata.filter(({ problem, data_type, is_optional }) =>
      problem !== "missing" && !(is_optional && data_type === null)
    ).map((
      { module, field, label },
    ) => [`${module} ${field}`, label]),
  );
  return mapping.map(({ fields, ...each }) => ({
    ...each,
    fields: fields.map((field) => ({ ...field, label: labels.get(`${each.module} ${field.field}`) ?? null })),
  }));
}

/** GET /settings: how this installation is set up; names of variables, never a value. */
export async function settingsPage(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  const { region, timeZone, apiVersion } = call.settings;
  const { migration, ...rest } = reads.parse(await callFunction(call.db, "zoho_admin_settings", {}));
  return answer({
    success: true,
    mapping: withLabels(rest.fieldMetadata),
    ...rest,
    concurrency: Math.min(rest.concurrency, call.settings.concurrency),
    mostConcurrency: call.settings.concurrency,
    versions: { migration, functions: deployment(), zohoApi: apiVersion },
    variables: variables(),
    region,
    timeZone,
  });
}

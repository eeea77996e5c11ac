import { z } from "zod";
import { lookingClient } from "../app/dependencies.ts";
import { namesOfChannels } from "../alerts/stored_channels.ts";
import { FieldStore } from "../fields/store.ts";
import { requiredFields } from "../mapping/record_types.ts";
import type { Check } from "../doctor/check.ts";
import { findings } from "../doctor/findings.ts";
import { gather } from "../doctor/gather.ts";
import { ConfigurationError } from "../platform/environment.ts";
import { answer } from "../platform/http.ts";
import { alertSettings, projectKeys, variableDigests, webhookSettings } from "../platform/settings.ts";
import { noteUpkeep } from "./credits.ts";
import type { AdminCall } from "./router.ts";
import { queryOf } from "./validate.ts";

const doctorQuery = z.strictObject({ digests: z.string().regex(/^[0-9a-f]{32}$/).optional() });

/** Everything that can be wrong and that only the functions and the database know; about 35 of Zoho's credits. */
export async function doctor(call: AdminCall): Promise<Response> {
  const { db, settings, log, caller } = call;
  const { digests } = queryOf(call, doctorQuery);
  const fields = new FieldStore(db, requiredFields, log);
  const keys = projectKeys();
  const alerts = orNull(alertSettings);
  const webhook = orNull(webhookSettings);
  const zoho = lookingClient(db, settings, fields);
  const facts = await gather({
    db,
    fields,
    zoho,
    fetch,
    now: Date.now,
    supabaseUrl: settings.supabaseUrl,
    accountsUrl: settings.accountsUrl,
    notificationToken: webhook?.notificationTokens[0] ?? null,
    severalValues: Object.entries({
      ZOHO_CRM_WEBHOOK_SECRET: webhook?.secrets,
      ZOHO_NOTIFICATION_TOKEN: webhook?.notificationTokens,
      ZOHO_TOKEN_ENCRYPTION_KEY: settings.tokenKeys,
    }).flatMap(([name, values]) => (values ?? []).length > 1 ? [name] : []),
    variables: [webhookSettings, alertSettings],
    alertChannels: async () => alerts === null ? [] : await namesOfChannels(db, settings.tokenKeys, alerts),
    signingKeyIds: keys.jwks === null || keys.jwks instanceof URL
      ? null
      : keys.jwks.keys.flatMap(({ kid }) => kid ?? []),
    secretKeys: Object.values(keys.secretKeys),
  });
  // A database that notes nothing is among the findings.
  await noteUpkeep(db, zoho).catch(() => {});
  const checks = findings(facts);
  const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
  const { migrations } = facts.database;
  return answer({
    success: count("fail") === 0,
    counts: { ok: count("ok"), warn: count("warn"), fail: count("fail") },
    checks,
    // Only for callers that may set the variables anyway, to compare them with a file.
    ...(digests !== undefined && caller.kind === "secret key"
      ? { digests: await variableDigests(digests) }
      : {}),
    migrations: migrations.is === "known" ? migrations.value : null,
  });
}

/** Null for variables that are wrong: the check of the variables says so. */
function orNull<T>(load: () => T): T | null {
  try {
    return load();
  } catch (error) {
    if (error instanceof ConfigurationError) return null;
    throw error;
  }
}

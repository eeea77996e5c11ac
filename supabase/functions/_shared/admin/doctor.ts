import { lookingClient } from "../app/dependencies.ts";
import { FieldStore } from "../fields/store.ts";
import { requiredFields } from "../mapping/record_types.ts";
import type { Check } from "../doctor/check.ts";
import { findings } from "../doctor/findings.ts";
import { gather } from "../doctor/gather.ts";
import { ConfigurationError } from "../platform/env.ts";
import { answer } from "../platform/http.ts";
import { alertSettings, projectKeys, webhookSettings } from "../platform/settings.ts";
import type { AdminCall } from "./router.ts";

/** Everything that can be wrong and that only the functions and the database know; about 35 of Zoho's credits. */
export async function doctor({ db, settings, log }: AdminCall): Promise<Response> {
  const fields = new FieldStore(db, requiredFields, log);
  const keys = projectKeys();
  const alerts = orNull(alertSettings);
  const facts = await gather({
    db,
    fields,
    zoho: lookingClient(db, settings, fields),
    fetch,
    now: Date.now,
    supabaseUrl: settings.supabaseUrl,
    accountsUrl: settings.accountsUrl,
    notificationToken: orNull(webhookSettings)?.notificationTokens[0] ?? null,
    variables: [webhookSettings, alertSettings],
    alertChannels: [
      ...(alerts?.webhookUrl ? ["webhook"] : []),
      ...(alerts?.email ? ["email"] : []),
    ],
    signingKeyIds: keys.jwks === null || keys.jwks instanceof URL
      ? null
      : keys.jwks.keys.flatMap(({ kid }) => kid ?? []),
    secretKeys: Object.values(keys.secretKeys),
  });
  const checks = findings(facts);
  const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
  const { migrations } = facts.database;
  return answer({
    success: count("fail") === 0,
    counts: { ok: count("ok"), warn: count("warn"), fail: count("fail") },
    checks,
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

import { liveDependencies } from "../app/dependencies.ts";
import type { Check } from "../doctor/check.ts";
import { checkDatabase, databaseFacts } from "../doctor/database.ts";
import { checkFunctions, checkVariables } from "../doctor/functions.ts";
import { checkZoho } from "../doctor/zoho.ts";
import { readIdentity } from "../identity/identity.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { webhookSettings } from "../platform/settings.ts";
import type { AdminCall } from "./router.ts";

/** Everything that can be wrong and that only the functions and the database know; about 35 of Zoho's credits. */
export async function doctor({ db, settings, log }: AdminCall): Promise<Response> {
  const { zoho, fields } = liveDependencies(db, settings, log);
  const { check, webhook } = checkVariables(webhookSettings);
  const { channelId } = await readIdentity(db, settings.supabaseUrl);
  const [facts, ofFunctions, ofZoho] = await Promise.all([
    callFunction(db, "zoho_doctor", {}).then((found) => databaseFacts.parse(found)),
    checkFunctions(fetch, settings.supabaseUrl),
    checkZoho({
      zoho,
      fields,
      accountsUrl: settings.accountsUrl,
      channelId,
      notificationToken: webhook?.notificationTokens[0] ?? null,
      fetch,
      now: Date.now,
    }),
  ]);
  const checks: Check[] = [check, ...ofFunctions, ...checkDatabase(facts, settings.supabaseUrl), ...ofZoho];
  const count = (level: Check["level"]) => checks.filter((each) => each.level === level).length;
  return answer({
    success: count("fail") === 0,
    counts: { ok: count("ok"), warn: count("warn"), fail: count("fail") },
    checks,
    migrations: facts.migrations,
  });
}

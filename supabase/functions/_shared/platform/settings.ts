import { resolveEnv } from "@supabase/server/core";
import { loadAlertSettings } from "./alert_settings.ts";
import { loadMetricsTokens } from "./metrics_tokens.ts";
import { loadSettings } from "./engine_settings.ts";
import { loadWebhookSettings } from "./webhook_settings.ts";
import { type Variable, variablesOf } from "./variables.ts";
import { digestOfVariable } from "./secrets.ts";
import { once } from "./once.ts";

/** The functions' environment, checked at the first call. @throws ConfigurationError */
export const settings = once(() => loadSettings(Deno.env.toObject()));

/** Settings for verifying webhooks. @throws ConfigurationError */
export const webhookSettings = once(() => loadWebhookSettings(Deno.env.toObject()));

/** Where alerts go. @throws ConfigurationError */
export const alertSettings = once(() => loadAlertSettings(Deno.env.toObject()));

/** Who reads the metrics. @throws ConfigurationError */
export const metricsTokens = once(() => loadMetricsTokens(Deno.env.toObject()));

/** Whether an alert would reach a person; false if the variables are invalid. */
export function isAnyoneNotified(): boolean {
  try {
    const { webhookUrl, email, hook } = alertSettings();
    return webhookUrl !== null || email !== null || hook !== null;
  } catch {
    return false;
  }
}

/** The platform's name of the deployment that runs; null elsewhere. */
export const deployment = (): string | null => Deno.env.get("DENO_DEPLOYMENT_ID") ?? null;

/** The functions' variables by name, and whether they are set. */
export const variables = (): Variable[] => variablesOf(Deno.env.toObject());

/** A digest of each set ZOHO_ variable under the caller's salt, to compare a file's values. */
export async function variableDigests(salt: string): Promise<Record<string, string>> {
  const env = Deno.env.toObject();
  const names = variables().filter(({ name, isSet }) => isSet && name.startsWith("ZOHO_"));
  const digests = await Promise.all(
    names.map(async ({ name }) => [name, await digestOfVariable(salt, name, env[name] ?? "")]),
  );
  return Object.fromEntries(digests);
}

/** The project's keys, as the platform gives them to this isolate. @throws EnvError without SUPABASE_URL */
export const projectKeys = once(() => {
  const { data, error } = resolveEnv();
  if (error) throw error;
  return data;
});

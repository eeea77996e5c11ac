import { resolveEnv } from "@supabase/server/core";
import {
  loadAlertSettings,
  loadMetricsTokens,
  loadSettings,
  loadWebhookSettings,
  type Variable,
  variablesOf,
} from "./env.ts";
import { once } from "./once.ts";

/** The functions' environment, checked at the first call. @throws ConfigurationError */
export const settings = once(() => loadSettings(Deno.env.toObject()));

/** What letting a webhook in needs. @throws ConfigurationError */
export const webhookSettings = once(() => loadWebhookSettings(Deno.env.toObject()));

/** Where alerts go. @throws ConfigurationError */
export const alertSettings = once(() => loadAlertSettings(Deno.env.toObject()));

/** Who reads the metrics. @throws ConfigurationError */
export const metricsTokens = once(() => loadMetricsTokens(Deno.env.toObject()));

/** Whether an alert would reach anybody; variables that cannot be read reach nobody. */
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

/** The project's keys, as the platform gives them to this isolate. @throws EnvError without SUPABASE_URL */
export const projectKeys = once(() => {
  const { data, error } = resolveEnv();
  if (error) throw error;
  return data;
});

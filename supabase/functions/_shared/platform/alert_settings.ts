import { z } from "zod";
import { checkVariables, ConfigurationError, type Environment, hintFor } from "./environment.ts";
import { httpAddress, mailAddresses, mailSender, wholeNumber } from "./variable_values.ts";

/** Where alerts go. */
export interface AlertSettings {
  /** Slack-compatible; the address is a secret. */
  webhookUrl: string | null;
  email: { to: string[]; from: string; url: string; key: string } | null;
  /** A program that reads JSON; the token, where there is one, is sent as a bearer token. */
  hook: { url: string; token: string | null } | null;
  /** Called after every check that sent all its messages; an outside monitor alerts when the call does not come. */
  heartbeatUrl: string | null;
  dashboardUrl: string | null;
  /** An open channel without notifications for longer than this counts as silent. */
  silentHours: number;
}

export const alertVariables = z.object({
  ZOHO_ALERT_WEBHOOK_URL: httpAddress.optional(),
  ZOHO_ALERT_HOOK_URL: httpAddress.optional(),
  ZOHO_ALERT_HOOK_TOKEN: z.string().trim().regex(/^\S+$/, { error: "has a space in it" }).optional(),
  ZOHO_ALERT_EMAIL_TO: mailAddresses.optional(),
  ZOHO_ALERT_EMAIL_FROM: mailSender.optional(),
  ZOHO_ALERT_EMAIL_KEY: z.string().trim().optional(),
  ZOHO_ALERT_EMAIL_URL: httpAddress.default("https://api.resend.com/emails"),
  ZOHO_ALERT_HEARTBEAT_URL: httpAddress.optional(),
  ZOHO_ALERT_DASHBOARD_URL: httpAddress.optional(),
  ZOHO_ALERT_SILENT_HOURS: wholeNumber(1, 168).default(4),
});

/** @throws ConfigurationError naming the first variable that is missing or wrong */
export function loadAlertSettings(env: Environment): AlertSettings {
  const it = checkVariables(alertVariables, env);
  return {
    webhookUrl: it.ZOHO_ALERT_WEBHOOK_URL ?? null,
    email: it.ZOHO_ALERT_EMAIL_TO === undefined ? null : {
      to: it.ZOHO_ALERT_EMAIL_TO,
      from: together("ZOHO_ALERT_EMAIL_FROM", it.ZOHO_ALERT_EMAIL_FROM),
      key: together("ZOHO_ALERT_EMAIL_KEY", it.ZOHO_ALERT_EMAIL_KEY),
      url: it.ZOHO_ALERT_EMAIL_URL,
    },
    hook: it.ZOHO_ALERT_HOOK_URL === undefined
      ? null
      : { url: it.ZOHO_ALERT_HOOK_URL, token: it.ZOHO_ALERT_HOOK_TOKEN ?? null },
    heartbeatUrl: it.ZOHO_ALERT_HEARTBEAT_URL ?? null,
    dashboardUrl: it.ZOHO_ALERT_DASHBOARD_URL ?? null,
    silentHours: it.ZOHO_ALERT_SILENT_HOURS,
  };
}

function together(variable: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new ConfigurationError(variable, "is not set", hintFor(variable));
}

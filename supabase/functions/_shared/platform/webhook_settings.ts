import { z } from "zod";
import { checkVariables, type Environment } from "./environment.ts";
import { requiredText } from "./variable_values.ts";

/** What zoho-webhook needs to verify callers. */
export interface WebhookSettings {
  /** Each verifies; several while one is being replaced. */
  secrets: string[];
  /** Tokens of the Notification API's channel: the first opens it, each is accepted; an empty list refuses notifications. */
  notificationTokens: string[];
}

/** Zoho cuts a channel's token at 50 characters (notifications page); a secret shorter than 32 can be guessed. */
export const webhookVariables = z.object({
  ZOHO_CRM_WEBHOOK_SECRET: requiredText.transform((value, context) => {
    const secrets = value.split(",").map((secret) => secret.trim());
    if (secrets.every((secret) => secret.length >= 32)) return secrets;
    context.addIssue({ code: "custom", message: "has a secret of fewer than 32 characters" });
    return z.NEVER;
  }),
  ZOHO_NOTIFICATION_TOKEN: z.string().transform((value) => value.split(",").map((token) => token.trim()))
    .pipe(
      z.array(
        z.string().min(20, { error: "has a token of fewer than 20 characters" })
          .max(50, { error: "has a token of more than 50 characters" }),
      ),
    ).optional(),
});

/** @throws ConfigurationError naming the first variable that is missing or wrong */
export function loadWebhookSettings(env: Environment): WebhookSettings {
  const it = checkVariables(webhookVariables, env);
  return { secrets: it.ZOHO_CRM_WEBHOOK_SECRET, notificationTokens: it.ZOHO_NOTIFICATION_TOKEN ?? [] };
}

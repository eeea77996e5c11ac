import { regions } from "./regions.ts";

/** What to do about a variable that is missing or wrong, by its name. */
export const variableHints: Record<string, string> = {
  SUPABASE_URL: "The platform sets it; locally `deno task start` does.",
  ZOHO_REGION: `Set it to the data centre of your Zoho org, one of ${regions.join(", ")}: ` +
    "supabase secrets set ZOHO_REGION=EU",
  ZOHO_CLIENT_ID: "Copy it from the Self Client in Zoho's API console: supabase secrets set ZOHO_CLIENT_ID=…",
  ZOHO_CLIENT_SECRET:
    "Copy it from the Self Client in Zoho's API console: supabase secrets set ZOHO_CLIENT_SECRET=…",
  ZOHO_REFRESH_TOKEN: "Exchange a Self Client grant code for it (deno task zoho:connect, docs/connect.md): " +
    "supabase secrets set ZOHO_REFRESH_TOKEN=…",
  ZOHO_TOKEN_ENCRYPTION_KEY: "Make one with `openssl rand -base64 32` and keep it: " +
    "supabase secrets set ZOHO_TOKEN_ENCRYPTION_KEY=…",
  ZOHO_API_VERSION: "Use v8, or leave it out.",
  ZOHO_TIME_ZONE: "Use an IANA name such as Africa/Johannesburg, or leave it out.",
  ZOHO_API_URL: "Leave it out unless you talk to a sandbox or the simulator; then give an http(s) address.",
  ZOHO_ACCOUNTS_URL: "Leave it out unless you talk to the simulator; then give an http(s) address.",
  ZOHO_TIMEOUT_MS: "Give milliseconds between 1000 and 40000, or leave it out for 30000.",
  ZOHO_CONCURRENCY: "Give a number between 1 and 10, or leave it out for 4.",
  ZOHO_CRM_WEBHOOK_SECRET: "Make one with `openssl rand -hex 32`, give it to the Deluge function " +
    "(docs/zoho-setup.md): supabase secrets set ZOHO_CRM_WEBHOOK_SECRET=…",
  ZOHO_NOTIFICATION_TOKEN: "Make one with `openssl rand -hex 20`, or leave it out to refuse notifications.",
  ZOHO_PIPELINE: "Use the name of the pipeline new Deals belong to, or leave it out.",
  ZOHO_ACCOUNT_REGISTRATION_FIELD: "Use the api_name of a field of Accounts, such as Registration_Number, " +
    "or leave it out.",
  ZOHO_ACCOUNT_VAT_FIELD: "Use the api_name of a field of Accounts, such as VAT_Number, or leave it out.",
  ZOHO_LINE_TAX: "Use none or leave, or leave it out for none.",
  ZOHO_RUN_WORKFLOWS: "Use true or false, or leave it out for true.",
  ZOHO_ACTING_ROLES:
    "Give roles of admin_users, separated by commas, or leave it out for admin, super_admin.",
  ZOHO_ALERT_WEBHOOK_URL: "Give the address of a Slack-compatible incoming webhook, or leave it out.",
  ZOHO_ALERT_HOOK_URL: "Give the http(s) address that takes the alerts as JSON, or leave it out.",
  ZOHO_ALERT_HOOK_TOKEN: "With ZOHO_ALERT_HOOK_URL, give the bearer token that the address asks for.",
  ZOHO_METRICS_TOKEN: "Make one with `openssl rand -hex 32`, or leave it out to switch the metrics off.",
  ZOHO_ALERT_EMAIL_TO: "Give e-mail addresses, separated by commas, or leave it out.",
  ZOHO_ALERT_EMAIL_FROM: "With ZOHO_ALERT_EMAIL_TO, give the address that mail comes from.",
  ZOHO_ALERT_EMAIL_KEY: "With ZOHO_ALERT_EMAIL_TO, give the key of the mail API: " +
    "supabase secrets set ZOHO_ALERT_EMAIL_KEY=…",
  ZOHO_ALERT_EMAIL_URL:
    "Give the http(s) address of a Resend-compatible mail API, or leave it out for Resend.",
  ZOHO_ALERT_HEARTBEAT_URL: "Give the address that your monitor gave you, or leave it out.",
  ZOHO_ALERT_DASHBOARD_URL: "Give the http(s) address of the operators' page, or leave it out.",
  ZOHO_ALERT_SILENT_HOURS: "Give hours between 1 and 168, or leave it out for 4.",
};

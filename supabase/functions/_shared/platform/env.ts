import { z } from "zod";
import { isZohoApiDomain, type Region, regionHosts, regions } from "./regions.ts";
import { SECOND } from "./duration.ts";

/** What zoho-webhook needs to let somebody in. */
export interface WebhookSettings {
  /** Each verifies; several while one is being replaced. */
  secrets: string[];
  /** Tokens of the Notification API's channel: the first opens it, each lets in; none refuses notifications. */
  notificationTokens: string[];
}

/** Everything the functions read from their environment, checked once. */
export interface Settings {
  supabaseUrl: string;
  region: Region;
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  /** The first encrypts, every one decrypts: a key is rotated by putting the new one in front. */
  tokenKeys: Uint8Array<ArrayBuffer>[];
  accountsUrl: string;
  /** Set only when ZOHO_API_URL is: then the token reply's api_domain is not followed. */
  apiUrl: string | null;
  /** Where people open records: Zoho CRM in a browser. */
  webUrl: string;
  defaultApiUrl: string;
  apiVersion: string;
  timeZone: string;
  timeoutMs: number;
  /** Calls to Zoho at a time, within the edition's ceiling (5 on Free, 10 and more on paid editions). */
  concurrency: number;
  /** The pipeline of new Deals; null where pipelines are off. */
  pipeline: string | null;
  /** Custom fields of Accounts (api_names) where sales keep these numbers; null where they keep none. Only read. */
  accountRegistrationField: string | null;
  accountVatField: string | null;
  /** none sends `Line_Tax: []` with every line; leave sends nothing, and the org adds its own tax. */
  lineTax: "none" | "leave";
  /** False sends `trigger: []`, so that our writes start no workflow in Zoho. */
  runWorkflows: boolean;
  /** Roles of admin_users that may act, in lower case; every active admin may read. */
  actingRoles: string[];
}

/** Where alerts go. */
export interface AlertSettings {
  /** Slack-compatible; the address is a secret. */
  webhookUrl: string | null;
  email: { to: string[]; from: string; url: string; key: string } | null;
  /** A program that reads JSON; the token, where there is one, is sent as a bearer token. */
  hook: { url: string; token: string | null } | null;
  /** Called after every check that left nothing untold; an outside monitor misses it when it stays away. */
  heartbeatUrl: string | null;
  dashboardUrl: string | null;
  /** Longer than this without a word from an open channel is silence. */
  silentHours: number;
}

/** A variable that is missing, empty or wrong. Names the variable and what to do; never holds its value. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code = "BAD_CONFIGURATION";
  constructor(readonly variable: string, readonly problem: string, readonly hint: string) {
    super(`${variable} ${problem}. ${hint}`);
  }
}

const hints: Record<string, string> = {
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

const required = z.string({ error: "is not set" }).trim().min(1, { error: "is empty" });
const url = z.url({ protocol: /^https?$/, error: "is not an http(s) address" })
  .transform((value) => value.replace(/\/+$/, ""));
const wholeNumber = (from: number, to: number) =>
  z.string().regex(/^\d+$/, { error: "is not a whole number" }).transform(Number)
    .refine((value) => value >= from && value <= to, { error: `is not between ${from} and ${to}` });

const apiName = z.string().trim().regex(/^[A-Za-z]\w*$/, { error: "is no api_name of a field" });

const environment = z.object({
  SUPABASE_URL: required.pipe(url),
  ZOHO_REGION: required.transform((value) => value.toUpperCase())
    .pipe(z.enum(regions, { error: "is not a region that Zoho has" })),
  ZOHO_CLIENT_ID: required,
  ZOHO_CLIENT_SECRET: required,
  ZOHO_REFRESH_TOKEN: required,
  ZOHO_TOKEN_ENCRYPTION_KEY: required.transform((value, context) => {
    const keys = value.split(",").map((part) => decodeKey(part.trim()));
    const good = keys.filter((key) => key !== null);
    if (good.length < keys.length) {
      context.addIssue({ code: "custom", message: "is not 32 bytes in base64" });
      return z.NEVER;
    }
    return good;
  }),
  ZOHO_API_VERSION: z.string().regex(/^v\d+(\.\d+)?$/, { error: "is not a version like v8" }).default("v8"),
  ZOHO_TIME_ZONE: z.string().refine(isTimeZone, { error: "is not a time zone" })
    .default("Africa/Johannesburg"),
  ZOHO_API_URL: url.optional(),
  ZOHO_ACCOUNTS_URL: url.optional(),
  ZOHO_TIMEOUT_MS: wholeNumber(SECOND, 40 * SECOND).default(30 * SECOND),
  ZOHO_CONCURRENCY: wholeNumber(1, 10).default(4),
  ZOHO_PIPELINE: z.string().trim().optional(),
  ZOHO_ACCOUNT_REGISTRATION_FIELD: apiName.optional(),
  ZOHO_ACCOUNT_VAT_FIELD: apiName.optional(),
  ZOHO_LINE_TAX: z.enum(["none", "leave"], { error: "is neither none nor leave" }).default("none"),
  ZOHO_RUN_WORKFLOWS: z.enum(["true", "false"], { error: "is neither true nor false" }).default("true"),
  ZOHO_ACTING_ROLES: z.string().default("admin, super_admin")
    .transform((value) => value.split(",").map((role) => role.trim().toLowerCase()))
    .pipe(z.array(z.string().min(1, { error: "has an empty role" }))),
});

/**
 * @param env as `Deno.env.toObject()` gives it; an optional variable that is empty counts as left out
 * @throws ConfigurationError naming the first variable that is missing or wrong
 */
export function loadSettings(env: Environment): Settings {
  const it = check(environment, env);
  const hosts = regionHosts[it.ZOHO_REGION];
  return {
    supabaseUrl: it.SUPABASE_URL,
    region: it.ZOHO_REGION,
    clientId: it.ZOHO_CLIENT_ID,
    clientSecret: it.ZOHO_CLIENT_SECRET,
    refreshToken: it.ZOHO_REFRESH_TOKEN,
    tokenKeys: it.ZOHO_TOKEN_ENCRYPTION_KEY,
    accountsUrl: it.ZOHO_ACCOUNTS_URL ?? hosts.accounts,
    apiUrl: it.ZOHO_API_URL ?? null,
    defaultApiUrl: hosts.api,
    webUrl: webUrlOf(hosts.crm, it.ZOHO_API_URL),
    apiVersion: it.ZOHO_API_VERSION,
    timeZone: it.ZOHO_TIME_ZONE,
    timeoutMs: it.ZOHO_TIMEOUT_MS,
    concurrency: it.ZOHO_CONCURRENCY,
    pipeline: it.ZOHO_PIPELINE ?? null,
    accountRegistrationField: it.ZOHO_ACCOUNT_REGISTRATION_FIELD ?? null,
    accountVatField: it.ZOHO_ACCOUNT_VAT_FIELD ?? null,
    lineTax: it.ZOHO_LINE_TAX,
    runWorkflows: it.ZOHO_RUN_WORKFLOWS === "true",
    actingRoles: it.ZOHO_ACTING_ROLES,
  };
}

/** An API address of its own is a sandbox of Zoho's or a stand-in, which shows its records itself. */
function webUrlOf(crm: string, apiUrl: string | undefined): string {
  if (apiUrl === undefined) return crm;
  if (!isZohoApiDomain(apiUrl)) return new URL(apiUrl).origin;
  return new URL(apiUrl).hostname.startsWith("sandbox.") ? crm.replace("//crm.", "//crmsandbox.") : crm;
}

/** Zoho cuts a channel's token at 50 characters (notifications page); a secret shorter than 32 can be guessed. */
const webhookEnvironment = z.object({
  ZOHO_CRM_WEBHOOK_SECRET: required.transform((value, context) => {
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
  const it = check(webhookEnvironment, env);
  return { secrets: it.ZOHO_CRM_WEBHOOK_SECRET, notificationTokens: it.ZOHO_NOTIFICATION_TOKEN ?? [] };
}

const address = z.email({ error: "is not an e-mail address" });
/** Several, as `a@b.example, c@d.example`. */
const addresses = z.string().transform((text) => text.split(",").map((each) => each.trim()))
  .pipe(z.array(z.email({ error: "has something that is not an e-mail address" })));
/** An address, or a name and the address in angle brackets. */
const sender = z.string().trim().refine(
  (text) => address.safeParse(text.replace(/^.*<(.+)>$/, "$1")).success,
  {
    error: "is not an e-mail address",
  },
);

const alertEnvironment = z.object({
  ZOHO_ALERT_WEBHOOK_URL: url.optional(),
  ZOHO_ALERT_HOOK_URL: url.optional(),
  ZOHO_ALERT_HOOK_TOKEN: z.string().trim().regex(/^\S+$/, { error: "has a space in it" }).optional(),
  ZOHO_ALERT_EMAIL_TO: addresses.optional(),
  ZOHO_ALERT_EMAIL_FROM: sender.optional(),
  ZOHO_ALERT_EMAIL_KEY: z.string().trim().optional(),
  ZOHO_ALERT_EMAIL_URL: url.default("https://api.resend.com/emails"),
  ZOHO_ALERT_HEARTBEAT_URL: url.optional(),
  ZOHO_ALERT_DASHBOARD_URL: url.optional(),
  ZOHO_ALERT_SILENT_HOURS: wholeNumber(1, 168).default(4),
});

/** @throws ConfigurationError naming the first variable that is missing or wrong */
export function loadAlertSettings(env: Environment): AlertSettings {
  const it = check(alertEnvironment, env);
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

const metricsEnvironment = z.object({
  ZOHO_METRICS_TOKEN: z.string().transform((value) => value.split(",").map((token) => token.trim()))
    .pipe(z.array(z.string().min(32, { error: "has a token of fewer than 32 characters" }))).optional(),
});

/** Tokens that read the metrics; none switches them off. @throws ConfigurationError */
export function loadMetricsTokens(env: Environment): string[] {
  return check(metricsEnvironment, env).ZOHO_METRICS_TOKEN ?? [];
}

function together(variable: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new ConfigurationError(variable, "is not set", hints[variable] ?? "See .env.example.");
}

/** A variable by its name; its value is nobody's business. */
export interface Variable {
  name: string;
  isSet: boolean;
  isRequired: boolean;
}

/** Every variable that the functions read. */
export function variablesOf(env: Environment): Variable[] {
  return [environment, webhookEnvironment, alertEnvironment, metricsEnvironment].flatMap(({ shape }) =>
    Object.entries(shape).map(([name, field]) => ({
      name,
      isSet: (env[name] ?? "").trim() !== "",
      isRequired: !z.safeParse(field, undefined).success,
    }))
  );
}

type Environment = Record<string, string | undefined>;

function check<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, env: Environment) {
  const parsed = schema.safeParse(withoutEmptyOptionals(schema, env));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const variable = String(issue?.path[0] ?? "The environment");
  throw new ConfigurationError(
    variable,
    issue?.message ?? "is wrong",
    hints[variable] ?? "See docs/settings.md.",
  );
}

function withoutEmptyOptionals(schema: z.ZodObject, env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => {
      const value = env[name];
      const isOptional = z.safeParse(field, undefined).success;
      return [name, value?.trim() === "" && isOptional ? undefined : value];
    }),
  );
}

function decodeKey(value: string): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return bytes.length === 32 ? bytes : null;
  } catch {
    return null;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-CA", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

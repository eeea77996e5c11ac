import { z } from "zod";
import { HOUR } from "../core/clock.ts";

const rate = z.number().min(0).max(1);
const duration = z.number().min(0);

/** Faults of everything the simulator sends out by itself: notification callbacks and workflow webhooks. */
const callbacks = z.strictObject({
  /** Share of deliveries sent twice. */
  duplicate: rate.default(0),
  /** Share of deliveries never sent. */
  lose: rate.default(0),
  /** Share of deliveries held back until the next one has gone. */
  reorder: rate.default(0),
  delayMs: duration.default(0),
  jitterMs: duration.default(0),
});

/** Acts as the Deluge function that the project ships: it signs and posts every change of these modules. */
const workflow = z.strictObject({
  url: z.string(),
  secret: z.string(),
  modules: z.array(z.string()).default(["Deals"]),
  sign: z.enum(["body", "timestamp", "none"]).default("body"),
  /** The word for `operation`: insert, update, delete or create, edit, delete. */
  words: z.enum(["insert", "create"]).default("insert"),
});

/**
 * Every switch of the simulator. The default is what the sources say or make likely; where no source answers
 * (zoho-open-questions), both answers are here, so that a client can be tested against either.
 */
export const settingsSchema = z.strictObject({
  edition: z.enum(["free", "standard", "professional", "enterprise", "ultimate"]).default("enterprise"),
  users: z.number().int().min(1).default(1),
  /** Instead of the edition's credits and ceiling. */
  dailyCredits: z.number().int().min(0).nullable().default(null),
  concurrency: z.number().int().min(1).nullable().default(null),
  subConcurrency: z.number().int().min(1).default(10),
  latencyMs: duration.default(0),
  latencyJitterMs: duration.default(0),
  /** How long a search still answers as before a write. COQL is never late (facts §4.6). */
  indexLagMs: duration.default(0),
  timeOffsetMinutes: z.number().int().default(120),

  unknownFields: z.enum(["drop", "refuse"]).default("drop"),
  picklists: z.enum(["accept", "refuse"]).default("accept"),
  /** Whether a stage may be written by its display value too. */
  stageValues: z.enum(["either", "actual"]).default("either"),
  picklistReads: z.enum(["actual", "display"]).default("actual"),
  pipelineMandatory: z.boolean().default(false),
  lookupByName: z.enum(["refuse", "match", "create"]).default("refuse"),
  lookupByString: z.enum(["refuse", "accept"]).default("refuse"),
  allFailedStatus: z.union([z.literal(400), z.literal(202), z.literal(207), z.literal(200)]).default(400),
  modifiedTime: z.enum(["always", "on_change"]).default("always"),
  unknownIdStatus: z.union([z.literal(204), z.literal(400)]).default(204),
  listUnknownFields: z.enum(["ignore", "refuse"]).default("ignore"),
  ifModifiedSince: z.enum(["after", "from"]).default("after"),
  searchConditions: z.number().int().default(10),
  coqlRowLimit: z.number().int().default(2000),
  coqlQuote: z.enum(["backslash", "doubled", "both"]).default("both"),
  coqlBrackets: z.enum(["pairwise", "free"]).default("pairwise"),
  /** Whether a created field may choose its api_name, and whether an external field uses up a unique one (22, 7). */
  fieldApiNameInPost: z.enum(["ignore", "honour"]).default("ignore"),
  externalCountsAsUnique: z.boolean().default(false),
  fieldsInclude: z.enum(["optional", "required"]).default("optional"),

  throttleStatus: z.union([z.literal(400), z.literal(200)]).default(400),
  expiredTokenCode: z.enum(["INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_OAUTHTOKEN"])
    .default("INVALID_TOKEN"),
  tooManyCode: z.enum(["TOO_MANY_REQUESTS", "RATE_LIMIT_EXCEEDED"]).default("TOO_MANY_REQUESTS"),
  tokenLifeMs: duration.default(HOUR),
  newTokensPer10Minutes: z.number().int().min(1).default(10),
  activeTokens: z.number().int().min(1).default(15),
  scopeInReply: z.boolean().default(true),
  /** What the refresh token was granted; comma or space separated. */
  scopes: z.string().default(
    "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ " +
      "ZohoCRM.notifications.ALL ZohoCRM.composite_requests.CUSTOM " +
      "ZohoCRM.org.READ ZohoCRM.users.READ",
  ),
  dataCentre: z.enum(["us", "eu", "in", "au", "cn", "jp", "ca", "sa", "uk"]).default("us"),

  /** Whether notification callbacks fire for writes made through the API, and whether `trigger: []` stops them. */
  notifyApiWrites: z.boolean().default(true),
  triggerSilencesNotifications: z.boolean().default(false),
  notifyChannelId: z.enum(["string", "number"]).default("string"),
  notifyIdsTogether: z.boolean().default(true),
  callbackTimeoutMs: duration.default(10_000),
  callbacks: callbacks.prefault({}),
  workflow: workflow.nullable().default(null),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsPatch = Partial<z.input<typeof settingsSchema>>;

/** The defaults with the given values on top; the message of a refusal names the switch. */
export function readSettings(input: unknown, before?: Settings): Settings {
  const given = typeof input === "object" && input !== null ? input : {};
  const parsed = settingsSchema.safeParse({ ...before, ...given });
  if (parsed.success) return parsed.data;
  throw new RangeError(
    parsed.error.issues.map((issue) => `${issue.path.join(".") || "settings"}: ${issue.message}`).join("; "),
  );
}

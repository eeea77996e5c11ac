import { z } from "zod";

const duration = z.number().min(0);

/** What an organisation may use up: credits, concurrent calls, time. */
export const limitSwitches = {
  edition: z.enum(["free", "standard", "professional", "enterprise", "ultimate"]).default("enterprise"),
  users: z.number().int().min(1).default(1),
  /** Instead of the edition's credits and ceiling. */
  dailyCredits: z.number().int().min(0).nullable().default(null),
  concurrency: z.number().int().min(1).nullable().default(null),
  subConcurrency: z.number().int().min(1).default(10),
  /** When X-API-CREDITS-REMAINING is on an answer. */
  creditsHeader: z.enum(["past_half", "always", "never"]).default("past_half"),
  /** What other apps of the organisation spend, for each minute of the simulator's clock. */
  otherAppsPerMinute: z.number().int().min(0).default(0),
  tooManyCode: z.enum(["TOO_MANY_REQUESTS", "RATE_LIMIT_EXCEEDED"]).default("TOO_MANY_REQUESTS"),
  /** Seconds in a Retry-After header of a 429; null leaves the header out. */
  retryAfterSeconds: z.number().int().min(0).nullable().default(null),
  /** A longer body is refused with 413. */
  bodyLimitBytes: z.number().int().min(1).nullable().default(null),
  latencyMs: duration.default(0),
  latencyJitterMs: duration.default(0),
};

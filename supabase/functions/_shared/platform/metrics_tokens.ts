import { z } from "zod";
import { checkVariables, type Environment } from "./environment.ts";

export const metricsVariables = z.object({
  ZOHO_METRICS_TOKEN: z.string().transform((value) => value.split(",").map((token) => token.trim()))
    .pipe(z.array(z.string().min(32, { error: "has a token of fewer than 32 characters" }))).optional(),
});

/** Tokens that read the metrics; none switches them off. @throws ConfigurationError */
export function loadMetricsTokens(env: Environment): string[] {
  return checkVariables(metricsVariables, env).ZOHO_METRICS_TOKEN ?? [];
}
